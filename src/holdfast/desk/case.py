"""The open conversation: head, thread, composer and rail, put together from what the rooms below tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.urls import reverse

from holdfast.conversations.merges import merges_into
from holdfast.conversations.places import standing
from holdfast.conversations.queries import history, thread_of
from holdfast.conversations.tags import known_tags, tags_of
from holdfast.conversations.waits import estimate
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
from holdfast.desk.thread import hand_over, message_views

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


def screen_of(*, agent: Agent, reach: Reach, conversation: Conversation) -> ConversationScreen:
    """Everything the open conversation shows to `agent`. A dozen queries, whatever the length of the thread."""
    number = conversation.number
    mine = conversation.assignee_id == agent.id
    thread = _thread(agent, conversation)
    can_write, why_not = _writing(conversation)
    closed_at, closed_by = _closure(conversation)
    drafts = {draft.internal: draft for draft in conversation.drafts.filter(agent=agent)}
    reply, note = drafts.get(False), drafts.get(True)
    return ConversationScreen(
        id=conversation.id,
        number=number,
        url=reverse("desk:conversation", args=[number]),
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
        closed_at=closed_at,
        closed_by=closed_by,
        merged_into_url=_merged_into(conversation),
        messages=thread.messages,
        earlier_url=thread.earlier_url,
        last_id=str(thread.messages[-1].id) if thread.messages else "",
        handover=hand_over(thread.messages, thread.details),
        tags=tags_view(conversation),
        customer=card(customer=conversation.customer, number=number, mine=mine),
        place=_place(conversation),
        past=_past(agent, conversation),
        merges=_merges(conversation),
        here=present(conversation_ids=[conversation.id], but=agent.id).get(conversation.id, ()),
        reply=DraftView(reply.text if reply else "", reply.updated_at if reply else None),
        note=DraftView(note.text if note else "", note.updated_at if note else None),
        client_key=str(uuid4()),
    )


def customer_name(conversation: Conversation) -> str:
    """What the thread calls the customer: the mask of their name."""
    return str(conversation.customer.name or "Customer") if conversation.customer else "Customer"


def tags_view(conversation: Conversation, tags: list[str] | None = None) -> TagsView:
    """The tags with what else is in use. Two queries, one when `tags` are known."""
    names = tags_of(conversation_id=conversation.id) if tags is None else tags
    return TagsView(
        number=conversation.number,
        tags=tuple(names),
        suggestions=tuple(tag for tag in known_tags() if tag not in names),
        url=reverse("desk:tags", args=[conversation.number]),
    )


def _thread(agent: Agent, conversation: Conversation) -> _Thread:
    found = thread_of(conversation, limit=PAGE)
    shown = message_views(
        found, number=conversation.number, agent_id=agent.id, customer_name=customer_name(conversation)
    )
    details = {message.id: message.details for message in found if message.author == "system"}
    address = reverse("desk:messages", args=[conversation.number])
    return _Thread(shown, details, f"{address}?before={found[0].id}" if len(found) == PAGE else "")


def _writing(conversation: Conversation) -> tuple[bool, str]:
    if conversation.merged_into is not None:
        return False, f"This conversation was merged into #{conversation.merged_into.number}. Write there."
    return True, ""


def _merged_into(conversation: Conversation) -> str:
    target = conversation.merged_into
    return reverse("desk:conversation", args=[target.number]) if target is not None else ""


def _assignee(agent: Agent, conversation: Conversation) -> Person | None:
    held_by = conversation.assignee
    return Person(held_by.id, held_by.name, held_by.id == agent.id) if held_by is not None else None


def _closure(conversation: Conversation) -> tuple[datetime | None, str]:
    if conversation.state != "closed":
        return None, ""
    closure = conversation.closures.select_related("by").filter(reopened_at=None).first()
    return (closure.at, closure.by.name if closure.by else "") if closure else (None, "")


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
        messages=reverse("desk:messages", args=[number]),
        draft=reverse("desk:draft", args=[number]),
        assignment=reverse("desk:assignment", args=[number]),
        transfers=reverse("desk:transfer", args=[number]),
        snooze=reverse("desk:snooze", args=[number]),
        closure=reverse("desk:closure", args=[number]),
        tags=reverse("desk:tags", args=[number]),
        merge=reverse("desk:merge", args=[number]),
        presence=reverse("desk:presence", args=[number]),
        canned=f"{reverse('desk:canned')}?c={number}",
    )
