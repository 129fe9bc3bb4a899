"""A chat as its customer may see it: public messages, the place in line, the person's first name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from holdfast.conversations import callbacks
from holdfast.conversations.callback_windows import Window
from holdfast.conversations.callbacks import Promise
from holdfast.conversations.deflections import waits_for_word
from holdfast.conversations.models import Conversation, Message, ThreadKey
from holdfast.conversations.places import open_place, standing
from holdfast.conversations.told import tell

LONGEST = 200


@dataclass(frozen=True, slots=True)
class ChatMessage:
    id: UUID
    key: str
    kind: str
    """What a message stands for when it is more than its words: `person_request`, `in_line`."""
    author: str
    name: str
    text: str
    at: datetime
    citations: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ChatLine:
    """A place in line with its wait in minutes; `low` and `high` are `None` while there is too little to go by.

    `callback` is what was promised, `windows` what could be (instead); in calm nothing is offered. `deflected`: they
    got a playbook's text first and said nothing of it yet.
    """

    place: int
    joined_as: int
    joined_at: datetime
    low: int | None
    high: int | None
    callback: Promise | None = None
    windows: tuple[Window, ...] = ()
    deflected: bool = False


@dataclass(frozen=True, slots=True)
class ChatView:
    number: int | None
    state: Literal["new", "assistant", "line", "person", "closed"]
    person: str
    messages: tuple[ChatMessage, ...]
    line: ChatLine | None


def chat_of(session: str) -> ChatView:
    """Return what the customer of a chat session sees. A session nobody wrote in yet is `new`."""
    conversation = _conversation_of(session)
    if conversation is None:
        return ChatView(None, "new", "", (), None)
    line = _line(conversation)
    person = conversation.assignee.get_short_name() if conversation.assignee else ""
    if conversation.state == Conversation.State.CLOSED:
        state: Literal["assistant", "line", "person", "closed"] = "closed"
    elif person:
        state = "person"
    else:
        state = "line" if line else "assistant"
    return ChatView(conversation.number, state, person, _messages(conversation), line)


def _conversation_of(session: str) -> Conversation | None:
    # A merge moves the key along, and undoing it moves it back.
    key = ThreadKey.objects.filter(key=f"chat:{session}").select_related("conversation__assignee").first()
    return key.conversation if key else None


def _messages(conversation: Conversation) -> tuple[ChatMessage, ...]:
    rows = (
        Message.objects.filter(conversation=conversation, internal=False)
        .select_related("agent")
        .order_by("-created_at", "-id")[:LONGEST]
    )
    return tuple(
        ChatMessage(
            id=row.pk,
            # Our agents' replies have keys too; only the customer's own mean something to their browser.
            key=row.client_key or "" if row.author == Message.Author.CUSTOMER else "",
            kind=str(row.details.get("kind", "")),
            author=row.author,
            name=row.agent.get_short_name() if row.agent else "",
            text=row.text,
            at=row.created_at,
            citations=tuple((c["title"], c["url"]) for c in row.details.get("citations", [])),
        )
        for row in reversed(rows)
    )


def _line(conversation: Conversation) -> ChatLine | None:
    place = open_place(conversation.pk)
    now_at = standing(conversation_id=conversation.pk) if place else None
    if place is None or now_at is None:
        return None
    wait = tell(place)
    low, high = (wait.low, wait.high) if wait else (None, None)
    return ChatLine(
        now_at.place,
        max(now_at.joined_as, now_at.place),
        now_at.joined_at,
        low,
        high,
        callbacks.callback_of(conversation.pk),
        tuple(callbacks.offer(conversation_id=conversation.pk)),
        waits_for_word(conversation.pk),
    )


def conversation_id_of(session: str) -> UUID | None:
    """Return the conversation a chat session is in."""
    conversation = _conversation_of(session)
    return conversation.pk if conversation is not None else None
