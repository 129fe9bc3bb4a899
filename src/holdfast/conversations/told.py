"""Waits that people in line were told: each is a promise of a kind, kept so that it can be held against what came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from holdfast.conversations.line import HELD
from holdfast.conversations.models import Place
from holdfast.conversations.movement import SERVED
from holdfast.conversations.reckoning import Wait
from holdfast.conversations.waits import corrected, reckoned
from holdfast.kit.clock import now

KEPT_EVERY = timedelta(minutes=10)
"""Whoever looks again and again is told again and again; one of these tells as much as all of them."""
NOTED_A_MINUTE = 5
"""People of each line whose wait is noted though nobody asked."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What became of the waits that were told, of those whose outcome is known: nine in ten should be `in_time`."""

    told: int = 0
    in_time: int = 0
    """Served before the upper end was over."""
    early: int = 0
    """Served before the lower end."""

    @property
    def share(self) -> float | None:
        """The share served in time; `None` before anything is known."""
        return self.in_time / self.told if self.told else None


def tell(place: Place) -> Wait | None:
    """Return the wait of an open place to tell its customer, and note that they were told. Writes a row at times.

    What was reckoned before it was corrected is noted beside: the next correction comes from it (`calibration.py`).
    """
    found = reckoned(place)
    if found is None:
        return None
    wait, moment = corrected(found, place), now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO conversations_toldwait (place_id, at, low, middle, high, reckoned, band)"
            " SELECT %s, %s, %s, %s, %s, %s, %s"
            " WHERE NOT EXISTS (SELECT FROM conversations_toldwait WHERE place_id = %s AND at > %s)",
            [
                *(place.pk, moment, wait.low, wait.middle, wait.high, found.to_learn_from, place.band),
                *(place.pk, moment - KEPT_EVERY),
            ],
        )
    return wait


def note_newest(*, each: int = NOTED_A_MINUTE) -> int:
    """Note what the newest in every line would be told, a few of each line; return how many were noted.

    Few customers look at their place while things are quiet. Without this nothing would be known of how the first waits
    of a bad day come out.
    """
    newest = Place.objects.raw(
        "SELECT place.* FROM (SELECT DISTINCT queue_id FROM conversations_linecount) AS line"
        " CROSS JOIN LATERAL (SELECT * FROM conversations_place WHERE queue_id = line.queue_id AND left_at IS NULL"
        "  AND band < %s AND joined_at > %s ORDER BY joined_at DESC LIMIT %s) AS place",
        [HELD, now() - timedelta(minutes=1), each],
    )
    return sum(tell(place) is not None for place in newest)


def coverage(since: datetime) -> Coverage:
    """Hold what was told since then against what came.

    Somebody who left unserved before the upper end was over shows nothing and does not count; somebody who still waits
    after it does.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH told AS (SELECT told.at + told.low * interval '1 minute' AS low,"
            "  told.at + told.high * interval '1 minute' AS high, coalesce(place.left_at, %(now)s) AS until,"
            "  place.left_at IS NOT NULL AND place.left_because = ANY(%(served)s) AS served"
            "  FROM conversations_toldwait AS told JOIN conversations_place AS place ON place.id = told.place_id"
            "  WHERE told.at >= %(since)s)"
            " SELECT count(*), count(*) FILTER (WHERE until <= high), count(*) FILTER (WHERE until < low)"
            " FROM told WHERE served OR until > high",
            {"now": now(), "served": list(SERVED), "since": since},
        )
        return Coverage(*cursor.fetchone())
