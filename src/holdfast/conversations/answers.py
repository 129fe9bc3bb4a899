"""Many lines in many conversations at once: the assistant's answers and the system's acknowledgements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from holdfast.conversations.bulk import insert
from holdfast.conversations.changes import preview_of
from holdfast.conversations.models import Conversation, Message
from holdfast.kit.clock import now


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line to add. The assistant's public lines are answers: nobody waits after them."""

    conversation_id: UUID
    author: str
    text: str
    internal: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)


def say_many(lines: Sequence[Line]) -> list[Message]:
    """Add lines to conversations that the caller has locked, one per conversation, and return their messages in order.

    Receipts, deliveries and events are the caller's.
    """
    if not lines:
        return []
    ids = [line.conversation_id for line in lines]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE conversations_conversation AS held SET version = version + 1,"
            " last_message_at = CASE WHEN new.internal THEN last_message_at"
            "  ELSE greatest(%s, last_message_at + interval '1 microsecond') END,"
            " waiting_since = CASE WHEN new.answers THEN NULL ELSE waiting_since END,"
            " last_author = CASE WHEN new.answers THEN %s ELSE last_author END,"
            " preview = CASE WHEN new.answers THEN new.preview ELSE held.preview END"
            " FROM unnest(%s::uuid[], %s::boolean[], %s::boolean[], %s::text[]) AS new(id, internal, answers, preview)"
            " WHERE held.id = new.id RETURNING held.id, version, last_message_at",
            [
                at := now(),
                Message.Author.ASSISTANT,
                ids,
                [line.internal for line in lines],
                [line.author == Message.Author.ASSISTANT and not line.internal for line in lines],
                [preview_of(line.text) for line in lines],
            ],
        )
        moments = {id_: (version, last_message_at) for id_, version, last_message_at in cursor.fetchall()}
    messages = [
        Message(
            conversation_id=line.conversation_id,
            author=line.author,
            internal=line.internal,
            text=line.text,
            details=dict(line.details),
            version=moments[line.conversation_id][0],
            created_at=at if line.internal else moments[line.conversation_id][1],
        )
        for line in lines
    ]
    insert(messages)
    return messages


def current(conversation_ids: Sequence[UUID]) -> list[Conversation]:
    """Return conversations as they are now, with what their events need."""
    return list(
        Conversation.objects.filter(pk__in=conversation_ids)
        .only("id", "queue_id", "assignee_id", "version")
        .order_by("pk")
    )


def versions(conversation_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return the version of each conversation."""
    return dict(Conversation.objects.filter(pk__in=conversation_ids).values_list("id", "version"))
