"""What every verb does around its own work: lock the conversation, count the version, tell the screens.

Locks are taken in one order everywhere, so nobody waits in a circle: receipts not yet triaged, identities, thread keys,
conversations (by id), then whatever hangs on a conversation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from holdfast.conversations.errors import NotFound, Refused, Stale
from holdfast.conversations.models import Conversation, Message, ThreadKey
from holdfast.kit import outbox
from holdfast.kit.clock import now

PREVIEW_LENGTH = 160
_TICK = timedelta(microseconds=1)
_CHANGING = (
    "queue_id",
    "assignee",
    "state",
    "epoch",
    "version",
    "waiting_since",
    "snoozed_until",
    "last_message_at",
    "last_author",
    "preview",
    "merged_into",
)


def locked(conversation_id: UUID) -> Conversation:
    """Return the conversation, locked until the caller's transaction ends.

    Raises `NotFound`, and `Refused` when it was merged into another: the other one is where things happen.
    """
    conversation = Conversation.objects.select_for_update().filter(pk=conversation_id).first()
    if conversation is None:
        raise NotFound(conversation_id)
    if conversation.merged_into_id is not None:
        target = Conversation.objects.values_list("number", flat=True).get(pk=conversation.merged_into_id)
        raise Refused(f"This conversation was merged into #{target}. Write there.")
    return conversation


def check_epoch(conversation: Conversation, epoch: int | None) -> None:
    """Raise `Stale` when the case changed hands since the asker looked. `None` does not ask."""
    if epoch is not None and epoch != conversation.epoch:
        raise Stale(conversation.version)


def next_moment(conversation: Conversation, *, at: datetime | None = None) -> datetime:
    """Return the time for a new public message: `at` or now, and always later than the last one."""
    return max(at or now(), conversation.last_message_at + _TICK)


def preview_of(text: str) -> str:
    """Return the start of `text` on one line, for lists."""
    return " ".join(text[: PREVIEW_LENGTH * 4].split())[:PREVIEW_LENGTH]


def speak(conversation: Conversation, message: Message) -> None:
    """Let a new public message show in lists."""
    conversation.last_message_at = message.created_at
    conversation.last_author = message.author
    conversation.preview = preview_of(message.text)


def unanswered_since(conversation_id: UUID) -> datetime | None:
    """Return the time of the oldest customer message after the last answer by a person or the assistant."""
    first: datetime | None = (
        unanswered_messages(conversation_id).order_by("created_at").values_list("created_at", flat=True).first()
    )
    return first


def unanswered_messages(conversation_id: UUID) -> Any:
    """Return the customer messages after the last answer by a person or the assistant, as a queryset."""
    messages = Message.objects.filter(conversation_id=conversation_id)
    last = (
        messages.filter(author__in=[Message.Author.AGENT, Message.Author.ASSISTANT], internal=False)
        .order_by("-created_at")
        .values_list("created_at", flat=True)
        .first()
    )
    asked = messages.filter(author=Message.Author.CUSTOMER)
    return asked.filter(created_at__gt=last) if last else asked


def done(conversation: Conversation, *, kind: str, chat: str | None = "state") -> None:
    """End a verb: store the conversation under its next version and tell the screens what `kind` of thing happened.

    `chat` is what the customer's chat window is told, `None` when it is none of its business.
    """
    conversation.version += 1
    conversation.save(update_fields=_CHANGING)
    announce([conversation], kind=kind, chat=chat)


def announce(conversations: Iterable[Conversation], *, kind: str, chat: str | None = "message") -> None:
    """Publish one event per conversation for the desk, and one per chat session behind it."""
    changed = list(conversations)
    events: list[tuple[str, dict[str, Any]]] = [("desk", _event(conversation, kind)) for conversation in changed]
    if chat is not None:
        events += [(key, {"kind": chat}) for key in chat_keys([conversation.pk for conversation in changed])]
    outbox.publish(events)


def chat_keys(conversation_ids: Sequence[UUID]) -> list[str]:
    """Return the chat sessions of these conversations as `chat:<session>`, which is also their topic."""
    keys = ThreadKey.objects.filter(conversation_id__in=conversation_ids, key__startswith="chat:", seen=True)
    return list(keys.values_list("key", flat=True))


def _event(conversation: Conversation, kind: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "conversation": str(conversation.pk),
        "queue": conversation.queue_id,
        "assignee": conversation.assignee_id,
        "version": conversation.version,
    }
