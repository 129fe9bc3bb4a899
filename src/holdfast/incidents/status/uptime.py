"""Ninety days of a component, day by day, and the time it did not work. Pure.

A day looks as bad as the worst that held in it for a minute or more: an outage of twenty minutes is not averaged away
by the rest of the day. Time counts as lost while a component was slow, partly or wholly down; announced maintenance
does not count. (Statuspage counts a partial outage as three tenths and slowness as nothing; a customer whose card was
declined lost all of it.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAYS = 90
_RANKS = {"operational": 0, "under_maintenance": 1, "degraded_performance": 2, "partial_outage": 3, "major_outage": 4}
_LOST = frozenset({"degraded_performance", "partial_outage", "major_outage"})
_SHORTEST = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Day:
    """`worst` is a status, or empty for a day of which nothing is known."""

    day: date
    worst: str


@dataclass(frozen=True, slots=True)
class Uptime:
    """`lost` of the `known` time; `worst` is the worst status of all days."""

    days: tuple[Day, ...]
    known: timedelta
    lost: timedelta

    @property
    def share(self) -> float:
        """The part of the known time in which it worked; less than a day counts as one, else an hour decides."""
        return 1.0 - self.lost / max(self.known, timedelta(days=1))

    @property
    def worst(self) -> str:
        """The worst status of the ninety days."""
        return max((each.worst for each in self.days if each.worst), key=_RANKS.__getitem__, default="operational")


def ninety_days(changes: Sequence[tuple[datetime, str]], *, at: datetime, zone: ZoneInfo) -> Uptime:
    """Return the last ninety days in `zone`, today last. `changes`: from when on which status, oldest first."""
    now, starts = at.timestamp(), _starts(at.astimezone(zone).date(), zone)
    held = [(since.timestamp(), status) for since, status in changes]
    days, known, lost, first = [], 0.0, 0.0, 0
    for place, (day, start) in enumerate(starts):
        end = min(starts[place + 1][1] if place + 1 < DAYS else now, now)
        while first + 1 < len(held) and held[first + 1][0] <= start:
            first += 1
        lengths = _lengths(held, first, start, end)
        known += sum(lengths.values())
        lost += sum(length for status, length in lengths.items() if status in _LOST)
        days.append(Day(day, _worst(lengths)))
    return Uptime(tuple(days), timedelta(seconds=known), timedelta(seconds=lost))


@lru_cache(maxsize=8)
def _starts(today: date, zone: ZoneInfo) -> tuple[tuple[date, float], ...]:
    """When each day began, in seconds: times of one zone are subtracted by their faces, wrong when clocks change."""
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    return tuple((day, datetime.combine(day, time(), zone).timestamp()) for day in days)


def _lengths(held: Sequence[tuple[float, str]], first: int, start: float, end: float) -> dict[str, float]:
    found: dict[str, float] = {}
    for place in range(first, len(held)):
        since, status = held[place]
        if since >= end:
            break
        until = held[place + 1][0] if place + 1 < len(held) else end
        length = min(until, end) - max(since, start)
        if length > 0:
            found[status] = found.get(status, 0.0) + length
    return found


def _worst(lengths: Mapping[str, float]) -> str:
    if len(lengths) == 1:
        return next(iter(lengths))
    most = max(lengths.values(), default=0.0)
    long_enough = [status for status, length in lengths.items() if length >= _SHORTEST or length == most]
    return max(long_enough, key=_RANKS.__getitem__, default="")
