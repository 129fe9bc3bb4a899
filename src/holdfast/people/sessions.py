"""Sessions of people who sign in: found, ended; and what a browser may keep of pages made for them: nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone


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


def end_sessions_of(agent_ids: Collection[int]) -> int:
    """Delete every session of these people; return how many there were."""
    return Session.objects.filter(pk__in=sessions_of(agent_ids)).delete()[0]


def _signed_in(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return bool(user and user.is_authenticated)
