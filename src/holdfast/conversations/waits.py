"""How long a place in line will take, as a range, from how fast the line really moved in the last hour.

Who leaves the line to be served makes one step. With R steps a minute, and each of those ahead giving up at a rate of
theta a minute, place n is reached after the sum over k < n of 1 / (R + k theta) minutes on average: the queue-length
estimate with abandonment, QL_a (Whitt, Management Science 45, 1999, 192-207). While nobody gives up that is n / R.

How fast the line is remains uncertain: were n people to be served and k steps seen in T minutes, the wait would be T
times a gamma(n) over a gamma(k) variable, and little to go by makes a wide range. Steps that come in bursts (a lead
hands out twenty at once) tell less than as many single ones, so n and k then count bursts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil, log, sqrt

from holdfast.conversations.line import FLOOR, before, older
from holdfast.conversations.models import Place
from holdfast.conversations.movement import Movement, movement_of
from holdfast.conversations.patience import STAYS, Patience
from holdfast.kit.clock import now

FEWEST_STEPS = 5
FEWEST_BURSTS = 3.0
SHORTEST = timedelta(minutes=5)  # five people handed out in one minute say nothing about the next hour
_EXACTLY = 50  # terms of the sum that are added one by one; an integral does for the rest
_STALLED = 0.001  # a pause as unlikely as this is no pause: the line stands
_Z90 = 1.2816  # standard normal, 90th percentile


@dataclass(frozen=True, slots=True)
class Wait:
    """Minutes from now: one in ten waits less than `low`, half more than `middle`, one in ten more than `high`."""

    low: int
    high: int
    middle: int = 0


def estimate(*, queue_id: int, place: int) -> Wait | None:
    """Return the wait of `place` (1 is next) in a line, or `None` when there is too little to say."""
    moved = movement_of(queue_id, at=now())
    return wait_from(moved.steps(), place=place, at=moved.at, patience=moved.patience)


def wait_of(place: Place) -> Wait | None:
    """Return the wait of an open place in the order of its line, or `None` when there is too little to say.

    Those in better bands who come later go first, so only steps of its own band and of worse ones bring it forward;
    and whatever the others do, the floor hands out every `FLOOR`th case by age.
    """
    moved = movement_of(place.queue_id, at=now())
    ahead, _ = before(place)
    by_rank = wait_from(moved.steps(band=place.band), place=ahead + 1, at=moved.at, patience=moved.patience)
    if place.band == 0:
        return by_rank
    by_floor = _by_floor(moved, place=older(place) + 1)
    return min(filter(None, (by_rank, by_floor)), key=lambda wait: wait.high, default=None)


def _by_floor(moved: Movement, *, place: int) -> Wait | None:
    return wait_from(moved.steps(), place=place * FLOOR, at=moved.at, patience=moved.patience)


def wait_from(steps: Sequence[datetime], *, place: int, at: datetime, patience: Patience = STAYS) -> Wait | None:
    """Return the wait of `place` at the moment `at`, given when people were served lately (any order).

    `None` when fewer than `FEWEST_STEPS` were served, within less than `SHORTEST`, in too few bursts, or when the line
    has stopped: after half an hour without a step, the speed from before it is not the line's speed.
    """
    ages = sorted((at - step).total_seconds() for step in steps)
    if len(ages) < FEWEST_STEPS or ages[-1] < SHORTEST.total_seconds():
        return None
    # The oldest step begins the observation, so it is not counted in it.
    seen, counted = ages[-1], len(ages) - 1
    burst = _burst(ages)
    bursts_seen = counted / burst
    if bursts_seen < FEWEST_BURSTS or _stands(ages, bursts_seen):
        return None
    sums = _sums(place, rate=counted / (seen / 60), theta=patience.rate)
    # The shape of a gamma variable with this mean and variance, in bursts; without giving up it is their number.
    to_come = max(1.0, sums.mean**2 / sums.variance / burst)
    unsure = sums.by_rate**2 / bursts_seen + sums.by_theta**2 / max(patience.given_up, 1.0)
    low, middle, high = (sums.mean * _f_percentile(2 * to_come, 2 / unsure, z) for z in (-_Z90, 0.0, _Z90))
    return Wait(int(low), ceil(high), round(middle))


@dataclass(frozen=True, slots=True)
class _Sums:
    """Mean and variance of the time until a place is reached, in minutes, were rate and theta known.

    `by_rate`, `by_theta`: by how many per cent the mean changes when the rate, or theta, changes by one.
    """

    mean: float
    variance: float
    by_rate: float
    by_theta: float


def _sums(place: int, *, rate: float, theta: float) -> _Sums:
    """Sum 1 / (rate + k theta), and its square, over k < place."""
    if theta <= 0:
        mean, variance = place / rate, place / rate**2
    else:
        exactly = [1 / (rate + k * theta) for k in range(min(place, _EXACTLY))]
        mean, variance = sum(exactly), sum(term**2 for term in exactly)
        if place > _EXACTLY:
            first, last = rate + (_EXACTLY - 0.5) * theta, rate + (place - 0.5) * theta
            mean += log(last / first) / theta
            variance += (1 / first - 1 / last) / theta
    by_rate = rate * variance / mean
    return _Sums(mean, variance, by_rate, 1 - by_rate)


def _stands(ages: Sequence[float], bursts: float) -> bool:
    """Tell whether the pause since the last step is too long for the speed before it (a Lomax tail)."""
    moved = ages[-1] - ages[0]
    return bool((1 + ages[0] / max(moved, 1.0)) ** -bursts < _STALLED)


def _burst(ages: Sequence[float]) -> float:
    """Return how many steps come at once on average, at least 1, from the spread of the gaps between them.

    For groups of size s that come at random, the squared coefficient of variation of the gaps is 2s - 1.
    """
    gaps = [later - earlier for earlier, later in pairwise(ages)]
    mean = sum(gaps) / len(gaps)
    varies = sum((gap - mean) ** 2 for gap in gaps) / (len(gaps) - 1) / max(mean, 1e-6) ** 2
    return max(1.0, (varies + 1) / 2)


def _f_percentile(above: float, below: float, z: float) -> float:
    """Return a percentile of the F distribution, given as a standard normal's `z`.

    Paulson's approximation: the cube root of F is nearly a ratio of normals (Annals of Mathematical Statistics 13,
    1942, 233-235); solved here for the cube root.
    """
    a, b = 2 / (9 * above), 2 / (9 * below)
    square, linear, constant = (1 - b) ** 2 - z * z * b, (1 - a) * (1 - b), (1 - a) ** 2 - z * z * a
    root = sqrt(max(0.0, linear * linear - square * constant))
    return max(0.0, (linear + (root if z > 0 else -root)) / square) ** 3
