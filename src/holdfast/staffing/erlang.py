"""How long people wait for so many agents: Erlang B, C and A. Times in seconds, rates in contacts per second.

Erlang B and C after Erlang (1917); Erlang A (M/M/N+M, customers who lose patience) after Palm (1957), in the notation
of Mandelbaum and Zeltyn (2007). All sums are in logarithms, so that thousands of agents neither over- nor underflow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, digamma, gammaln

Floats = NDArray[np.float64]

MOST_AGENTS: Final = 100_000
_TAIL: Final = 12.0  # standard deviations of the queue that are summed


class Unsolvable(ValueError):
    """No number of agents reaches the target; the message is a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a constant load meets in the long run. Shares are of all contacts offered, abandoned ones included."""

    agents: int
    offered: float
    """Load in Erlangs: contacts per second times handling time."""
    waiting: float
    """Share that does not get an agent at once."""
    service_level: float
    """Share answered within the target; who gave up is not answered."""
    abandoned: float
    asa: float | None
    """Mean wait of those answered; `None` when the queue grows without end."""
    wait: float | None
    """Mean wait of everybody, those who gave up included."""
    occupancy: float
    """Share of staffed time spent on contacts."""
    queue: float | None
    """Mean number waiting."""

    @property
    def stable(self) -> bool:
        """Whether the queue settles."""
        return self.asa is not None


def erlang_b(*, agents: int, offered: float) -> float:
    """Return the share that is lost when nobody can wait: B(0) = 1, B(k) = A B(k-1) / (k + A B(k-1))."""
    blocked = 1.0
    for busy in range(1, agents + 1):
        blocked = offered * blocked / (busy + offered * blocked)
    return blocked


def erlang_c(*, agents: int, offered: float) -> float:
    """Return the share that has to wait when everybody waits: C = B / (1 - (A/N)(1 - B)); 1 when overloaded."""
    if offered >= agents:
        return 1.0
    blocked = erlang_b(agents=agents, offered=offered)
    return blocked / (1 - offered / agents * (1 - blocked))


def service(*, rate: float, aht: float, agents: int, within: float = 20.0, patience: float | None = None) -> Service:
    """Return what `agents` agents give a load of `rate` contacts per second of `aht` seconds each.

    `within` is the target of the service level. `patience` is the mean (exponential) time until a waiting customer
    gives up; with `None` nobody ever does, and an overload has no end. Raises `ValueError` for what cannot be.
    """
    _check(rate=rate, aht=aht, within=within, patience=patience)
    if agents < 0 or agents > MOST_AGENTS:
        raise ValueError(f"The number of agents must be between 0 and {MOST_AGENTS:,}.")
    if rate == 0:
        return _idle(agents)
    return _patient(rate, aht, agents, within) if patience is None else _leaving(rate, aht, agents, within, patience)


def required(
    *,
    rate: float,
    aht: float,
    service_level: float | None = None,
    within: float = 20.0,
    patience: float | None = None,
    max_abandoned: float | None = None,
) -> int:
    """Return the least number of agents that reaches the service level and keeps abandonment below the maximum.

    At least one of the two targets is given; `max_abandoned` needs `patience`. Both are monotone in the number of
    agents, so bisection finds it. Raises `Unsolvable` beyond `MOST_AGENTS`.
    """
    if service_level is None and max_abandoned is None:
        raise ValueError("Name a service level, a largest share of abandoned contacts, or both.")
    if service_level is not None and not 0 < service_level < 1:
        raise ValueError("The service level is a share between 0 and 1, such as 0.8.")
    if max_abandoned is not None and not 0 < max_abandoned < 1:
        raise ValueError("The largest share of abandoned contacts is between 0 and 1, such as 0.05.")
    if max_abandoned is not None and patience is None:
        raise ValueError("Without a patience nobody gives up; name one to limit abandonment.")

    def enough(agents: int) -> bool:
        given = service(rate=rate, aht=aht, agents=agents, within=within, patience=patience)
        level = service_level is None or given.service_level >= service_level
        return level and (max_abandoned is None or given.abandoned <= max_abandoned)

    few, many = 0, min(MOST_AGENTS, max(1, math.ceil(rate * aht)))
    while not enough(many):
        if many >= MOST_AGENTS:
            raise Unsolvable(f"Even {MOST_AGENTS:,} agents would not be enough.")
        few, many = many, min(MOST_AGENTS, many + max(8, many // 8))
    while few < many:
        middle = (few + many) // 2
        few, many = (few, middle) if enough(middle) else (middle + 1, many)
    return many


def _check(*, rate: float, aht: float, within: float, patience: float | None) -> None:
    if not (math.isfinite(rate) and rate >= 0):
        raise ValueError("The number of contacts cannot be negative.")
    if not (math.isfinite(aht) and aht > 0):
        raise ValueError("The handling time must be longer than nothing.")
    if not (math.isfinite(within) and within >= 0):
        raise ValueError("The target time cannot be negative.")
    if patience is not None and not (math.isfinite(patience) and patience > 0):
        raise ValueError("Patience must be longer than nothing.")


def _idle(agents: int) -> Service:
    return Service(
        agents=agents,
        offered=0.0,
        waiting=0.0,
        service_level=1.0,
        abandoned=0.0,
        asa=0.0,
        wait=0.0,
        occupancy=0.0,
        queue=0.0,
    )


def _patient(rate: float, aht: float, agents: int, within: float) -> Service:
    """Erlang C: SL = 1 - C exp(-(N - A) T / AHT), ASA = C AHT / (N - A)."""
    offered = rate * aht
    waiting = erlang_c(agents=agents, offered=offered)
    spare = agents - offered
    stable = spare > 0
    asa = waiting * aht / spare if stable else None
    return Service(
        agents=agents,
        offered=offered,
        waiting=waiting,
        service_level=1 - waiting * math.exp(-spare * within / aht) if stable else 0.0,
        abandoned=0.0,
        asa=asa,
        wait=asa,
        occupancy=min(1.0, offered / agents) if agents else 0.0,
        queue=rate * asa if asa is not None else None,
    )


def _leaving(rate: float, aht: float, agents: int, within: float, patience: float) -> Service:
    """Erlang A. Who finds j others waiting, with all N busy, waits V, and 1 - exp(-V/patience) ~ Beta(j+1, c).

    Here c = N patience / aht. Being answered has weight exp(-V/patience), which turns that into Beta(j+1, c+1) times
    c / (c + j + 1): service level and mean wait of the answered are sums of these over the states.
    """
    offered, theta = rate * aht, 1 / patience
    free, queued = _states(rate, aht, agents, patience)
    ahead = np.arange(len(queued), dtype=np.float64)
    waiting = float(queued.sum())
    length = float((ahead * queued).sum())
    abandoned = theta * length / rate
    ratio = agents * patience / aht
    reached = ratio / (ratio + ahead + 1)
    answered_after_wait = queued * reached
    if agents and within > 0:
        in_time = float((answered_after_wait * betainc(ahead + 1, ratio + 1, -math.expm1(-theta * within))).sum())
        waits = (digamma(ratio + ahead + 2) - digamma(ratio + 1)) * patience
    else:
        in_time, waits = 0.0, np.zeros_like(ahead)
    answered = float(free.sum() + answered_after_wait.sum())
    busy = float((np.arange(len(free)) * free).sum()) + agents * waiting
    return Service(
        agents=agents,
        offered=offered,
        waiting=waiting,
        service_level=min(1.0, float(free.sum()) + in_time),
        abandoned=min(1.0, abandoned),
        asa=float((answered_after_wait * waits).sum()) / answered if answered > 0 else 0.0,
        wait=length / rate,
        occupancy=busy / agents if agents else 0.0,
        queue=length,
    )


def _states(rate: float, aht: float, agents: int, patience: float) -> tuple[Floats, Floats]:
    """Return the long-run shares of time with 0..N-1 busy and none waiting, and with all N busy and 0.. waiting.

    Birth rate `rate`; death rate min(k, N)/aht + max(0, k - N)/patience. The queue is summed to twelve standard
    deviations beyond its most likely length.
    """
    theta = 1 / patience
    likely = max(0.0, (rate - agents / aht) / theta)
    longest = int(likely + _TAIL * math.sqrt(rate / theta + 1) + 60)
    log_offered = math.log(rate * aht)
    free = np.arange(agents) * log_offered - gammaln(np.arange(agents) + 1)
    all_busy = agents * log_offered - float(gammaln(agents + 1))
    deaths = agents / aht + theta * np.arange(1, longest + 1)
    queued = all_busy + np.concatenate([[0.0], np.cumsum(math.log(rate) - np.log(deaths))])
    top = max(float(queued.max()), float(free.max()) if agents else -math.inf)
    free, queued = np.exp(free - top), np.exp(queued - top)
    total = float(free.sum() + queued.sum())
    return free / total, queued / total


def waits_longer_than(*, rate: float, aht: float, agents: int, seconds: float, patience: float) -> float:
    """Return the share of all contacts that is still waiting after `seconds`, neither answered nor gone (Erlang A).

    P(W > T) = sum over j of p(N+j) (1 - I(j+1, N mu/theta; 1 - exp(-theta T))) exp(-theta T).
    """
    _check(rate=rate, aht=aht, within=seconds, patience=patience)
    if rate == 0:
        return 0.0
    _, queued = _states(rate, aht, agents, patience)
    ahead = np.arange(len(queued), dtype=np.float64)
    stays = math.exp(-seconds / patience)
    if not agents:
        return float(queued.sum()) * stays
    passed = betainc(ahead + 1, agents * patience / aht, 1 - stays)
    return float((queued * (1 - passed)).sum()) * stays
