"""The same world through the real door, triage and line, in a real database, on a simulated clock.

People's contacts are accepted and acknowledged, triage identifies and files them, agents take the next in line, answer
and close. The clock jumps from one moment at which something happens to the next.
"""

from __future__ import annotations

import itertools
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from uuid import UUID

from holdfast.conversations import assignments, closures, messages, places
from holdfast.desk.routing import fallback_queue, forget
from holdfast.drills.crisis.desk import Desk, incoming
from holdfast.drills.crisis.room import Entry, Played, State
from holdfast.drills.crisis.world import Visit, World, again
from holdfast.intake import receipts
from holdfast.intake.accept import accept_now
from holdfast.kit import clock
from holdfast.triage import loop
from holdfast.triage.reconcile import ChannelCount, reconcile

STEP = 5 / 60
"""Minutes of the drill between two looks of triage at the door. The real one looks within a second."""


@dataclass(frozen=True, slots=True)
class Lived:
    """A drill through the real house: the run as the score reads it, and the house's own account of it."""

    played: Played
    counts: Sequence[ChannelCount]
    seconds: float

    @property
    def lost(self) -> int:
        """Contacts the house lost, and acknowledged ones it does not know."""
        received = sum(count.received for count in self.counts)
        return sum(count.lost for count in self.counts) + abs(len(self.played.entries) - received)


class Clock:
    """The drill's time, `speed` times as fast as ours at most; `None` for as fast as it goes."""

    def __init__(self, start: datetime, *, speed: float | None) -> None:
        self._start, self._speed = start, speed
        self._minute = 0.0
        self._began = time.monotonic()

    def now(self) -> datetime:
        """Return the moment it is in the drill."""
        return self._start + timedelta(minutes=self._minute)

    def move(self, minute: float) -> None:
        """Go on to `minute`, never back; wait for our own time when that is slower."""
        self._minute = max(self._minute, minute)
        if self._speed is not None:
            ahead = self._minute * 60 / self._speed - (time.monotonic() - self._began)
            if ahead > 0:
                time.sleep(ahead)


@contextmanager
def running(clock_: Clock) -> Iterator[None]:
    """Let the whole house run on the drill's clock."""
    clock.set_source(clock_.now)
    try:
        yield
    finally:
        clock.set_source(None)


_FREE, _LEAVE, _AGAIN = range(3)


class Live:
    """One drill. Needs Django on a database that holds nobody's data."""

    def __init__(self, world: World, *, speed: float | None = None) -> None:
        self._world = world
        self._clock = Clock(world.scenario.start, speed=speed)
        self._played = Played(world, "holdfast, the real line", end=float(math.ceil(world.scenario.minutes)))
        self._events: list[tuple[float, int, int, Entry | int]] = []
        self._numbers = itertools.count()
        self._by_receipt: dict[UUID, Entry] = {}
        self._cases: dict[UUID, list[Entry]] = {}
        self._case_of: dict[int, UUID] = {}
        self._tries: dict[str, int] = {}
        self._settled: set[str] = set()

    def play(self, *, progress: Callable[[float], None] = lambda _: None) -> Lived:
        """Play to the end and return what happened. `progress` hears the minutes that have passed."""
        started = time.monotonic()
        with running(self._clock):
            self._desk = Desk.open(self._world, at=self._clock.now())
            forget()
            self._queue = fallback_queue()
            self._idle = deque(self._desk.agents)
            coming = deque(self._world.visits)
            for step in range(1, math.ceil(self._played.end / STEP) + 1):
                until = step * STEP
                arriving = [coming.popleft() for _ in self._due(coming, until)]
                if not arriving and not (self._events and self._events[0][0] <= until):
                    continue
                self._clock.move(until)
                self._step(arriving, until)
                progress(until)
            counts = reconcile()
        return Lived(self._played, counts, time.monotonic() - started)

    @staticmethod
    def _due(coming: deque[Visit], until: float) -> Iterator[None]:
        return itertools.repeat(None, sum(1 for _ in itertools.takewhile(lambda visit: visit.at < until, coming)))

    def _step(self, arriving: list[Visit], at: float) -> None:
        while self._events and self._events[0][0] <= at:
            _, _, kind, who = heappop(self._events)
            if isinstance(who, int):
                self._idle.append(who)
            elif kind == _LEAVE:
                self._leave(who, at)
            elif who.visit.matter not in self._settled:
                number = self._tries[who.visit.matter] = self._tries.get(who.visit.matter, 0) + 1
                arriving.append(again(who.visit, at=at, number=number))
        if arriving:
            self._accept(arriving)
        while self._idle and self._take_next(self._idle[0], at):
            self._idle.popleft()

    def _accept(self, arriving: Sequence[Visit]) -> None:
        """Hand contacts in at the door, let triage have them, and see which conversation each is in."""
        accepted = accept_now([incoming(visit) for visit in arriving])
        for visit, answer in zip(arriving, accepted, strict=True):
            entry = Entry(visit, len(self._played.entries), visit.at)
            self._played.entries.append(entry)
            self._by_receipt[answer.receipt] = entry
            self._plan(visit.at + visit.patience, _LEAVE, entry)
            if visit.again_after is not None:
                self._plan(visit.at + visit.again_after, _AGAIN, entry)
        while loop.once():
            pass
        for status in receipts.statuses([answer.receipt for answer in accepted]):
            if status.conversation_id is not None:
                self._file(self._by_receipt[status.receipt], status.conversation_id)

    def _file(self, entry: Entry, conversation_id: UUID) -> None:
        self._case_of[entry.number] = conversation_id
        others = self._cases.setdefault(conversation_id, [])
        if any(other.state is State.WAITING for other in others):
            entry.state, entry.ended_at = State.MERGED, entry.at
        others.append(entry)

    def _take_next(self, agent_id: int, at: float) -> bool:
        """Let an idle agent take the next in line, answer and close; they are busy as long as the world says."""
        case = assignments.take_next(agent_id=agent_id, queue_ids=[self._queue])
        if case is None:
            return False
        entries = [entry for entry in self._cases.get(case.pk, []) if entry.state in (State.WAITING, State.LEFT)]
        messages.post_reply(
            conversation_id=case.pk,
            by=agent_id,
            text="We have looked into it; this is settled.",
            client_key=str(case.pk),
        )
        closures.close(conversation_id=case.pk, by=agent_id)
        handling = max((entry.visit.handling for entry in entries), default=0.1)
        self._played.busy_minutes += handling
        self._plan(at + handling, _FREE, agent_id)
        for entry in entries:
            entry.state, entry.ended_at, entry.reached_at = State.ANSWERED, max(at, entry.at), max(at, entry.at)
            self._settled.add(entry.visit.matter)
        return True

    def _leave(self, entry: Entry, at: float) -> None:
        """Somebody's patience is over: the conversation leaves the line; what they said stays for a later answer."""
        case = self._case_of.get(entry.number)
        if entry.state is State.WAITING and case is not None:
            entry.state, entry.ended_at = State.LEFT, at
            places.leave(conversation_id=case, because="gave up waiting")

    def _plan(self, at: float, kind: int, who: Entry | int) -> None:
        heappush(self._events, (at, next(self._numbers), kind, who))
