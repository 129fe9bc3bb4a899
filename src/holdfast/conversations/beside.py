"""What stands beside an open conversation: small things of many tables, read at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from holdfast.conversations.models import Conversation

SUGGESTED = 20  # tags


@dataclass(frozen=True, slots=True)
class Drafted:
    """What an agent typed and did not send; empty when there is nothing."""

    text: str = ""
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """Tags by name and tags in use, the reader's drafts, when and by whom it was closed, whether others merged into it.

    `closed_by` is empty when nobody closed it by hand, or they have left.
    """

    tags: tuple[str, ...]
    known_tags: tuple[str, ...]
    reply: Drafted
    note: Drafted
    closed_at: datetime | None
    closed_by: str
    has_merges: bool


def beside(conversation: Conversation, *, agent_id: int) -> Beside:
    """Return what stands beside `conversation` for this agent. One query: asked one by one they take five."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ARRAY(SELECT tag.name FROM conversations_tagging AS tagging"
            "   JOIN conversations_tag AS tag ON tag.id = tagging.tag_id"
            "   WHERE tagging.conversation_id = asked.id ORDER BY tag.name),"
            "  ARRAY(SELECT name FROM conversations_tag ORDER BY name LIMIT %s),"
            "  coalesce(reply.text, ''), reply.updated_at, coalesce(note.text, ''), note.updated_at,"
            "  closure.at, coalesce(closer.name, ''),"
            "  EXISTS (SELECT FROM conversations_merge WHERE target_id = asked.id AND undone_at IS NULL)"
            " FROM (SELECT %s::uuid AS id, %s::bigint AS agent_id) AS asked"
            " LEFT JOIN conversations_draft AS reply ON reply.conversation_id = asked.id"
            "  AND reply.agent_id = asked.agent_id AND NOT reply.internal"
            " LEFT JOIN conversations_draft AS note ON note.conversation_id = asked.id"
            "  AND note.agent_id = asked.agent_id AND note.internal"
            " LEFT JOIN conversations_closure AS closure ON closure.conversation_id = asked.id"
            "  AND closure.reopened_at IS NULL"
            " LEFT JOIN people_agent AS closer ON closer.id = closure.by_id LIMIT 1",
            [SUGGESTED, conversation.pk, agent_id],
        )
        tags, known, reply, reply_at, note, note_at, closed_at, closed_by, has_merges = cursor.fetchone()
    closed = conversation.state == "closed"
    return Beside(
        tags=tuple(tags),
        known_tags=tuple(known),
        reply=Drafted(reply, reply_at),
        note=Drafted(note, note_at),
        closed_at=closed_at if closed else None,
        closed_by=closed_by if closed else "",
        has_merges=has_merges,
    )
