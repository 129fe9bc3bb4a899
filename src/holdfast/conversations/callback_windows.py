"""Windows in which people can be called or written back, as many as those on duty can keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor

from django.db import connection

LENGTH = timedelta(minutes=30)
AHEAD = timedelta(hours=8)
"""How far ahead is offered: later nobody knows who will be on duty."""

SHARE = 0.5
"""Of the work that those on duty can do, what may be promised. The rest is for those who wait in line."""

_ON_DUTY = timedelta(minutes=60)  # whoever had a case within this long is on duty
_KEPT_FOR = timedelta(seconds=5)
_LOOKED_AT = timedelta(hours=4)
_USUAL_HANDLING, _SHORTEST_HANDLING = 8.0, 2.0  # minutes


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time, and how many more can be promised something in it."""

    starts_at: datetime
    ends_at: datetime
    left: int


_kept: dict[int, tuple[datetime, int]] = {}


def windows(queue_id: int, *, at: datetime, limit: int) -> list[Window]:
    """Return the next windows of a queue that have room, the first one at least a quarter of an hour away."""
    room, booked = _capacity_lately(queue_id, at=at), _booked(queue_id, at=at)
    starts = _next_start(at + LENGTH / 2)
    found: list[Window] = []
    while starts < at + AHEAD and len(found) < limit:
        left = room - booked.get(starts, 0)
        if left > 0:
            found.append(Window(starts, starts + LENGTH, left))
        starts += LENGTH
    return found


def _capacity_lately(queue_id: int, *, at: datetime) -> int:
    """Many look at the same queue at the same time."""
    known = _kept.get(queue_id)
    if known is None or not timedelta(0) <= at - known[0] < _KEPT_FOR:
        known = _kept[queue_id] = at, capacity(queue_id, at=at)
    return known[1]


def capacity(queue_id: int, *, at: datetime) -> int:
    """Return how many callbacks one window of a queue can hold: those on duty, by how long a case takes them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT assignment.agent_id)"
            "  FILTER (WHERE assignment.ended_at IS NULL OR assignment.ended_at >= %(on_duty)s),"
            " extract(epoch FROM avg(assignment.ended_at - assignment.started_at))::float8 / 60"
            " FROM conversations_assignment AS assignment"
            " JOIN conversations_conversation AS conversation ON conversation.id = assignment.conversation_id"
            " WHERE conversation.queue_id = %(queue)s AND assignment.started_at >= %(since)s",
            {"queue": queue_id, "on_duty": at - _ON_DUTY, "since": at - _LOOKED_AT},
        )
        on_duty, handling = cursor.fetchone()
    minutes = max(float(handling or _USUAL_HANDLING), _SHORTEST_HANDLING)
    return floor(SHARE * int(on_duty) * (LENGTH.total_seconds() / 60) / minutes)


def _next_start(at: datetime) -> datetime:
    hour = at.replace(minute=0, second=0, microsecond=0)
    return hour + LENGTH * -(-(at - hour) // LENGTH)


def _booked(queue_id: int, *, at: datetime) -> Mapping[datetime, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT starts_at, count(*) FROM conversations_callback"
            " WHERE queue_id = %s AND starts_at > %s AND state IN ('booked', 'kept') GROUP BY starts_at",
            [queue_id, at],
        )
        return dict(cursor.fetchall())
