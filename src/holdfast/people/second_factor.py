"""A second factor for everybody who must have one (`HOLDFAST_SECOND_FACTOR`): until then nothing else opens."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from holdfast.people.models import Agent, Role

_OPEN = ("/accounts/", "/static/", "/welcome/here/")  # where one makes a factor, signs out, or is still there


def demanded_of(agent: Agent) -> bool:
    """Tell whether this person must have a second factor."""
    asked = settings.SECOND_FACTOR
    return asked == "everybody" or (asked == "leads" and agent.role != Role.AGENT)


def demanded(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: who must have a passkey or an authenticator app and has none is led to where they make one.

    Who came by the company's own identity provider has proven there what it asks for.
    """

    def respond(request: HttpRequest) -> HttpResponseBase:
        if settings.SECOND_FACTOR == "nobody" or request.path.startswith(_OPEN) or not _lacks_one(request):
            return get_response(request)
        there = reverse("mfa_index") + "?needed=1"
        if "HX-Request" in request.headers:  # a part of a page would swallow the other page
            return HttpResponse(status=403, headers={"HX-Redirect": there})
        return redirect(there)

    return respond


def _lacks_one(request: HttpRequest) -> bool:
    agent = request.user
    if not isinstance(agent, Agent) or not demanded_of(agent):
        return False
    if any(record.get("method") == "socialaccount" for record in get_authentication_records(request, agent)):
        return False
    return not is_mfa_enabled(agent)
