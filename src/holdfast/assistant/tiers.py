"""How much is thought about a message, by how much waits: cached texts, words, meaning, a language model.

Load sheds downwards. Each tier has places of its own and a time after which it is not worth waiting for. What goes to
a person is no tier: requests for one and hand-overs pass before all of this, and are never shed.

The lowest tier is the playbooks' first texts (`triage.deflecting`): looked up by a word, they cost nothing and are
always open. Figures of what each costs: benchmarks/assistant.py.
"""

from __future__ import annotations

import math
import threading
import time
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
    """Work at a time and process, how much may wait for the tier to be open, and seconds that one piece may take.

    What is not done by then is done by the tier below. Below words there is none, so they have no such limit.
    """

    places: int
    most_waiting: int
    seconds: float = math.inf


LIMITS: Mapping[Tier, Limit] = {
    Tier.WORDS: Limit(places=64, most_waiting=1_000_000),
    Tier.MEANING: Limit(places=4, most_waiting=24, seconds=1.0),
    # All calls of one turn together, within its lease (`turn_rows.LEASE`); in a chat the turn's deadline comes before.
    Tier.MODEL: Limit(places=4, most_waiting=8, seconds=12.0),
}

_shed = Counter("holdfast_assistant_shed", "Messages that were thought about less because of load.", ["tier"])


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a tier, and until when (`time.monotonic`) its work may take."""

    tier: Tier
    until: float

    @property
    def left(self) -> float:
        """Seconds that are left; none below 0."""
        return max(0.0, self.until - time.monotonic())

    def late(self, messages: int = 1) -> bool:
        """Tell whether the time is over; then so many messages fall to the tier below, and are counted."""
        over = self.left <= 0
        if over:
            _shed.labels(self.tier.name.lower()).inc(messages)
        return over


class Tiers:
    """Places by tier. One per process; safe to share between threads."""

    def __init__(self, limits: Mapping[Tier, Limit] = LIMITS) -> None:
        self._limits = dict(limits)
        self._free = {tier: threading.BoundedSemaphore(limit.places) for tier, limit in limits.items()}

    @contextmanager
    def at_most(self, wanted: Tier, *, waiting: int) -> Iterator[Place]:
        """Hold a place in the best tier up to `wanted` that is open while `waiting` messages wait, and give it.

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
            limit = self._limits.get(held)
            yield Place(held, time.monotonic() + limit.seconds if limit else math.inf)
        finally:
            if held in self._free:
                self._free[held].release()

    def room(self, tier: Tier, *, waiting: int) -> int:
        """Return how many more messages may wait for this tier while it stays open."""
        return max(0, self._limits[tier].most_waiting - waiting)


tiers = Tiers()
"""This process's."""
