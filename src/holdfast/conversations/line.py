"""The order of a line, who is next in it, and how many stand before somebody. A million may wait.

The line is ordered by (band, fair_at, id). Band 0 with the joining time is the order of arrival; in calm there is no
other. The shield gives other bands, and inside a band a fair time, so that no group of customers crowds out another.
Whoever was promised to be called back is held in the last band, and at that time stands before everybody: only a
promise has a fair time before the joining time.

The floor: every `FLOOR`th case handed out of a queue is the one that has waited longest there, whatever its band. So
nobody starves: with n who joined the queue before somebody, that somebody is handed out after at most FLOOR * (n + 1)
cases of the queue, and waits at most FLOOR * (n + 1) / mu when the queue hands out mu cases a minute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from holdfast.conversations.models import Place

FLOOR = 33
"""One in so many is the oldest: 3 %."""

_CANDIDATES = 100
_COUNTED = 10_000  # people; whoever stands behind more of them gets nothing from the floor for hours
_COMPACTING = 0x6C696E65  # an advisory lock: one process at a time sums up the counts


@dataclass(frozen=True, slots=True)
class Rank:
    """Where in the line's order somebody stands. `fair_at` `None` is the joining time."""

    band: int = 0
    fair_at: datetime | None = None


CALM = Rank()
HELD = 99
"""The band of those who will be called back: they keep their place and are handed out to nobody before that."""
PROMISED = timedelta(days=365)
"""So much earlier than it joined a place is dated whose callback is due: nobody stands before it."""


@dataclass(frozen=True, slots=True)
class Next:
    """Who is next. `by_floor` when it is the floor's turn."""

    conversation_id: UUID
    queue_id: int
    by_floor: bool


def rank_many(ranks: Mapping[UUID, Rank]) -> None:
    """Give conversations that stand in line another place in its order. Who stands in none is passed over.

    So is who was promised a time: until then they are held, and from then on they stand before everybody.
    """
    if not ranks:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE conversations_place AS place SET band = new.band, fair_at = coalesce(new.fair_at, place.joined_at)"
            " FROM unnest(%s::uuid[], %s::int[], %s::timestamptz[]) AS new(conversation_id, band, fair_at)"
            " WHERE place.conversation_id = new.conversation_id AND place.left_at IS NULL"
            "  AND place.band < %s AND place.fair_at >= place.joined_at"
            "  AND (place.band, place.fair_at) IS DISTINCT FROM (new.band, coalesce(new.fair_at, place.joined_at))",
            [list(ranks), [rank.band for rank in ranks.values()], [rank.fair_at for rank in ranks.values()], HELD],
        )


def before(place: Place) -> tuple[int, int]:
    """Return how many stand before an open place, and how many stand in its line, itself included.

    Whole minutes are read from the sums; only the minute of the place itself is counted one by one.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(waiting) FILTER (WHERE (band, minute) < (%(band)s, date_trunc('minute', %(at)s))), 0)"
            " + (SELECT count(*) FROM conversations_place WHERE queue_id = %(queue)s AND left_at IS NULL"
            "   AND band = %(band)s AND fair_at >= date_trunc('minute', %(at)s) AND (fair_at, id) < (%(at)s, %(id)s)),"
            " coalesce(sum(waiting), 0) FROM conversations_linecount WHERE queue_id = %(queue)s",
            {"queue": place.queue_id, "band": place.band, "at": place.fair_at, "id": place.pk},
        )
        ahead, waiting = cursor.fetchone()
    return int(ahead), int(waiting)


def older(place: Place) -> int:
    """Return how many who may be handed out have stood longer in the line of an open place, at most `_COUNTED`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT FROM conversations_place WHERE queue_id = %s AND left_at IS NULL"
            " AND band < %s AND (joined_at, id) < (%s, %s) LIMIT %s) AS ahead",
            [place.queue_id, HELD, place.joined_at, place.pk, _COUNTED],
        )
        return int(cursor.fetchone()[0])


def queues() -> list[int]:
    """Return the queues in whose lines anybody stood lately."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT queue_id FROM conversations_linecount ORDER BY queue_id")
        return [queue_id for (queue_id,) in cursor.fetchall()]


def lengths(queue_ids: Sequence[int]) -> dict[int, int]:
    """Return how many stand in each line."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT queue_id, sum(waiting) FROM conversations_linecount WHERE queue_id = ANY(%s) GROUP BY queue_id",
            [list(queue_ids)],
        )
        found = {queue_id: int(waiting) for queue_id, waiting in cursor.fetchall()}
    return {queue_id: found.get(queue_id, 0) for queue_id in queue_ids}


