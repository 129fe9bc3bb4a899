"""One conversation as a machine looks at it before it speaks, and what it may do there.

`see` locks it; the others follow in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from holdfast.conversations.answers import current
from holdfast.conversations.assignments import release
from holdfast.conversations.changes import announce, done, locked
from holdfast.conversations.errors import NotFound, Refused
from holdfast.conversations.messages import post_assistant, system_line
from holdfast.conversations.models import Closure, Conversation, Message
from holdfast.conversations.places import open_place, step_in, step_out
from holdfast.intake import receipts


@dataclass(frozen=True, slots=True)
class Heard:
    """Something a customer said. `level`: how sure we were who it was (0 to 2); 0 when it came from another sender."""

    version: int
    text: str
    kind: str
    at: datetime
    level: int
    contact_id: UUID | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A locked conversation as a machine needs to know it before it speaks. `unanswered` is in order."""

    id: UUID
    version: int
    channel: str
    locale: str
    customer_id: UUID | None
    queue_id: int | None
    assignee_id: int | None
    is_open: bool
    free: bool
    """Open, with nobody's name on it, and in no line: nobody but a machine is busy with it."""
    unanswered: tuple[Heard, ...]

    @property
    def waiting_since(self) -> datetime | None:
        """When the oldest unanswered word was said."""
        return self.unanswered[0].at if self.unanswered else None

    def only_customer_spoke_since(self, version: int) -> bool:
        """Tell whether every change after `version` is a message of the customer's own."""
        return self.version - version == sum(heard.version > version for heard in self.unanswered)


def see(conversation_id: UUID) -> Seen | None:
    """Lock a conversation until the caller's transaction ends; `None` when it is gone or merged into another."""
    try:
        held = locked(conversation_id)
    except (NotFound, Refused):
        return None
    is_open = held.state == Conversation.State.OPEN
    asked = Message.objects.filter(conversation=held, author=Message.Author.CUSTOMER)
    # Since when, not since which answer: the customer may have written while an answer to earlier words was made.
    rows = asked.filter(created_at__gte=held.waiting_since).order_by("created_at") if held.waiting_since else []
    return Seen(
        id=held.pk,
        version=held.version,
        channel=held.channel,
        locale=held.locale,
        customer_id=held.customer_id,
        queue_id=held.queue_id,
        assignee_id=held.assignee_id,
        is_open=is_open,
        free=is_open and held.assignee_id is None and open_place(held.pk) is None,
        unanswered=tuple(map(_heard, rows)),
    )


def answer(seen: Seen, *, read: int, text: str, details: Mapping[str, Any], reason: str) -> Message:
    """Let the assistant answer what was said up to version `read`. What the customer said since goes on waiting.

    Receipts of what was read become answered for `reason`. Raises `Refused` when a person has the word.
    """
    unread = [heard for heard in seen.unanswered if heard.version > read]
    message = post_assistant(conversation_id=seen.id, text=text, details=details, settle=False)
    read_ids = [heard.contact_id for heard in seen.unanswered if heard.version <= read and heard.contact_id]
    receipts.settle(read_ids, state="answered", reason=reason)
    if unread:
        Conversation.objects.filter(pk=seen.id).update(waiting_since=unread[0].at)
    return message


def remark(seen: Seen, *, text: str, details: Mapping[str, Any]) -> Message:
    """Let the assistant say something that is no answer: whoever waits goes on waiting. Raises `Refused`."""
    waiting = [heard.at for heard in seen.unanswered]
    message = post_assistant(conversation_id=seen.id, text=text, details=details, settle=False)
    Conversation.objects.filter(pk=seen.id).update(waiting_since=min(waiting, default=None))
    return message


def stand_in_line(seen: Seen, *, since: datetime) -> None:
    """Give a conversation that nobody has a place in its line, since its customer began to wait. No events.

    Nothing happens where somebody has it, or it stands there already.
    """
    held = locked(seen.id)
    if held.state == Conversation.State.OPEN and held.assignee_id is None:
        held.waiting_since = min(filter(None, (held.waiting_since, since)))
        held.save(update_fields=["waiting_since"])
        step_in(held, since=since)


def release_to_machine(seen: Seen, *, by: int, text: str) -> None:
    """Take a conversation from its agent and its line because a machine goes on with it, and write `text` into it."""
    held = locked(seen.id)
    release(held)
    step_out(held, because="moved")  # nobody gave up
    line = system_line(held, kind="handed_back", text=text, details={"by": by})
    line.agent_id = by
    line.save(update_fields=["agent"])
    done(held, kind="assignment")


def tell(conversation_id: UUID, *, kind: str, chat: str) -> None:
    """Tell the screens what `kind` of thing happened to a conversation."""
    announce(current([conversation_id]), kind=kind, chat=chat)


def _heard(message: Message) -> Heard:
    other = "other_sender" in message.details
    level = message.details.get("level")
    return Heard(
        message.version,
        message.text,
        str(message.details.get("kind") or "message"),
        message.created_at,
        level if isinstance(level, int) and not other else 0,
        message.contact_id,
    )


def said_by_customer(conversation_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Return what the customer wrote in these conversations since each was last closed, in order."""
    found: dict[UUID, list[str]] = {}
    rows = _since_closed(conversation_ids).filter(author="customer")
    for conversation_id, text in rows.values_list("conversation_id", "text"):
        found.setdefault(conversation_id, []).append(text)
    return found


def said_by_assistant(conversation_ids: Sequence[UUID]) -> list[tuple[UUID, dict[str, Any]]]:
    """Return the details of what the assistant said in these conversations since each was last closed, in order."""
    rows = _since_closed(conversation_ids).filter(author="assistant")
    return list(rows.values_list("conversation_id", "details"))


def _since_closed(conversation_ids: Sequence[UUID]) -> QuerySet[Message]:
    closed = Closure.objects.filter(conversation_id=OuterRef("conversation_id")).order_by("-at").values("at")[:1]
    rows = Message.objects.filter(conversation_id__in=conversation_ids, internal=False)
    rows = rows.annotate(closed_at=Subquery(closed)).filter(Q(closed_at=None) | Q(created_at__gt=F("closed_at")))
    return rows.order_by("created_at", "pk")
