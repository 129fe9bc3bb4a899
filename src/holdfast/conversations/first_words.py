"""With what words matters began; for counting what people ask about. Whoever shows them scrubs them first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

READ = 400
"""Characters of a first message that are read; a longer one has said by then what it is about."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A matter as it began. `contact_id` is `None` where it did not come through the door."""

    id: UUID
    at: datetime
    intent: str
    text: str
    contact_id: UUID | None


def begun(*, since: datetime, until: datetime, limit: int) -> Sequence[Begun]:
    """Return the matters of a span with the start of their first message, the oldest first. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            # The first message of a matter carries the matter's own time, so the index of messages by time finds both.
            "SELECT matter.id, matter.created_at, matter.intent,"
            "  left(concat_ws('. ', nullif(matter.subject, ''), message.text), %(read)s), message.contact_id"
            " FROM conversations_message AS message"
            " JOIN conversations_conversation AS matter"
            "  ON matter.id = message.conversation_id AND matter.created_at = message.created_at"
            " WHERE message.created_at >= %(since)s AND message.created_at < %(until)s"
            "  AND message.author = 'customer' AND matter.kind = 'matter'"
            " ORDER BY message.created_at, message.id LIMIT %(limit)s",
            {"since": since, "until": until, "limit": limit, "read": READ},
        )
        return [Begun(*row) for row in cursor.fetchall()]