def lock_next(
    queue_ids: Sequence[int], *, passed: Sequence[UUID] = (), priorities: Mapping[int, int] | None = None
) -> Next | None:
    """Inside a transaction: lock the conversation that is next in these lines, and return it.

    Between lines the higher priority goes first, then whoever is first by the line's order. Where the floor has its
    turn, its case goes before everything else. Conversations that somebody else holds, and those in `passed`, are
    passed over.
    """
    queues = sorted(set(queue_ids))
    ranked = [(priorities or {}).get(queue_id, 0) for queue_id in queues]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conversation.id, line.queue_id, line.floor FROM conversations_conversation AS conversation"
            " JOIN (SELECT place.*, asked.priority"
            "  FROM unnest(%(queues)s::bigint[], %(priorities)s::int[]) AS asked(queue_id, priority)"
            "  LEFT JOIN conversations_turn AS turn ON turn.queue_id = asked.queue_id"
            "  CROSS JOIN LATERAL ("
            "   (SELECT conversation_id, queue_id, joined_at, band, fair_at, id, true AS floor FROM conversations_place"
            "    WHERE queue_id = asked.queue_id AND left_at IS NULL AND turn.since_floor >= %(floor)s - 1"
            "     AND band < %(held)s AND conversation_id <> ALL(%(passed)s::uuid[])"
            "    ORDER BY joined_at, id LIMIT %(candidates)s)"
            "   UNION ALL"
            "   (SELECT conversation_id, queue_id, joined_at, band, fair_at, id, false FROM conversations_place"
            "    WHERE queue_id = asked.queue_id AND left_at IS NULL AND band < %(held)s"
            "     AND conversation_id <> ALL(%(passed)s::uuid[])"
            "    ORDER BY band, fair_at, id LIMIT %(candidates)s)) AS place"
            " ) AS line ON line.conversation_id = conversation.id"
            " WHERE conversation.state = 'open' AND conversation.assignee_id IS NULL"
            " ORDER BY line.floor DESC, CASE WHEN line.floor THEN line.joined_at END,"
            "  line.priority DESC, line.band, line.fair_at, line.id"
            " LIMIT 1 FOR UPDATE OF conversation SKIP LOCKED",
            {
                "queues": queues,
                "priorities": ranked,
                "floor": FLOOR,
                "held": HELD,
                "passed": list(passed),
                "candidates": _CANDIDATES,
            },
        )
        row = cursor.fetchone()
    return Next(*row) if row else None


def handed_out(chosen: Next) -> None:
    """Inside the same transaction: count one more case that left this queue's line for a person."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO conversations_turn AS turn (queue_id, since_floor) VALUES (%(queue)s, %(first)s)"
            " ON CONFLICT (queue_id) DO UPDATE SET since_floor = CASE WHEN %(floor)s THEN 0"
            "  ELSE turn.since_floor + 1 END",
            {"queue": chosen.queue_id, "floor": chosen.by_floor, "first": 0 if chosen.by_floor else 1},
        )


def drift() -> int:
    """Return by how many people the sums differ from the lines themselves; 0 unless rows were changed past triggers.

    Reads every place that is open, in one snapshot: for checks, not for screens.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(abs(waiting)), 0) FROM (SELECT queue_id, band, minute, sum(waiting) AS waiting FROM ("
            "  SELECT queue_id, band, minute, waiting FROM conversations_linecount UNION ALL"
            "  SELECT queue_id, band, date_trunc('minute', fair_at), -1 FROM conversations_place WHERE left_at IS NULL"
            " ) AS both_sides GROUP BY 1, 2, 3) AS differing"
        )
        return int(cursor.fetchone()[0])


@transaction.atomic
def compact() -> int:
    """Sum up the counts of the lines; return how many rows are left, -1 when another process does it already.

    Readers see the same sums before and after.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_COMPACTING])
        if cursor.fetchone()[0]:
            cursor.execute(
                "WITH gone AS (DELETE FROM conversations_linecount RETURNING queue_id, band, minute, waiting)"
                " INSERT INTO conversations_linecount (queue_id, band, minute, waiting)"
                " SELECT queue_id, band, minute, sum(waiting) FROM gone GROUP BY 1, 2, 3 HAVING sum(waiting) <> 0"
            )
            return int(cursor.rowcount)
    return -1
