"""How much is thought about a message, by how much waits: cached texts, words, meaning, a language model.

Load sheds downwards. Each tier has places of its own and a time after which it is not worth waiting for. What goes to
a person is no tier: requests for one and hand-overs pass before all of this, and are never shed.

The lowest tier is the playbooks' first texts (`triage.deflecting`): looked up by a word, they cost nothing and are
always open. Figures of what each costs: benchmarks/assistant.py.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum

from prometheus_client import Counter


class Tier(IntEnum):
    CACHED = 0
    WORDS = 1
    MEANING = 2
    MODEL = 3


@dataclass(frozen=True, slots=True)
class Limit:
    """Work at a time and process, seconds that one piece may take, and how much may wait for the tier to be open."""

    places: int
    seconds: float
    most_waiting: int


LIMITS: Mapping[Tier, Limit] = {
    Tier.WORDS: Limit(places=64, seconds=2.0, most_waiting=1_000_000),
    Tier.MEANING: Limit(places=4, seconds=1.0, most_waiting=24),
    Tier.MODEL: Limit(places=4, seconds=4.0, most_waiting=8),
}

_shed = Counter("holdfast_assistant_shed", "Messages that were thought about less because of load.", ["tier"])


class Tiers:
    """Places by tier. One per process; safe to share between threads."""

    def __init__(self, limits: Mapping[Tier, Limit] = LIMITS) -> None:
        self._limits = dict(limits)
        self._free = {tier: threading.BoundedSemaphore(limit.places) for tier, limit in limits.items()}

    @contextmanager
    def at_most(self, wanted: Tier, *, waiting: int) -> Iterator[Tier]:
        """Hold a place in the best tier up to `wanted` that is open while `waiting` messages wait, and say which.

        None is waited for. Below all others `CACHED` is always open.
        """
        held = Tier.CACHED
        for tier in sorted(self._free, reverse=True):
            if tier > wanted:
                continue
            if waiting <= self._limits[tier].most_waiting and self._free[tier].acquire(blocking=False):
                held = tier
                break
            _shed.labels(tier.name.lower()).inc()
        try:
            yield held
        finally:
            if held in self._free:
                self._free[held].release()

    def seconds(self, tier: Tier) -> float:
        """Return how long a piece of work in this tier may take."""
        return self._limits[tier].seconds if tier in self._limits else 0.0


tiers = Tiers()
"""This process's."""
