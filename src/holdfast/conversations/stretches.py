"""What each person worked on since their last break, read from what they did; for care, and kept nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from holdfast.conversations.handling import LONGEST
from holdfast.conversations.moods import search_terms


@dataclass(frozen=True, slots=True)
class Worked:
    """One conversation in somebody's stretch without a break."""

    agent_id: int
    conversation_id: UUID
    queue_id: int | None
    minutes: float
    """Of this person, counted as `handling` counts them."""
    says: bool
    """Whether the customer used a word of worry or anger (`moods`), in the last day."""
    handed_on: bool
    """Whether somebody else had it before and passed it on, in the last day."""
    last: datetime
    """When this person last did anything at all."""


def stretches(*, at: datetime, since: datetime, pause: timedelta, most: int) -> list[Worked]:
    """Return what each person did since their last pause without an act, by person, the newest first. One query.

    At most the newest `most` conversations of each.

    An act is a reply, a note, a transfer, a closing, and taking a case; acts before `since` are not looked at. A pause
    that still goes on is none yet.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH act AS ("
            " SELECT agent_id, conversation_id, created_at AS at, true AS worked FROM conversations_message"
            "  WHERE author = 'agent' AND agent_id IS NOT NULL AND created_at BETWEEN %(since)s AND %(at)s"
            " UNION ALL SELECT agent_id, conversation_id, started_at, false FROM conversations_assignment"
            "  WHERE by_id = agent_id AND started_at BETWEEN %(since)s AND %(at)s"
            " UNION ALL SELECT by_id, conversation_id, at, true FROM conversations_transfer"
            "  WHERE at BETWEEN %(since)s AND %(at)s"
            " UNION ALL SELECT by_id, conversation_id, at, true FROM conversations_closure"
            "  WHERE by_id IS NOT NULL AND at BETWEEN %(since)s AND %(at)s"
            "), spaced AS (SELECT *, at - lag(at) OVER (PARTITION BY agent_id ORDER BY at, worked DESC) AS gap FROM act"
            "), stretch AS (SELECT agent_id, max(at) AS last,"
            "  max(at) FILTER (WHERE gap IS NULL OR gap >= make_interval(secs => %(pause)s))"
            "  AS first FROM spaced GROUP BY agent_id"
            "), every AS (SELECT spaced.agent_id, conversation_id, max(at) FILTER (WHERE worked) AS last,"
            "  sum(least(coalesce(extract(epoch FROM gap), 0) / 60, %(longest)s)) FILTER (WHERE worked) AS minutes"
            "  FROM spaced JOIN stretch USING (agent_id) WHERE at >= first"
            "  GROUP BY 1, 2 HAVING bool_or(worked)"
            "), own AS (SELECT * FROM (SELECT every.*, row_number() OVER"
            "  (PARTITION BY every.agent_id ORDER BY every.last DESC) AS place FROM every) AS placed"
            "  WHERE place <= %(most)s"
            ") SELECT own.agent_id, own.conversation_id, matter.queue_id, minutes::float8,"
            "  EXISTS (SELECT FROM conversations_message AS said WHERE said.conversation_id = matter.id"
            "   AND said.author = 'customer' AND said.created_at >= %(day)s AND said.search @@ %(words)s::tsquery),"
            "  EXISTS (SELECT FROM conversations_transfer AS handed WHERE handed.conversation_id = matter.id"
            "   AND handed.at >= %(day)s AND handed.at <= own.last AND handed.by_id <> own.agent_id),"
            "  stretch.last"
            " FROM own JOIN stretch USING (agent_id)"
            " JOIN conversations_conversation AS matter ON matter.id = own.conversation_id"
            " WHERE matter.kind = 'matter' ORDER BY own.agent_id, own.last DESC",
            {
                "at": at,
                "since": since,
                "most": most,
                "pause": pause.total_seconds(),
                "day": at - timedelta(days=1),
                "longest": LONGEST.total_seconds() / 60,
                "words": search_terms(),
            },
        )
        return [Worked(*row) for row in cursor.fetchall()]
