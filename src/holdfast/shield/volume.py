"""Whether more contacts arrive than usual. What is usual, a baseline says."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

WINDOW = 5
_OVER_WINDOW, _OVER_MINUTE = 4.0, 5.0
_AT_LEAST_TIMES, _AT_LEAST_MORE = 1.5, 15.0
_CALM_BELOW, _CALM_AFTER = 2.0, 10
_AT_MOST_EXTRA = 0.5


class Expected(Protocol):
    """Contacts in one minute."""

    @property
    def median(self) -> float:
        """Contacts."""
        ...

    @property
    def spread(self) -> float:
        """Standard deviation, in contacts."""
        ...


class Baseline(Protocol):
    """Knows what is usual, such as `kit.series.baseline.Baseline`."""

    def expected(self, at: datetime) -> Expected:
        """Return what is usual in the minute that begins at `at`."""
        ...


class Usual(NamedTuple):
    """The plainest `Expected`."""

    median: float
    spread: float


def narrowed(expected: Expected) -> Usual:
    """Return what is usual, its deviation beyond Poisson's at most half of it.

    A baseline that has seen only an hour leaves everything open; three times as many for five minutes is news even so.
    """
    median = expected.median
    return Usual(median, min(expected.spread, math.sqrt(median + (_AT_MOST_EXTRA * median) ** 2)))


class Alarm:
    """More than usual: 4 standard deviations over five minutes, or 5 in one. Ends after ten calm minutes."""

    def __init__(self) -> None:
        self.on = False
        self.minutes_on = 0
        self._calm_minutes = 0
        self._counts: deque[tuple[datetime, float, float, float]] = deque(maxlen=WINDOW)

    def step(self, minute: datetime, count: float, expected: Expected) -> None:
        """Take in a closed minute."""
        extra = math.sqrt(max(expected.spread**2 - expected.median, 0.0))
        self._counts.append((minute, count, expected.median, extra))
        over_window = self._over_window()
        if self.on:
            self._calm_minutes = self._calm_minutes + 1 if over_window < _CALM_BELOW else 0
            self.on = self._calm_minutes < _CALM_AFTER
        else:
            self.on = over_window >= _OVER_WINDOW or _z(count, expected.median, extra) >= _OVER_MINUTE
            self._calm_minutes = 0
        self.minutes_on = self.minutes_on + 1 if self.on else 0

    def dump(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        counts = [[at.isoformat(), *rest] for at, *rest in self._counts]
        return {"on": self.on, "minutes_on": self.minutes_on, "calm_minutes": self._calm_minutes, "counts": counts}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take over what `dump` gave."""
        self.on, self.minutes_on = bool(state["on"]), int(state["minutes_on"])
        self._calm_minutes = int(state["calm_minutes"])
        self._counts.clear()
        self._counts.extend((datetime.fromisoformat(at), *rest) for at, *rest in state["counts"])

    def _over_window(self) -> float:
        first = self._counts[-1][0] - timedelta(minutes=WINDOW - 1)
        inside = [entry for entry in self._counts if entry[0] >= first]
        return _z(sum(e[1] for e in inside), sum(e[2] for e in inside), sum(e[3] for e in inside))


def _z(count: float, usual: float, extra: float) -> float:
    """Standard deviations above the usual; 0 unless it is half as much again, and more than a handful.

    `extra` is the part of the deviation that is not Poisson's. Over several minutes it is one and the same.
    """
    if count < _AT_LEAST_TIMES * usual or count - usual < _AT_LEAST_MORE:
        return 0.0
    return (count - usual) / math.sqrt(usual + extra**2 + 1.0)
