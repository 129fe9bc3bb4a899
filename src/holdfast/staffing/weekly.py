"""The usual of one queue, from the same half hours of the weeks before; no minute-by-minute memory knows queues."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from holdfast.kit.series.baseline import Expected, band

STEP: Final = timedelta(minutes=30)
WEEK: Final = timedelta(days=7)
WEEKS: Final = 6
_FAR: Final = 3.0
"""Standard deviations (Poisson) over the median beyond which a week is cut back: it had a storm of its own."""


def slot_of(at: datetime) -> datetime:
    """Return the beginning of the half hour that a moment is in, in UTC."""
    utc = at.astimezone(UTC)
    return utc.replace(minute=utc.minute - utc.minute % 30, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Weekly:
    """Contacts per half hour (by its beginning), and since when anything was counted. Implements `forecast.Usual`."""

    counts: Mapping[datetime, int]
    since: datetime

    def weeks(self, at: datetime) -> int:
        """Return how many of the last `WEEKS` weeks know the half hour of `at`."""
        first = slot_of(at) - STEP
        return sum(first - number * WEEK >= self.since for number in range(1, WEEKS + 1))

    def expected(self, at: datetime, *, minutes: int = 30) -> Expected:
        """Return what is usual for the `minutes` that begin with `at`, from as many weeks as are known.

        A half hour is taken together with its neighbours, which count half. What is far over the median of the weeks is
        cut back to it. The spread is Poisson's, and how much the weeks differ from each other beyond that.
        """
        begins, per_week = slot_of(at), []
        for number in range(1, WEEKS + 1):
            own = begins - number * WEEK
            if own - STEP >= self.since:
                per_week.append((self._at(own - STEP) + 2 * self._at(own) + self._at(own + STEP)) / 4)
        if not per_week:
            return Expected(median=0.0, low=0.0, high=0.0, spread=0.0)
        middle = sorted(per_week)[(len(per_week) - 1) // 2]
        most = middle + _FAR * math.sqrt(middle + 1)
        cut = [min(one, most) for one in per_week]
        mean = math.fsum(cut) / len(cut)
        between = math.fsum((one - mean) ** 2 for one in cut) / max(len(cut) - 1, 1)
        part = minutes / 30
        variance = mean * part + (between + mean / len(cut)) * part**2
        return band(mean * part, math.sqrt(variance))

    def _at(self, slot: datetime) -> int:
        return self.counts.get(slot, 0)
