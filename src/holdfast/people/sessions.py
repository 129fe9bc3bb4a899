"""Sessions of people who sign in: found, ended; and what a browser may keep of pages made for them: nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from holdfast.kit.clock import now

_BEGAN = "began"
LONGEST = timedelta(seconds=settings.SESSION_COOKIE_AGE)
"""A shift: however busy somebody is, they sign in once a shift."""
_PROGRAMS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"))


@dataclass(frozen=True, slots=True)
class Open:
    """A browser that somebody is signed in with. `at` is None for a session from before this was kept."""

    at: datetime | None
    browser: str
    ends: datetime
    this: bool


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


def sessions_of(agent_ids: Collection[int]) -> list[str]:
    """Return the keys of the sessions that are alive of these people. Reads every session there is, once."""
    theirs = {str(agent_id) for agent_id in agent_ids}
    live = Session.objects.filter(expire_date__gt=timezone.now())
    return [row.pk for row in live.iterator() if row.get_decoded().get(SESSION_KEY) in theirs]


def note_beginning(request: HttpRequest) -> None:
    """Keep in a new session when it began and with what kind of browser, for its owner to know it by.

    Its end hangs on its beginning: what is kept in it later does not make it last longer.
    """
    request.session[_BEGAN] = {"at": now().isoformat(), "browser": browser(request.headers.get("User-Agent", ""))}


def began_at(kept: Mapping[str, Any]) -> datetime | None:
    """Return when a session began; `None` for one from before this was kept."""
    began = kept.get(_BEGAN) or {}
    return datetime.fromisoformat(began["at"]) if "at" in began else None


def open_sessions(agent_id: int, *, this: str | None) -> list[Open]:
    """Return where somebody is signed in: the session with the key `this` first, then the newest."""
    rows = Session.objects.filter(pk__in=sessions_of([agent_id]))
    found = [_open(row, this=row.pk == this) for row in rows]
    return sorted(found, key=lambda each: (not each.this, -each.ends.timestamp()))


def end_others(agent_id: int, *, this: str | None) -> int:
    """End every session of somebody but the one with the key `this`; return how many there were."""
    others = set(sessions_of([agent_id])) - {this}
    return Session.objects.filter(pk__in=others).delete()[0]


def end_oldest(agent_id: int, *, this: str | None, keep: int) -> int:
    """End all but the newest `keep` sessions of somebody, `this` one among them; return how many. 0: any number may be.

    One from before beginnings were kept is the oldest.
    """
    if not keep:
        return 0
    rows = Session.objects.filter(pk__in=set(sessions_of([agent_id])) - {this})
    began = {row.pk: began_at(row.get_decoded()) for row in rows}
    newest = sorted(began, key=lambda pk: (moment.timestamp() if (moment := began[pk]) else 0.0, pk), reverse=True)
    return Session.objects.filter(pk__in=newest[keep - 1 :]).delete()[0]


def browser(user_agent: str) -> str:
    """Return a few words for a User-Agent header, such as "Firefox on Windows"."""
    program = next((name for sign, name in _PROGRAMS if sign in user_agent), "A browser")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "Linux" if "Linux" in user_agent else "")
    return f"{program} on {system}" if system else program


def end_sessions_of(agent_ids: Collection[int]) -> int:
    """Delete every session of these people; return how many there were."""
    return Session.objects.filter(pk__in=sessions_of(agent_ids)).delete()[0]


def _open(row: Session, *, this: bool) -> Open:
    kept = row.get_decoded()
    at = began_at(kept)
    ends = min(row.expire_date, at + LONGEST) if at else row.expire_date
    return Open(at, (kept.get(_BEGAN) or {}).get("browser", "A browser"), ends, this)


def _signed_in(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return bool(user and user.is_authenticated)
