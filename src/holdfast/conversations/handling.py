"""How long people were busy with each conversation, and who left its line unserved; read from what they did."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from holdfast.conversations.movement import SERVED, STAYED
from holdfast.guard.watching.canaries import everybody

LONGEST = timedelta(minutes=10)
"""A longer pause before somebody did something was not all spent on it."""

_SPENT = (
    "WITH act AS ("
    " SELECT agent_id, conversation_id, created_at AS at, true AS worked FROM conversations_message"
    "  WHERE author = 'agent' AND agent_id IS NOT NULL AND created_at >= %(since)s"
    " UNION ALL SELECT agent_id, conversation_id, started_at, false FROM conversations_assignment"
    "  WHERE started_at >= %(since)s"
    " UNION ALL SELECT by_id, conversation_id, at, true FROM conversations_transfer"
    "  WHERE at >= %(since)s"
    " UNION ALL SELECT by_id, conversation_id, at, true FROM conversations_closure"
    "  WHERE by_id IS NOT NULL AND at >= %(since)s"
    "), spent AS (SELECT conversation_id, worked, coalesce(least("
    "  extract(epoch FROM at - lag(at) OVER (PARTITION BY agent_id ORDER BY at, worked DESC)) / 60,"
    "  %(longest)s),"
    "  %(longest)s) AS minutes FROM act)"
)


# Cases of made-up customers are worked on like others, and are in no figure.
_REAL = (
    "NOT EXISTS (SELECT FROM conversations_conversation AS made WHERE made.id = {}.conversation_id"
    " AND made.customer_id = ANY (%(made_up)s::uuid[]))"
)


def minutes_of(*, since: datetime) -> dict[UUID, float]:
    """Return the minutes of people that went into each conversation since then. One query.

    Each agent's replies, notes, transfers and closings stand in one row by time. The time since the same agent did
    anything before belongs to the conversation of the later act, at most `LONGEST`; taking a case starts its clock. So
    a minute of a person counts once, however many cases they have open.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _SPENT  # noqa: S608 - constants only
            + " SELECT conversation_id, sum(minutes)::float8 FROM spent"  # noqa: S608 - constants only
            f" WHERE worked AND {_REAL.format('spent')} GROUP BY 1",
            {"since": since, "longest": LONGEST.total_seconds() / 60, "made_up": list(everybody())},
        )
        return dict(cursor.fetchall())


def per_queue(*, since: datetime) -> dict[int, tuple[int, float]]:
    """Return, by queue, how many conversations people worked on since then, and their minutes in all. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SPENT  # noqa: S608 - constants only
            + " SELECT queue_id, count(DISTINCT spent.conversation_id), sum(minutes)::float8 FROM spent"  # noqa: S608
            " JOIN conversations_conversation AS conversation ON conversation.id = spent.conversation_id"
            f" WHERE worked AND queue_id IS NOT NULL AND {_REAL.format('spent')} GROUP BY 1",
            {"since": since, "longest": LONGEST.total_seconds() / 60, "made_up": list(everybody())},
        )
        return {queue_id: (cases, minutes) for queue_id, cases, minutes in cursor.fetchall()}


def unserved(*, since: datetime) -> set[UUID]:
    """Return the conversations that left a line since then without being served, and stand in none now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT gone.conversation_id FROM conversations_place AS gone"  # noqa: S608 - constants, our own ids
            " WHERE gone.left_at >= %(since)s AND gone.left_because <> ALL(%(kept)s) AND NOT EXISTS ("
            "  SELECT FROM conversations_place AS later WHERE later.conversation_id = gone.conversation_id"
            f"   AND (later.left_at IS NULL OR later.left_at > gone.left_at)) AND {_REAL.format('gone')}",
            {"since": since, "kept": [*SERVED, *STAYED], "made_up": list(everybody())},
        )
        return {conversation_id for (conversation_id,) in cursor.fetchall()}
