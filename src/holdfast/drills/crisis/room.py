"""One support centre in memory: people arrive, wait, leave, come again and are answered, under one policy of the line.

Event-driven: arrivals in order, everything else on one heap. Two policies on the same world meet the same people with
the same patience and the same handling times, so their results differ by the policy alone.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from heapq import heappop, heappush
from typing import Protocol

from holdfast.drills.crisis.world import Visit, World, again
from holdfast.shield.evidence import Challenge, Decision, Friction


class State(Enum):
    """What became of one contact. Every contact is in exactly one of these."""

    WAITING = "waiting"
    ANSWERED = "answered"
    LEFT = "left"
    MERGED = "merged"


@dataclass(slots=True, eq=False)
class Entry:
    """One contact in the room. Minutes since the start of the scenario."""

    visit: Visit
    number: int
    at: float
    state: State = State.WAITING
    ended_at: float = math.inf
    reached_at: float = math.inf
    """When its turn came, whether anybody was still there or not: the wait it was offered."""
    asked: bool = False
    offered: bool = False
    called_back: bool = False
    """They took a callback or a written answer: nobody listens to music, nobody leaves."""
    first: Decision | None = None
    decision: Decision | None = None
    low: float = math.nan
    high: float = math.nan
    """The range of waits it was told at arrival, in minutes; one in ten waits longer. No number: it was told none."""


class Policy(Protocol):
    """An order of the line. It sees evidence and what the room itself observes, never who is genuine."""

    name: str
    one_case: bool
    """Whether a second contact of the same account joins the first while that waits."""

    def arrive(self, entry: Entry, at: float) -> Friction:
        """Put a contact in line; tell what is asked of it."""
        ...

    def next(self, at: float) -> Entry | None:
        """Take out whoever's turn it is (they may have left); `None` when the line is empty."""
        ...

    def answer(self, entry: Entry, challenge: Challenge, at: float) -> None:
        """Hear what a contact answered to its question."""
        ...

    def ended(self, entry: Entry, at: float) -> None:
        """Hear that a contact was answered, or left."""
        ...

    def joined(self, entry: Entry, at: float) -> None:
        """Hear of a contact that joined another of the same account."""
        ...

    def minute(self, at: float) -> list[tuple[Entry, Friction]]:
        """A minute has passed. Return who of those waiting is asked something now."""
        ...


@dataclass(slots=True)
class Played:
    """One run: every contact in order of arrival, and agents' time."""

    world: World
    policy: str
    entries: list[Entry] = field(default_factory=list)
    busy_minutes: float = 0.0
    end: float = 0.0

    def count(self, state: State) -> int:
        """How many contacts ended as `state`."""
        return sum(entry.state is state for entry in self.entries)


QUESTIONS = (Friction.CONFIRM_TOPIC, Friction.CONFIRM_CHANNEL)
LATER = (Friction.CALLBACK, Friction.ASYNCHRONOUS)
_FREE, _LEAVE, _ANSWER, _AGAIN = range(4)


class Room:
    """Plays a world under a policy, once."""

    def __init__(self, world: World, policy: Policy) -> None:
        self._world, self._policy = world, policy
        self._free = world.scenario.centre.agents
        self._events: list[tuple[float, int, int, Entry | None]] = []
        self._numbers = itertools.count()
        self._played = Played(world, policy.name, end=float(math.ceil(world.scenario.minutes)))
        self._cases: dict[str, Entry] = {}
        self._tries: dict[str, int] = {}
        self._standing: dict[str, list[Entry]] = {}
        self._settled: set[str] = set()

    def play(self, *, progress: Callable[[float], None] = lambda _: None) -> Played:
        """Play to the end and return what happened. `progress` hears the minutes that have passed."""
        coming = deque(self._world.visits)
        for minute in range(1, int(self._played.end) + 1):
            while coming and coming[0].at < minute:
                self._until(coming[0].at)
                self._arrive(coming.popleft())
            self._until(minute)
            for entry, friction in self._policy.minute(minute):
                self._ask(entry, friction, minute)
            self._hand_out(minute)
            progress(minute)
        return self._played

    def _arrive(self, visit: Visit) -> None:
        at = visit.at
        entry = Entry(visit, len(self._played.entries), at)
        self._played.entries.append(entry)
        if visit.again_after is not None:
            self._plan(at + visit.again_after, _AGAIN, entry)
        if self._policy.one_case and self._joins_another(entry):
            return
        self._standing.setdefault(visit.matter, []).append(entry)
        if visit.evidence.account is not None:
            self._cases[visit.evidence.account] = entry
        self._plan(at + visit.patience, _LEAVE, entry)
        self._ask(entry, self._policy.arrive(entry, at), at)
        self._hand_out(at)

    def _ask(self, entry: Entry, friction: Friction, at: float) -> None:
        """Ask once, offer a callback once; who is asked keeps their place meanwhile."""
        visit = entry.visit
        if friction in QUESTIONS and not entry.asked:
            entry.asked = True
            if visit.answers_after is not None:
                self._plan(at + visit.answers_after, _ANSWER, entry)
        elif friction in LATER and not entry.offered:
            entry.offered = True
            entry.called_back = visit.takes_callback

    def _joins_another(self, entry: Entry) -> bool:
        account = entry.visit.evidence.account
        case = self._cases.get(account) if account is not None else None
        if case is None or case.state is not State.WAITING:
            return False
        entry.state, entry.ended_at = State.MERGED, entry.at
        self._policy.joined(entry, entry.at)
        return True

    def _until(self, at: float) -> None:
        while self._events and self._events[0][0] <= at:
            moment, _, kind, entry = heappop(self._events)
            if entry is None:
                self._free += 1
                self._hand_out(moment)
            elif kind == _AGAIN:
                self._come_again(entry, moment)
            elif entry.state is State.WAITING:
                if kind == _LEAVE:
                    if not entry.called_back:
                        self._end(entry, State.LEFT, moment)
                else:
                    self._policy.answer(entry, "pass" if entry.visit.passes else "fail", moment)

    def _hand_out(self, at: float) -> None:
        while self._free and (entry := self._policy.next(at)) is not None:
            entry.reached_at = at
            if entry.state is State.WAITING:
                self._free -= 1
                self._plan(at + entry.visit.handling, _FREE, None)
                self._played.busy_minutes += entry.visit.handling
                self._end(entry, State.ANSWERED, at)

    def _end(self, entry: Entry, state: State, at: float) -> None:
        entry.state, entry.ended_at = state, at
        self._policy.ended(entry, at)
        others = self._standing[entry.visit.matter]
        others.remove(entry)
        if state is State.ANSWERED:
            self._settled.add(entry.visit.matter)
            for other in list(others):  # the same person elsewhere in the line has no reason to stay
                self._end(other, State.LEFT, at)

    def _come_again(self, entry: Entry, at: float) -> None:
        matter = entry.visit.matter
        if matter in self._settled:
            return
        self._tries[matter] = self._tries.get(matter, 0) + 1
        self._arrive(again(entry.visit, at=at, number=self._tries[matter]))

    def _plan(self, at: float, kind: int, entry: Entry | None) -> None:
        heappush(self._events, (at, next(self._numbers), kind, entry))
