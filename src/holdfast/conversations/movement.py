"""How a line moved in the last hour: who was served and when, and who gave up. Read once for many who ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection

from holdfast.conversations.calibration import Corrections, Outcome, Turns
from holdfast.conversations.line import HELD
from holdfast.conversations.patience import Spell, patience_of
from holdfast.conversations.reckoning import NEWEST, WINDOW, Cell, Movement, Served, busy
from holdfast.conversations.walking import NEWCOMERS, NEWLY, Arrivals

KEPT_FOR = timedelta(seconds=2)
SERVED = ("answered", "assigned", "called back")
STAYED = ("moved", "snoozed", "booked")
"""Who left the line and gave up nothing by it. Whoever is neither here nor in `SERVED` gave up, or was given up."""

PROBED = 40
"""Of a line with fair times, the joining time is read at so many points, and between them taken from the next."""

_SPELLS = 3_000
_OUTCOMES = 1_500
_TURNS = 3_000
_LONGEST = timedelta(hours=4)  # waits told before that are not held against what came


_kept: dict[int, Movement] = {}


def movement_of(queue_id: int, *, at: datetime) -> Movement:
    """Return how the line moved, at most `KEPT_FOR` old. A handful of queries."""
    known = _kept.get(queue_id)
    if known is None or not timedelta(0) <= at - known.at < KEPT_FOR:
        if len(_kept) > 1_000:
            _kept.clear()
        standing = _standing(queue_id, at)
        known = _kept[queue_id] = Movement(
            at,
            busy(_served(queue_id, at), oldest=_oldest(queue_id)),
            patience_of(_spells(queue_id, at, standing)),
            standing,
            _arrivals(queue_id, at),
            Corrections(_outcomes(queue_id, at), at),
        )
    return known


def forget() -> None:
    """Read every line again on the next question."""
    _kept.clear()


def _served(queue_id: int, at: datetime) -> list[Served]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT left_at, band, joined_at FROM conversations_place WHERE queue_id = %s AND left_at >= %s"
            " AND left_at <= %s AND left_because = ANY(%s) ORDER BY left_at DESC LIMIT %s",
            [queue_id, at - WINDOW, at, list(SERVED), NEWEST],
        )
        return [Served(*row) for row in cursor.fetchall()]


def _standing(queue_id: int, at: datetime) -> list[Cell]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT band, minute, sum(waiting) FROM conversations_linecount WHERE queue_id = %s"
            " GROUP BY band, minute HAVING sum(waiting) > 0 ORDER BY band, minute",
            [queue_id],
        )
        cells = [Cell(int(band), minute, int(people)) for band, minute, people in cursor.fetchall()]
        if not any(cell.minute > at for cell in cells if cell.band < HELD):
            return cells
        # Somebody stands here with a fair time: where they stand does not tell any more since when.
        points = probes(cells)
        cursor.execute(
            "SELECT point.number, place.joined_at FROM unnest(%s::int[], %s::int[], %s::timestamptz[])"
            "  AS point(number, band, minute)"
            " CROSS JOIN LATERAL (SELECT joined_at FROM conversations_place WHERE queue_id = %s AND left_at IS NULL"
            "  AND (band, fair_at) >= (point.band, point.minute) ORDER BY band, fair_at, id LIMIT 1) AS place",
            [points, [cells[n].band for n in points], [cells[n].minute for n in points], queue_id],
        )
        return joined(cells, dict(cursor.fetchall()))


def probes(cells: Sequence[Cell]) -> list[int]:
    """Return which cells to ask since when they stand: about `PROBED`, evenly many people apart."""
    apart = max(sum(cell.people for cell in cells) / PROBED, 1.0)
    found, passed = list[int](), apart
    for number, cell in enumerate(cells):
        if passed >= apart:
            found.append(number)
            passed = 0.0
        passed += cell.people
    return found


def joined(cells: Sequence[Cell], since: Mapping[int, datetime]) -> list[Cell]:
    """Return the cells with a joining time each: of the last one before it that was asked."""
    found, known = list[Cell](), None
    for number, cell in enumerate(cells):
        known = since.get(number, known)
        found.append(Cell(cell.band, cell.minute, cell.people, min(filter(None, (known, cell.minute)))))
    return found


def _arrivals(queue_id: int, at: datetime) -> Arrivals:
    """Return where those stand, or stood when they left, who joined last; who left is read as far as it is lately."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH newest AS ((SELECT joined_at, band, fair_at FROM conversations_place WHERE queue_id = %(queue)s"
            "   AND left_at IS NULL AND joined_at > %(since)s AND joined_at <= %(at)s AND band < %(held)s"
            "   ORDER BY joined_at DESC LIMIT %(most)s)"
            "  UNION ALL (SELECT joined_at, band, fair_at FROM conversations_place WHERE queue_id = %(queue)s"
            "   AND left_at > %(since)s AND joined_at > %(since)s AND left_at <= %(at)s AND left_because <> 'moved'"
            "   ORDER BY left_at DESC LIMIT %(most)s) ORDER BY joined_at DESC LIMIT %(most)s)"
            " SELECT band, floor(extract(epoch FROM fair_at - joined_at) / 60)::float8, count(*), min(joined_at)"
            " FROM newest GROUP BY 1, 2",
            {"queue": queue_id, "at": at, "since": at - NEWLY, "held": HELD, "most": NEWCOMERS},
        )
        rows = cursor.fetchall()
    oldest = at - NEWLY if sum(row[2] for row in rows) < NEWCOMERS else min(row[3] for row in rows)
    minutes = max((at - oldest).total_seconds() / 60, 0.5)
    return Arrivals(minutes, [(int(band), later, int(people)) for band, later, people, _ in rows])


