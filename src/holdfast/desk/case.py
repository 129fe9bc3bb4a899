"""The open conversation: head, thread, composer and rail, put together from what the rooms below tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.urls import reverse

from holdfast.conversations.beside import beside
from holdfast.conversations.merges import merges_into
from holdfast.conversations.places import standing
from holdfast.conversations.queries import history, thread_of
from holdfast.conversations.tags import known_tags
from holdfast.conversations.waits import estimate
from holdfast.desk.addresses import of_case
from holdfast.desk.customers import card
from holdfast.desk.look_alikes import past_row
from holdfast.desk.presence import present
from holdfast.desk.reach import Reach
from holdfast.desk.screens import (
    Addresses,
    ConversationScreen,
    DraftView,
    MergeView,
    MessageView,
    PastRow,
    Person,
    PlaceView,
    TagsView,
)
from holdfast.desk.thread import hand_over, held_words, message_views
from holdfast.guard.radius import sightings
from holdfast.guard.radius.sightings import How

if TYPE_CHECKING:
    from holdfast.conversations.models import Conversation
    from holdfast.people.models import Agent

PAGE = 100
_BY = {"email": "by email", "chat": "by chat", "phone": "by phone", "api": "where they wrote from"}


@dataclass(frozen=True, slots=True)
class _Thread:
    messages: tuple[MessageView, ...]
    details: dict[Any, dict[str, Any]]
    earlier_url: str


def note_opened(*, agent_id: int, conversation: Conversation) -> None:
    """Note that a page, or a part of one that can be asked for by itself, put this case before an agent."""
    sightings.note(agent_id=agent_id, how=How.OPENED, cases=[(conversation.id, conversation.customer_id)])


def screen_of(*, agent: Agent, reach: Reach, conversation: Conversation) -> ConversationScreen:
    """Everything the open conversation shows to `agent`. At most eleven queries, whatever the length of the thread."""
    number = conversation.number
    note_opened(agent_id=agent.id, conversation=conversation)
    mine = conversation.assignee_id == agent.id
    thread = _thread(agent, conversation)
    can_write, why_not = _writing(conversation)
    small = beside(conversation, agent_id=agent.id)
    return ConversationScreen(
        id=conversation.id,
        number=number,
        url=of_case("conversation", number),
        to=_addresses(number),
        subject=conversation.subject,
        channel=conversation.channel,
        kind=conversation.kind,
        state=conversation.state,
        version=conversation.version,
        locale=conversation.locale,
        queue=reach.name(conversation.queue_id),
        assignee=_assignee(agent, conversation),
        mine=mine,
        can_write=can_write,
        why_not=why_not,
        by_channel=_BY.get(conversation.channel, f"by {conversation.channel}"),
        created_at=conversation.created_at,
        waiting_since=conversation.waiting_since,
        snoozed_until=conversation.snoozed_until,
        closed_at=small.closed_at,
        closed_by=small.closed_by,
        merged_into_url=_merged_into(conversation),
        messages=thread.messages,
        earlier_url=thread.earlier_url,
        last_id=str(thread.messages[-1].id) if thread.messages else "",
        handover=hand_over(thread.messages, thread.details),
        tags=_tags(number, small.tags, small.known_tags),
        customer=card(customer=conversation.customer, number=number, mine=mine),
        place=_place(conversation),
        past=_past(agent, conversation),
        merges=_merges(conversation) if small.has_merges else (),
        here=present(conversation_ids=[conversation.id], but=agent.id).get(conversation.id, ()),
        reply=_reply(small.reply.text, small.reply.updated_at, thread.messages, closed=conversation.state == "closed"),
        note=DraftView(small.note.text, small.note.updated_at),
        client_key=str(uuid4()),
    )


def _reply(text: str, saved_at: datetime | None, messages: tuple[MessageView, ...], *, closed: bool) -> DraftView:
    """The agent's own draft; without one, what was held back of somebody who is cut off."""
    return DraftView(text, saved_at) if text or closed else held_words(messages) or DraftView("", saved_at)


def customer_name(conversation: Conversation) -> str:
    """What the thread calls the customer: the mask of their name."""
    return str(conversation.customer.name or "Customer") if conversation.customer else "Customer"


def tags_view(conversation: Conversation, tags: Iterable[str]) -> TagsView:
    """The tags with what else is in use. One query."""
    return _tags(conversation.number, tuple(tags), known_tags())


def _tags(number: int, tags: tuple[str, ...], known: Iterable[str]) -> TagsView:
    return TagsView(
        number=number,
        tags=tags,
        suggestions=tuple(tag for tag in known if tag not in tags),
        url=of_case("tags", number),
    )


def _thread(agent: Agent, conversation: Conversation) -> _Thread:
    found = thread_of(conversation, limit=PAGE)
    shown = message_views(
        found, number=conversation.number, agent_id=agent.id, customer_name=customer_name(conversation)
    )
    details = {message.id: message.details for message in found if message.author == "system"}
    address = of_case("messages", conversation.number)
    return _Thread(shown, details, f"{address}?before={found[0].id}" if len(found) == PAGE else "")


def _writing(conversation: Conversation) -> tuple[bool, str]:
    if conversation.merged_into is not None:
        return False, f"This conversation was merged into #{conversation.merged_into.number}. Write there."
    return True, ""


def _merged_into(conversation: Conversation) -> str:
    target = conversation.merged_into
    return of_case("conversation", target.number) if target is not None else ""


def _assignee(agent: Agent, conversation: Conversation) -> Person | None:
    held_by = conversation.assignee
    return Person(held_by.id, held_by.name, held_by.id == agent.id) if held_by is not None else None


def _place(conversation: Conversation) -> PlaceView | None:
    if conversation.assignee_id is not None or conversation.state != "open":
        return None
    stands = standing(conversation_id=conversation.id)
    if stands is None or conversation.queue_id is None:
        return None
    wait = estimate(queue_id=conversation.queue_id, place=stands.place)
    low, high = (wait.low, wait.high) if wait else (None, None)
    return PlaceView(stands.place, stands.joined_as, stands.joined_at, low, high)


def _past(agent: Agent, conversation: Conversation) -> tuple[PastRow, ...]:
    rows = history(conversation.customer_id, agent=agent, limit=9)
    return tuple(past_row(row) for row in rows if row.id != conversation.id)[:8]


def _merges(conversation: Conversation) -> tuple[MergeView, ...]:
    return tuple(
        MergeView(
            number=merge.source.number,
            subject=merge.source.subject or merge.source.preview,
            by=merge.by.name if merge.by else "Somebody who has left",
            at=merge.at,
            undo_url=reverse("desk:unmerge", args=[merge.pk]),
        )
        for merge in merges_into(conversation_id=conversation.id)
    )


def _addresses(number: int) -> Addresses:
    return Addresses(
        messages=of_case("messages", number),
        draft=of_case("draft", number),
        assignment=of_case("assignment", number),
        transfers=of_case("transfer", number),
        snooze=of_case("snooze", number),
        closure=of_case("closure", number),
        tags=of_case("tags", number),
        merge=of_case("merge", number),
        presence=of_case("presence", number),
        canned=f"{reverse('desk:canned')}?c={number}",
    )
