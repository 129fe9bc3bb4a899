"""How long a place in line will take, as a range, from how fast the line really moved in the last hour.

Who leaves the line to be served makes one step. If n people have to be served and k steps were seen in T minutes, the
wait is T times a gamma(n) over a gamma(k) variable: how fast the line is remains uncertain, and little to go by makes
a wide range. Steps that come in bursts (a lead hands out twenty at once) tell less than as many single ones, so n and k
then count bursts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil, sqrt

from holdfast.conversations.models import Place
from holdfast.kit.clock import now

WINDOW = timedelta(hours=1)
FEWEST_STEPS = 5
FEWEST_BURSTS = 3.0
SHORTEST = timedelta(minutes=5)  # five people handed out in one minute say nothing about the next hour
_NEWEST = 600  # steps that are looked at; more in one hour tell nothing new
_STALLED = 0.001  # a pause as unlikely as this is no pause: the line stands
_Z90 = 1.2816  # standard normal, 90th percentile


@dataclass(frozen=True, slots=True)
class Wait:
    """Minutes from now: one in ten waits less than `low`, one in ten more than `high`."""

    low: int
    high: int


def estimate(*, queue_id: int, place: int) -> Wait | None:
    """Return the wait of `place` (1 is next) in a line, or `None` when there is too little to say."""
    moment = now()
    steps = (
        Place.objects.filter(queue_id=queue_id, left_at__gte=moment - WINDOW, left_because__in=["answered", "assigned"])
        .order_by("-left_at")
        .values_list("left_at", flat=True)[:_NEWEST]
    )
    return wait_from([step for step in steps if step is not None], place=place, at=moment)


def wait_from(steps: Sequence[datetime], *, place: int, at: datetime) -> Wait | None:
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
    bursts_seen, bursts_to_come = counted / burst, max(1.0, place / burst)
    if bursts_seen < FEWEST_BURSTS or _stands(ages, bursts_seen):
        return None
    minutes = seen / 60 * bursts_to_come / bursts_seen
    low, high = (_f_percentile(2 * bursts_to_come, 2 * bursts_seen, z) for z in (-_Z90, _Z90))
    return Wait(int(minutes * low), ceil(minutes * high))


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
