"""What is usual for one series of counts per minute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np

from holdfast.kit.series.baselines import Baselines
from holdfast.kit.series.calendar import Calendar, minute_of

TENTH: Final = 1.2816
"""The standard normal's 90th percentile."""
MOST_NINTH: Final = 0.034


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is usual for a window of time, in contacts (not per minute, unless the window is one minute).

    One in ten windows has fewer than `low`, one in ten more than `high`. `spread` is the standard deviation,
    the uncertainty of the baseline itself included.
    """

    median: float
    low: float
    high: float
    spread: float


class Baseline:
    """The usual rate of one series: seasonal, robust, over-dispersed, learnt causally from its first hour on."""

    def __init__(self, *, calendar: Calendar | None = None, slot_minutes: int = 15, weeks: int = 6) -> None:
        self._rows = Baselines(calendar=calendar, slot_minutes=slot_minutes, weeks=weeks)
        self._rows.add()

    def expected(self, at: datetime, *, minutes: int = 1) -> Expected:
        """Return what is usual for the `minutes` that begin with the aware moment `at`, past or future."""
        mean, spread = self._rows.usual_over(minute_of(at), minutes)
        return band(float(mean[0]), float(spread[0]))

    def learn(self, at: datetime, count: float, *, ignore: bool = False) -> None:
        """Take in the count of the minute that begins at `at`.

        Minutes come in order (`ValueError` otherwise); minutes that never come are gaps, not zeros. `ignore` marks a
        minute of a declared episode: it passes, but nothing is learnt from it.
        """
        self._rows.learn(minute_of(at), np.array([float(count)]), ignore=np.array([ignore]))

    def accept(self, *, ratio: float) -> None:
        """Take `ratio` times the usual as the usual from now on: a lasting change that a person has judged."""
        self._rows.accept(0, ratio=ratio)

    def dump(self) -> dict[str, Any]:
        """Return the whole state as JSON values."""
        return self._rows.dump()

    @classmethod
    def load(cls, state: Mapping[str, Any], *, calendar: Calendar | None = None) -> Baseline:
        """Return the baseline that `dump` described."""
        made = cls.__new__(cls)
        made._rows = Baselines.load(state, calendar=calendar)
        return made


def band(mean: float, spread: float) -> Expected:
    """Return the 10th, 50th and 90th percentile of a gamma distribution with this mean and standard deviation.

    Counts of people whose rate itself wavers are nearly gamma distributed. Percentiles by Wilson and Hilferty's
    cube root (1931), good to a few per cent for shapes above one half; below that the lowest is zero. The median
    stays within a tenth of the mean: a wide band that comes from knowing little does not lower the best guess.
    """
    if mean <= 0:
        return Expected(median=0.0, low=0.0, high=0.0, spread=spread)
    ninth = (spread / mean) ** 2 / 9
    low, high = (mean * max(0.0, 1 - ninth + score * ninth**0.5) ** 3 for score in (-TENTH, TENTH))
    median = mean * below_mean(ninth)
    return Expected(median=median, low=min(low, median), high=max(high, median), spread=spread)


def below_mean(ninth: float) -> float:
    """Return median over mean, for a ninth of the squared relative standard deviation."""
    return float((1 - min(ninth, MOST_NINTH)) ** 3)


def mean_of(expected: Expected) -> float:
    """Return the mean that `band` was given."""
    mean = expected.median
    for _ in range(6):
        mean = expected.median / below_mean((expected.spread / max(mean, 1e-9)) ** 2 / 9)
    return mean