def _oldest(queue_id: int) -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT joined_at FROM conversations_place WHERE queue_id = %s AND left_at IS NULL AND band < %s"
            " ORDER BY joined_at LIMIT 1",
            [queue_id, HELD],
        )
        return next((moment for (moment,) in cursor.fetchall()), None)


def _outcomes(queue_id: int, at: datetime) -> list[Outcome]:
    """Return what became of the waits told lately. Whoever gave up waits on for this: until their turn has come."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT told.at, told.band > 0, told.reckoned, told.high, place.band, place.fair_at,"
            " CASE WHEN place.left_at <= %(at)s THEN place.left_at END, place.left_because"
            " FROM conversations_toldwait AS told JOIN conversations_place AS place ON place.id = told.place_id"
            " WHERE place.queue_id = %(queue)s AND told.at > %(longest)s AND told.at <= %(at)s"
            " ORDER BY told.at DESC LIMIT %(limit)s",
            {"at": at, "queue": queue_id, "longest": at - _LONGEST, "limit": _OUTCOMES},
        )
        told = cursor.fetchall()
    turns = _turns(queue_id, told[-1][0], at) if told else Turns()
    found: list[Outcome] = []
    for told_at, behind, reckoned, high, band, fair_at, left_at, because in told:
        served, until = because in SERVED, left_at
        if left_at is not None and not served and because not in STAYED and band == 0:
            until = turns.came(fair_at, after=told_at)
            served = until is not None
        took = ((until or at) - told_at).total_seconds() / 60
        found.append(Outcome(told_at, behind, reckoned, high, took, served=until is not None and served, until=until))
    return found


def _turns(queue_id: int, since: datetime, at: datetime) -> Turns:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT left_at, fair_at FROM conversations_place WHERE queue_id = %s AND left_at > %s AND left_at <= %s"
            " AND band = 0 AND left_because = ANY(%s) ORDER BY left_at DESC LIMIT %s",
            [queue_id, since, at, list(SERVED), _TURNS],
        )
        return Turns(reversed(cursor.fetchall()))


def _spells(queue_id: int, at: datetime, standing: Sequence[Cell]) -> Sequence[Spell]:
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
    return [
        *ended,
        *(Spell.going_on(c.joined_at, c.people, since=since, at=at) for c in standing if c.joined_at < at),
    ]
