"""How a reply left, and sending it again when it failed or nobody knows whether it arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from holdfast.conversations import queries
from holdfast.conversations.errors import NotFound
from holdfast.conversations.lookups import message_with_parts
from holdfast.desk.screens import AgainForm, HeldForm
from holdfast.desk.thread import delivery_view
from holdfast.desk.views.asking import desk_view, done, problem
from holdfast.kit.numbers import whole
from holdfast.notify import repeats, replies
from holdfast.people.permissions import me
from holdfast.people.queries import name_of

if TYPE_CHECKING:
    from holdfast.conversations.models import Message


@desk_view("GET")
def delivery(request: HttpRequest, number: int, message_id: UUID) -> HttpResponse:
    """Answer how one message left, for a screen that was told of a change."""
    message = _message(request, number, message_id)
    return render(request, "desk/_delivery.html", {"delivery": delivery_view(message, number=number)})


@desk_view("GET", "POST")
def again(request: HttpRequest, number: int, message_id: UUID) -> HttpResponse:
    """Ask whether to send a message again; on POST let it leave once more."""
    message = _message(request, number, message_id)
    if request.method == "POST":
        seen = whole(request.POST.get("seen", ""), digits=18)
        if seen is None:
            return problem(request, "This form is out of date. Close it and open it again.", status=422)
        repeats.send_again(message_id=message.id, by=me(request).id, seen=seen)
        return done(number=number)
    ended = repeats.ended(message_id=message.id)
    if ended is None:
        return problem(request, "This reply is on its way or has left. Nothing is sent again.", status=422)
    form = AgainForm(
        number=number,
        url=reverse("desk:again", args=[number, message.id]),
        unknown=ended.unknown,
        error=ended.error,
        seen=ended.seen,
        before=tuple(ended.before),
    )
    return render(request, "desk/_again.html", {"form": form})


@desk_view("GET", "POST")
def held(request: HttpRequest, number: int, message_id: UUID) -> HttpResponse:
    """Show a lead what was held back, before it answers the customer; on POST send it, as it is, in their name."""
    message = _message(request, number, message_id)
    if request.method == "POST":
        replies.reply_as_held(message_id=message.id, by=me(request).id)
        return done(number=number)
    shown = delivery_view(message, number=number)
    if shown is None or not shown.held_url:
        return problem(request, "Nothing is held back here any more.", status=422)
    form = HeldForm(
        number=number,
        url=shown.held_url,
        author=name_of(message.agent_id),
        text=message.text,
        files=tuple(each.name for each in message.attachments.all()),
    )
    return render(request, "desk/_held.html", {"form": form})


def _message(request: HttpRequest, number: int, message_id: UUID) -> Message:
    conversation = queries.access_conversation(me(request), number)
    message = message_with_parts(conversation, message_id)
    if message is None:
        raise NotFound(message_id)
    return message
