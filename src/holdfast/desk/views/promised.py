"""Word that was promised to the customer of a case: the line in the rail, and promising, keeping and giving up."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from holdfast.conversations import personal, queries
from holdfast.conversations.errors import NotFound, Refused
from holdfast.desk.addresses import of_case
from holdfast.desk.views.asking import desk_view
from holdfast.kit.clock import now
from holdfast.kit.numbers import whole
from holdfast.people.permissions import me
from holdfast.people.queries import name_of

CHOICES = (
    (15, "15 minutes"),
    (30, "half an hour"),
    (60, "an hour"),
    (120, "2 hours"),
    (240, "4 hours"),
    (1440, "a day"),
)


@desk_view("GET", "POST")
def promised(request: HttpRequest, number: int) -> HttpResponse:
    """What is promised; on POST `minutes` promises word, and `as` (done, not_needed, mistake) settles it."""
    conversation = queries.access_conversation(me(request), number)
    if request.method == "POST":
        _act(request, conversation.id)
    found = personal.promise_of(conversation.id)
    context = {
        "promised": found,
        "promised_by": name_of(found.owner) if found is not None and found.owner else "",
        "url": of_case("promised", number),
        "choices": CHOICES,
        "may_promise": conversation.state != "closed",
    }
    return render(request, "desk/_promised.html", context)


def _act(request: HttpRequest, conversation_id: UUID) -> None:
    given, by = request.POST.get("as", ""), me(request).pk
    try:
        if given == "done":
            personal.keep(conversation_id=conversation_id, by=by)
        elif given in personal.WHY:
            personal.give_up(conversation_id=conversation_id, by=by, why=given)
        else:
            minutes = whole(request.POST.get("minutes", ""), digits=18)
            if minutes is None or minutes not in dict(CHOICES):
                raise Refused("Choose by when.")
            due = (now() + timedelta(minutes=minutes)).replace(second=0, microsecond=0) + timedelta(minutes=1)
            personal.promise(conversation_id=conversation_id, by=by, due=due)
    except NotFound:
        raise Refused("Nothing is promised here any more. Look again.") from None
