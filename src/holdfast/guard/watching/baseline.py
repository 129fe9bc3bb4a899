"""What is usual for one agent: their own past, drawn towards their queue's, so that little is not taken for much.

A gamma-Poisson model (Clayton and Kaldor 1987, Biometrics 43:671; the prior by moments over the queue's pool). Somebody
new has the pool's rate; where the pool has no past either, nothing is usual yet and nothing is said. Who was already
leaking while their past was counted must not have taught us that: the own rate stays between half the pool's and the
pool's mean plus four of its spreads.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

FLOOR, SPREADS = 0.5, 4.0
POOL = 3
"""So many colleagues need a past before somebody who has none is held against it."""
_CREDIT = 0.5  # standard deviations of what is not known of a person, in their favour: chosen by simulation
_CREDIT_WHEN_NEW = 2.0
_LEAST = 1e-3  # events a unit
_MOST_UNITS = 400.0  # of exposure that the pool may weigh: a pool without spread still learns from the own past


@dataclass(frozen=True, slots=True)
class Past:
    """So many events in so many units of exposure (working days, or cases)."""

    events: float
    exposure: float


@dataclass(frozen=True, slots=True)
class Pool:
    """The gamma prior of a queue's people: mean rate, spread between people, and exposure that it weighs."""

    mean: float
    spread: float
    weight: float
    people: int


def pool_of(pasts: Sequence[Past]) -> Pool | None:
    """Fit the prior to the pasts of a queue's people, by moments. `None` while nobody has a past."""
    known = [past for past in pasts if past.exposure > 0]
    if not known:
        return None
    exposure = sum(past.exposure for past in known)
    mean = max(_LEAST, sum(past.events for past in known) / exposure)
    if len(known) < POOL:
        return Pool(mean, mean, 1 / mean, len(known))
    rates = [past.events / past.exposure for past in known]
    # What Poisson noise adds to the spread of the rates is taken off again.
    noise = mean * statistics.fmean(1 / past.exposure for past in known)
    variance = max(statistics.variance(rates) - noise, mean**2 * 1e-4)
    return Pool(mean, variance**0.5, min(mean / variance, _MOST_UNITS), len(known))


def usual(pool: Pool | None, own: Past | None) -> float | None:
    """Return the events a unit that are still usual for somebody with this past, or for somebody without one.

    The mean of the gamma posterior and half a standard deviation more: what is not known of a person counts for them,
    and two of the pool's spreads for somebody new. `None`: there is nothing to hold them against yet.
    """
    if pool is None or (own is None and pool.people < POOL):
        return None
    most = pool.mean + SPREADS * pool.spread
    if own is None:
        return min(max(pool.mean + _CREDIT_WHEN_NEW * pool.spread, _LEAST), most)
    shape, weight = pool.mean * pool.weight + own.events, pool.weight + own.exposure
    return min(max((shape + _CREDIT * math.sqrt(shape)) / weight, FLOOR * pool.mean, _LEAST), most)
