"""What the company's identity provider calls when somebody signed out there, and the page after signing out here."""

from __future__ import annotations

import structlog
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from holdfast.people import provider_logout

_NOT_KEPT = {"Cache-Control": "no-store"}  # Back-Channel Logout 1.0, 2.8
log = structlog.get_logger(__name__)


@csrf_exempt  # no browser comes here, and no cookie counts: the provider's signature is all the right there is
@require_POST
def hear(request: HttpRequest) -> HttpResponse:
    """End the sessions that the provider's logout token means: 200, or 400 and why nothing was done."""
    if not settings.OIDC_ISSUER:
        raise Http404
    try:
        provider_logout.hear(request.POST.get("logout_token", ""))
    except provider_logout.Invalid as invalid:
        log.warning("people.logout_token_refused", why=invalid.sentence)
        answer = {"error": "invalid_request", "error_description": invalid.sentence}
        return JsonResponse(answer, status=400, headers=_NOT_KEPT)
    return HttpResponse(status=200, headers=_NOT_KEPT)


@never_cache
@require_GET
def signed_out(request: HttpRequest) -> HttpResponse:
    """The page after signing out: it goes on to the provider by itself, once, and says so when that is done."""
    back = provider_logout.is_back(request)
    there = "" if back else provider_logout.next_step(request)
    context = {"there": there, "back": back, "provider": settings.SINGLE_SIGN_ON}
    return render(request, "people/signed_out.html", context)
