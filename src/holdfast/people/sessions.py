"""What a browser may keep of pages made for somebody who is signed in: nothing."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase


def private_pages(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: a page for a signed-in person is never stored, so that Back after signing out shows nothing.

    A view that sets its own Cache-Control keeps it.
    """

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if "Cache-Control" not in response and _signed_in(request):
            response["Cache-Control"] = "no-store"
        return response

    return respond


def _signed_in(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return bool(user and user.is_authenticated)
