"""What is open to somebody who is cut off: nothing, or reading what is masked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

READ = frozenset(
    {
        "home",
        "desk:home",
        "desk:list",
        "desk:row",
        "desk:nav",
        "desk:conversation",
        "desk:messages",
        "desk:thread",
        "desk:reveals",
        "account_logout",
        "account_reauthenticate",
        "mfa_index",
        "bridge:band",
        "people:here",
    }
)
"""What who only reads may open, and nothing else: a new page is closed to them until somebody adds it here.

Not among it: files and pictures, what the company's systems say, exports, and searching, which answers whether an exact
address is a customer's.
"""
_OPEN = ("help:", "status:", "chat:")  # what everybody may open, signed in or not
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SESSION = frozenset({"account_logout", "people:here"})


class CutOffPages:
    """Middleware, after authentication. A session from before a cut-off is over already (`Agent.standing`).

    This ends the session of somebody who came to a team that is cut off, and keeps who only reads to reading.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        if user.is_authenticated and user.standing.is_out:
            logout(request)
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Refuse what who only reads may not do, in one sentence."""
        user = request.user
        if not user.is_authenticated or not user.standing.only_reads or _may(request):
            return None
        part = "HX-Request" in request.headers
        response = render(request, "people/_only_reads.html" if part else "people/only_reads.html", status=403)
        response["Cache-Control"] = "no-store"
        return response


def _may(request: HttpRequest) -> bool:
    name = request.resolver_match.view_name if request.resolver_match else ""
    if name.startswith(_OPEN) or name in _OWN_SESSION:
        return True
    return request.method in _SAFE and name in READ and not request.GET.get("q")
