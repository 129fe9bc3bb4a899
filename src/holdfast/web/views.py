"""Pages that belong to no room: errors in calm words, and the sheet of components."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader

from holdfast.web.samples import samples


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: we could not read it."""
    return HttpResponse(loader.render_to_string("400.html"), status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: not open to this person."""
    return HttpResponse(loader.render_to_string("403.html"), status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: nothing at this address."""
    return HttpResponse(loader.render_to_string("404.html"), status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: rendered without a request context, so that it works when the database does not."""
    return HttpResponse(loader.render_to_string("500.html"), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose token no longer fits."""
    return HttpResponse(loader.render_to_string("403_csrf.html"), status=403)


@login_required
def components(request: HttpRequest) -> HttpResponse:
    """Every component and state on one page, with made-up values. For admins, and for screenshots."""
    if not getattr(request.user, "is_staff", False):
        raise PermissionDenied
    return render(request, "components.html", samples())
