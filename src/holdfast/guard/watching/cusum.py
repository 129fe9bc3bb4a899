"""Small excesses that go on: cumulated sums of log likelihood ratios (Page 1954, Biometrika 41:100).

Counts are negative binomial, since days differ by more than Poisson noise. Each sum is tuned to one size of excess. Its
threshold follows from how many agent-days may pass between false alarms: (e^h - h - 1) / drift = ARL0, an approximation
in the manner of Reynolds (1975, Technometrics 17:65), which simulation in `benchmarks/watching.py` checks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

BETWEEN = 20_000
"""Agent-days between false alarms of a sum: with 500 people and five days a week one in eight weeks."""
DAY_SHAPE = 11.0
"""Days of one person differ by some 30 % beyond Poisson noise: a gamma of shape 1 / 0.3^2."""
OUTLIER = 6.0  # standard deviations: one such day is enough


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted in one day, and what was to be expected."""

    events: int
    expected: float


@dataclass(frozen=True, slots=True)
class Alarm:
    """The sum crossed its threshold on day `at` (an index), having risen since day `since`."""

    since: int
    at: int
    events: int
    expected: float


def log_ratio(events: int, expected: float, excess: float, shape: float) -> float:
    """Return ln P(events | expected + excess) / P(events | expected) for negative binomials of this shape."""
    more = expected + excess
    spread = math.log((shape + more) / (shape + expected))
    return events * (math.log(more / expected) - spread) - shape * spread


@lru_cache(maxsize=4096)
def threshold(expected: float, excess: float, shape: float, between: int = BETWEEN) -> float:
    """Return h with (e^h - h - 1) / drift = `between`, where drift is what the sum loses a day while all is usual."""
    drift = -log_ratio_mean(expected, excess, shape)
    low, high = 0.0, 40.0
    for _ in range(50):
        middle = (low + high) / 2
        if (math.exp(middle) - middle - 1) / drift < between:
            low = middle
        else:
            high = middle
    return high


def log_ratio_mean(expected: float, excess: float, shape: float) -> float:
    """Return the mean of `log_ratio` while nothing is in excess; always below zero."""
    more = expected + excess
    spread = math.log((shape + more) / (shape + expected))
    return expected * (math.log(more / expected) - spread) - shape * spread


def watch(days: Sequence[Counted], *, excess: float, shape: float = DAY_SHAPE, between: int = BETWEEN) -> Alarm | None:
    """Return the first alarm over these days, the oldest first. `excess`: events a day the sum is tuned to."""
    total, since = 0.0, 0
    for place, day in enumerate(days):
        expected = max(day.expected, 1e-3)
        step = log_ratio(day.events, expected, excess, shape)
        if total + step <= 0:
            total, since = 0.0, place + 1
            continue
        total += step
        deviation = math.sqrt(expected + expected**2 / shape)
        if total > threshold(_rounded(expected), _rounded(excess), shape, between) or _outlier(
            day, expected, deviation
        ):
            rising = days[since : place + 1]
            return Alarm(since, place, sum(each.events for each in rising), sum(each.expected for each in rising))
    return None


def _outlier(day: Counted, expected: float, deviation: float) -> bool:
    return day.events >= expected + OUTLIER * deviation and day.events >= 6


def _rounded(number: float) -> float:
    """Two significant digits, so that thresholds are found in the cache."""
    return float(f"{number:.2g}")
