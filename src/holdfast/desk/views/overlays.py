"""What an open page says of the marks over a shown value."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse

from holdfast.conversations import queries
from holdfast.desk.views.asking import desk_view, problem, words
from holdfast.guard.gate import session_mark
from holdfast.guard.marks import overlays
from holdfast.people.permissions import me


@desk_view("POST")
def overlay(request: HttpRequest, number: int, entry: UUID) -> HttpResponse:
    """Every few seconds while a value is open: whether the marks are there, and where the value stands."""
    conversation = queries.access_conversation(me(request), number)
    try:
        geometry = overlays.Geometry.read(request.POST)
    except ValueError:
        return problem(request, "Say how large the page is and where the value stands, in whole pixels.", status=422)
    known = overlays.heard(
        entry=entry,
        agent_id=me(request).id,
        session=session_mark(request.session.session_key or ""),
        conversation_id=conversation.id,
        fault=words(request.POST.get("fault"), most=10),
        geometry=geometry,
    )
    if not known:
        raise Http404
    return HttpResponse(status=204)
