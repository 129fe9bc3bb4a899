"""A session in which nobody does anything for a while ends (`HOLDFAST_IDLE_MINUTES`), and any at the end of a shift.

What counts is a person's act: opening a page, sending a form, and a key or a pointer that moved, of which the page
tells once a minute. Streams, and parts of pages that fetch themselves anew, are none: a screen left alone is signed out
however busy its lists are. Drafts of replies are kept with every pause in writing; whoever comes back is where they
were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from holdfast.kit.clock import now
from holdfast.people.sessions import LONGEST, began_at

ACTED = "acted"
_OFTEN = timedelta(seconds=30)  # how exactly an act is kept: a session is not written at every click
_ASKING = frozenset({"GET", "HEAD", "OPTIONS"})
_BY_THEMSELVES = ("/presence/", "/overlay/")  # in addresses that pages post to without anybody


def limit() -> timedelta | None:
    """Return after how long without an act a session ends; `None`: only with its twelve hours."""
    return timedelta(minutes=settings.IDLE_MINUTES) if settings.IDLE_MINUTES else None


def left(request: HttpRequest) -> timedelta | None:
    """Return how long this session still lasts without an act; `None` where that has no end."""
    lasts = limit()
    return None if lasts is None else max(_when(request.session.get(ACTED)) + lasts - now(), timedelta())


def note_act(request: HttpRequest) -> None:
    """Keep that the person behind a session did something."""
    if ACTED not in request.session or now() - _when(request.session.get(ACTED)) >= _OFTEN:
        request.session[ACTED] = now().isoformat()


def ended_when_idle(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware, after authentication: end what is idle, kindly, and keep when somebody acted."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        if SESSION_KEY not in request.session or not request.user.is_authenticated:
            return get_response(request)
        if _is_over(cast(Mapping[str, Any], request.session)):
            logout(request)
            return _away(request)
        if ACTED not in request.session or _is_act(request):
            note_act(request)
        return get_response(request)

    return respond


def end_idle() -> int:
    """End the sessions that are over, so that their streams end as well; return how many. Reads every one there is."""
    rows = Session.objects.filter(expire_date__gt=timezone.now()).iterator()
    over = [row.pk for row in rows if SESSION_KEY in (kept := row.get_decoded()) and _is_over(kept)]
    return Session.objects.filter(pk__in=over).delete()[0]


def _is_over(kept: Mapping[str, Any]) -> bool:
    lasts, began = limit(), began_at(kept)
    idle = lasts is not None and ACTED in kept and _when(kept[ACTED]) + lasts <= now()
    return idle or (began is not None and began + LONGEST <= now())


def _is_act(request: HttpRequest) -> bool:
    if request.method in _ASKING:
        return _wants_a_page(request)
    return not any(part in request.path for part in _BY_THEMSELVES)


def _wants_a_page(request: HttpRequest) -> bool:
    """Tell a browser that goes to a page from a script that fetches a part, which asks for anything (`*/*`)."""
    return "text/html" in request.headers.get("Accept", "")


def _away(request: HttpRequest) -> HttpResponse:
    """Lead to the sign-in page, and from there back to the page that somebody had before them."""
    before = urlsplit(request.headers.get("Referer", ""))
    back = (
        request.get_full_path()
        if _wants_a_page(request) and request.method in _ASKING
        else f"{before.path}?{before.query}".rstrip("?")
    )
    there = f"{reverse(settings.LOGIN_URL)}?{urlencode({'next': back or settings.LOGIN_REDIRECT_URL, 'away': 1})}"
    if _wants_a_page(request):
        return redirect(there)
    # A part of a page would swallow the sign-in page; a script that knows this header goes there instead.
    return HttpResponse(status=401, headers={"HX-Redirect": there, "Cache-Control": "no-store"})


def _when(said: str | None) -> datetime:
    return datetime.fromisoformat(said) if said else now()
