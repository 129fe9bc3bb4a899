"""How a line moved in the last hour: who was served and when, and who gave up. Read once for many who ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from holdfast.conversations.patience import STAYS, Patience, Spell, patience_of

WINDOW = timedelta(hours=1)
KEPT_FOR = timedelta(seconds=2)
SERVED = ("answered", "assigned", "called back")
STAYED = ("moved", "snoozed", "booked")
"""Who left the line and gave up nothing by it. Whoever is neither here nor in `SERVED` gave up, or was given up."""

_NEWEST = 600  # steps that are looked at; more in one hour tell nothing new
_SPELLS = 3_000


@dataclass(frozen=True, slots=True)
class Movement:
    """One line as it moved up to `at`."""

    at: datetime
    served: tuple[tuple[datetime, int], ...]
    """When and from which band, the newest first."""
    patience: Patience = STAYS

    def steps(self, *, band: int = 0) -> Sequence[datetime]:
        """Return when people of this band and of worse ones were served."""
        return [moment for moment, own in self.served if own >= band]


_kept: dict[int, Movement] = {}


def movement_of(queue_id: int, *, at: datetime) -> Movement:
    """Return how the line moved, at most `KEPT_FOR` old. Three queries."""
    known = _kept.get(queue_id)
    if known is None or not timedelta(0) <= at - known.at < KEPT_FOR:
        if len(_kept) > 1_000:
            _kept.clear()
        known = _kept[queue_id] = Movement(at, _served(queue_id, at), patience_of(_spells(queue_id, at)))
    return known


def forget() -> None:
    """Read every line again on the next question."""
    _kept.clear()


def _served(queue_id: int, at: datetime) -> tuple[tuple[datetime, int], ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT left_at, band FROM conversations_place WHERE queue_id = %s AND left_at >= %s AND left_at <= %s"
            " AND left_because = ANY(%s) ORDER BY left_at DESC LIMIT %s",
            [queue_id, at - WINDOW, at, list(SERVED), _NEWEST],
        )
        return tuple(cursor.fetchall())


def _spells(queue_id: int, at: datetime) -> Sequence[Spell]:
    """Return the waits that touch the last hour: those that ended in it, and by minute those that go on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT left_at FROM conversations_place WHERE queue_id = %s AND left_at BETWEEN %s AND %s"
            " ORDER BY left_at DESC OFFSET %s LIMIT 1",
            [queue_id, at - WINDOW, at, _SPELLS],
        )
        since = next((moment for (moment,) in cursor.fetchall()), at - WINDOW)
        cursor.execute(
            "SELECT extract(epoch FROM greatest(%(since)s - joined_at, interval '0'))::float8 / 60,"
            " extract(epoch FROM left_at - joined_at)::float8 / 60, left_because <> ALL(%(stayed)s)"
            " FROM conversations_place WHERE queue_id = %(queue)s AND left_at BETWEEN %(since)s AND %(at)s"
            "  AND left_at > joined_at",
            {"queue": queue_id, "since": since, "at": at, "stayed": [*SERVED, *STAYED]},
        )
        ended = [Spell(*row) for row in cursor.fetchall()]
        if not any(spell.gave_up for spell in ended):
            return []
        cursor.execute(
            "SELECT extract(epoch FROM greatest(%s - minute, interval '0'))::float8 / 60,"
            " extract(epoch FROM %s - minute)::float8 / 60, false, sum(waiting)::float8"
            " FROM conversations_linecount WHERE queue_id = %s AND minute < %s GROUP BY minute HAVING sum(waiting) > 0",
            [since, at, queue_id, at],
        )
        return [*ended, *(Spell(*row) for row in cursor.fetchall())]
