"""Waits that people in line were told: each is a promise of a kind, kept so that it can be held against what came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from holdfast.conversations.models import Place
from holdfast.conversations.movement import SERVED
from holdfast.conversations.waits import Wait, wait_of
from holdfast.kit.clock import now

KEPT_EVERY = timedelta(minutes=10)
"""Whoever looks again and again is told again and again; one of these tells as much as all of them."""


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
    """Return the wait of an open place to tell its customer, and note that they were told. Writes a row at times."""
    wait = wait_of(place)
    if wait is not None:
        moment = now()
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO conversations_toldwait (place_id, at, low, middle, high) SELECT %s, %s, %s, %s, %s"
                " WHERE NOT EXISTS (SELECT FROM conversations_toldwait WHERE place_id = %s AND at > %s)",
                [place.pk, moment, wait.low, wait.middle, wait.high, place.pk, moment - KEPT_EVERY],
            )
    return wait


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
