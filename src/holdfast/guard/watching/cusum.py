"""Small excesses that go on: cumulated sums of log likelihood ratios (Page 1954, Biometrika 41:100).

Counts are negative binomial, since days differ by more than Poisson noise. Each sum is tuned to one size of excess. Its
threshold follows from how many agent-days may pass between false alarms, by a Markov chain (Brook and Evans 1972,
Biometrika 59:539): the usual approximations forget by how much a sum jumps over its threshold, and are two to ten times
too careful for counts this small.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

DAY_SHAPE = 11.0
"""Days of one person differ by some 30 % beyond Poisson noise: a gamma of shape 1 / 0.3^2."""
_STATES = 80
_STEP = 0.1  # of the logarithm: what is expected, rounded so that thresholds are found in the cache


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


def log_ratio_mean(expected: float, excess: float, shape: float) -> float:
    """Return the mean of `log_ratio` while nothing is in excess; always below zero."""
    more = expected + excess
    spread = math.log((shape + more) / (shape + expected))
    return expected * (math.log(more / expected) - spread) - shape * spread


@lru_cache(maxsize=8192)
def threshold(expected: float, excess: float, shape: float, between: float) -> float:
    """Return the height that a sum of usual days reaches once in `between` days, give or take a tenth of them."""
    drift = -log_ratio_mean(expected, excess, shape)
    # By e^h = ARL0 drift, too careful for any count, it is not higher than this.
    return _height(lambda high: run_length(high, expected, excess, shape), between, math.log(between * drift + 1) + 2)


def height_of_steps(steps: Sequence[float], chances: Sequence[float], *, between: float) -> float:
    """Return the height that a sum of such steps, put back to zero below it, reaches once in `between` of them."""
    sizes, weights = np.array(steps), np.array(chances)
    return _height(lambda high: _until_passed(high, sizes, weights), between, math.log(between) + 2)


def _height(run_length: Callable[[float], float], between: float, most: float) -> float:
    low, high = 0.5, most
    for _ in range(10):
        middle = (low + high) / 2
        if run_length(middle) < between:
            low = middle
        else:
            high = middle
    return high


def run_length(height: float, expected: float, excess: float, shape: float) -> float:
    """Return the mean number of usual days until a sum that starts at zero passes `height`."""
    most = int(expected + 12 * math.sqrt(expected + expected**2 / shape) + 12)
    counts = np.arange(most + 1)
    # P(0), and each further count by the recursion of the negative binomial.
    odds = expected / (shape + expected)
    ratios = (shape + counts[:-1]) / (counts[:-1] + 1) * odds
    chances = (shape / (shape + expected)) ** shape * np.concatenate([[1.0], np.cumprod(ratios)])
    steps = counts * log_ratio(1, expected, excess, shape) - (counts - 1) * log_ratio(0, expected, excess, shape)
    return _until_passed(height, steps, chances)


def _until_passed(height: float, steps: NDArray[np.float64], chances: NDArray[np.float64]) -> float:
    """The expected steps of a sum that is put back to zero whenever it sinks below, in a chain of `_STATES` heights."""
    width = height / _STATES
    reached = np.maximum(0, np.arange(_STATES)[:, None] + steps[None, :] / width)
    moves = np.zeros((_STATES, _STATES + 1))
    rows = np.broadcast_to(np.arange(_STATES)[:, None], reached.shape)
    # Between two heights it is in both, in proportion: so the sum sinks and rises as much as it should.
    below = np.minimum(np.floor(reached), _STATES).astype(int)
    share = np.where(below < _STATES, reached - below, 0.0)
    np.add.at(moves, (rows, below), chances * (1 - share))
    np.add.at(moves, (rows, np.minimum(below + 1, _STATES)), chances * share)
    return float(np.linalg.solve(np.eye(_STATES) - moves[:, :_STATES], np.ones(_STATES))[0])


def watch(
    days: Sequence[Counted], *, excess: tuple[float, float], between: float, shape: float = DAY_SHAPE
) -> Alarm | None:
    """Return the first alarm over these days, the oldest first.

    `excess`: what the sum is tuned to, in events a day and as a share of what is usual; the larger counts.
    """
    if not days:
        return None
    typical = rounded(sum(day.expected for day in days) / len(days))
    tuned = max(excess[0], excess[1] * typical)
    high = threshold(typical, tuned, shape, between)
    total, since = 0.0, 0
    for place, day in enumerate(days):
        total += log_ratio(day.events, max(day.expected, 1e-3), tuned, shape)
        if total <= 0:
            total, since = 0.0, place + 1
        elif total > high:
            rising = days[since : place + 1]
            return Alarm(since, place, sum(each.events for each in rising), sum(each.expected for each in rising))
    return None


def rounded(number: float) -> float:
    """Return a number in steps of a tenth of it."""
    return float(f"{math.exp(round(math.log(max(number, 0.02)) / _STEP) * _STEP):.4g}")
