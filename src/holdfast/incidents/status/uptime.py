"""Ninety days of a component, day by day, and the time it did not work. Pure.

A day looks as bad as the worst that held in it for a minute or more: an outage of twenty minutes is not averaged away
by the rest of the day. Time counts as lost while a component was slow, partly or wholly down; announced maintenance
does not count. (Statuspage counts a partial outage as three tenths and slowness as nothing; a customer whose card was
declined lost all of it.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = 90
_RANKS = {"operational": 0, "under_maintenance": 1, "degraded_performance": 2, "partial_outage": 3, "major_outage": 4}
_LOST = frozenset({"degraded_performance", "partial_outage", "major_outage"})
_SHORTEST = timedelta(minutes=1)


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
        """The part of the known time in which it worked."""
        return 1.0 - self.lost / self.known if self.known else 1.0

    @property
    def worst(self) -> str:
        """The worst status of the ninety days."""
        return max((each.worst for each in self.days if each.worst), key=_RANKS.__getitem__, default="operational")


def ninety_days(changes: Sequence[tuple[datetime, str]], *, at: datetime, zone: ZoneInfo) -> Uptime:
    """Return the last ninety days in `zone`, today last. `changes`: from when on which status, oldest first."""
    today = at.astimezone(zone).date()
    days, known, lost = [], timedelta(0), timedelta(0)
    for back in reversed(range(DAYS)):
        day = today - timedelta(days=back)
        start = datetime.combine(day, time(), zone)
        end = min(datetime.combine(day + timedelta(days=1), time(), zone), at.astimezone(zone))
        held: dict[str, timedelta] = {}
        for status, length in _held(changes, start, end):
            held[status] = held.get(status, timedelta(0)) + length
        known += sum(held.values(), timedelta(0))
        lost += sum((length for status, length in held.items() if status in _LOST), timedelta(0))
        long_enough = [status for status, length in held.items() if length >= _SHORTEST or length == max(held.values())]
        days.append(Day(day, max(long_enough, key=_RANKS.__getitem__, default="")))
    return Uptime(tuple(days), known, lost)


def _held(changes: Sequence[tuple[datetime, str]], start: datetime, end: datetime) -> Iterator[tuple[str, timedelta]]:
    for place, (since, status) in enumerate(changes):
        until = changes[place + 1][0] if place + 1 < len(changes) else end
        # Differences are taken in UTC: two times of one zone are subtracted by their faces, wrong when clocks change.
        length = min(until, end).timestamp() - max(since, start).timestamp()
        if length > 0:
            yield status, timedelta(seconds=length)
