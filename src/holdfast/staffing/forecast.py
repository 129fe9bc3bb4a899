"""How many contacts to expect per interval: what is usual, with its band, times the storms that were declared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from holdfast.kit.series.baseline import Baseline, Expected, mean_of
from holdfast.kit.series.calendar import Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Contacts expected (on average) in one interval. One in ten has fewer than `low`, one in ten more than `high`."""

    start: datetime
    minutes: int
    contacts: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """A time in which so many times the usual are expected: a declared incident, an announced protest."""

    begins: datetime
    ends: datetime
    times: float

    def factor(self, start: datetime, *, minutes: int) -> float:
        """Return by how much an interval is multiplied; one that is only partly in the storm is so partly."""
        length = timedelta(minutes=minutes)
        overlap = min(self.ends, start + length) - max(self.begins, start)
        return 1 + (self.times - 1) * max(0.0, overlap / length)


class Usual(Protocol):
    """What knows the usual; `kit.series` has two of them."""

    def expected(self, at: datetime, *, minutes: int = 1) -> Expected:
        """Return what is usual for the minutes that begin with `at`."""
        ...


def forecast(
    usual: Usual, *, start: datetime, intervals: int, minutes: int = 30, storms: Sequence[Storm] = ()
) -> tuple[Interval, ...]:
    """Return the next `intervals` intervals of `minutes` minutes from an aware moment on."""
    return tuple(
        _interval(usual, start=start + number * timedelta(minutes=minutes), minutes=minutes, storms=storms)
        for number in range(intervals)
    )


def _interval(usual: Usual, *, start: datetime, minutes: int, storms: Sequence[Storm]) -> Interval:
    expected = usual.expected(start, minutes=minutes)
    factor = 1.0
    for storm in storms:
        factor *= storm.factor(start, minutes=minutes)
    return Interval(
        start=start,
        minutes=minutes,
        contacts=mean_of(expected) * factor,
        low=expected.low * factor,
        high=expected.high * factor,
    )


def learnt(history: Iterable[tuple[datetime, float]], *, minutes: int, calendar: Calendar | None = None) -> Baseline:
    """Return a baseline that was taught past intervals: when each began, and how many contacts came in it.

    Within an interval the contacts are spread evenly. Intervals come in order; missing ones are gaps.
    """
    baseline = Baseline(calendar=calendar)
    for start, contacts in history:
        for minute in range(minutes):
            baseline.learn(start + timedelta(minutes=minute), contacts / minutes)
    return baseline
