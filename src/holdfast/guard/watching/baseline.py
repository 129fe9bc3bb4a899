"""What is usual for one agent: their own past, drawn towards their queue's, so that little is not taken for much.

A gamma-Poisson model (Clayton and Kaldor 1987, Biometrics 43:671; the prior by moments over the queue's pool). Somebody
new has the pool's rate. Who was already leaking while their past was counted must not have taught us that: the own rate
stays between half the pool's and the pool's mean plus four of its spreads.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

FLOOR, SPREADS = 0.5, 4.0
_LEAST = 0.05  # events a unit: nothing is so rare that one is an alarm
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


def pool_of(pasts: Sequence[Past]) -> Pool:
    """Fit the prior to the pasts of a queue's people, by moments. Without any past it is vague and low."""
    known = [past for past in pasts if past.exposure > 0]
    if not known:
        return Pool(_LEAST, 0.0, 1.0)
    exposure = sum(past.exposure for past in known)
    mean = max(_LEAST, sum(past.events for past in known) / exposure)
    if len(known) < 3:
        return Pool(mean, mean, 1 / mean)
    rates = [past.events / past.exposure for past in known]
    # What Poisson noise adds to the spread of the rates is taken off again.
    noise = mean * statistics.fmean(1 / past.exposure for past in known)
    variance = max(statistics.variance(rates) - noise, mean**2 * 1e-4)
    return Pool(mean, variance**0.5, min(mean / variance, _MOST_UNITS))


def usual(pool: Pool, own: Past | None) -> float:
    """Return the events a unit that are still usual for somebody with this past, or for somebody without one.

    The mean of the gamma posterior and one standard deviation more: what is not known of a person counts for them.
    """
    own = own or Past(0.0, 0.0)
    shape, weight = pool.mean * pool.weight + own.events, pool.weight + own.exposure
    rate = (shape + math.sqrt(shape)) / weight
    return min(max(rate, FLOOR * pool.mean, _LEAST), pool.mean + SPREADS * pool.spread)
