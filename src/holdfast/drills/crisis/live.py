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
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any
from uuid import UUID

from holdfast.conversations import assignments, closures, messages, places
from holdfast.conversations.told import tell
from holdfast.desk.routing import fallback_queue, forget
from holdfast.drills.crisis.desk import Desk, incoming
from holdfast.drills.crisis.duty import Duty
from holdfast.drills.crisis.room import LATER, QUESTIONS, Entry, Played, State
from holdfast.drills.crisis.world import Visit, World, again
from holdfast.intake import receipts
from holdfast.intake.accept import accept_now
from holdfast.kit import clock
from holdfast.posture.current import current
from holdfast.shield.evidence import MinuteReport
from holdfast.triage import loop
from holdfast.triage.reconcile import ChannelCount, reconcile

NAME = "holdfast, the real house"
STEP = 5 / 60
"""Minutes of the drill between two looks of triage at the door. The real one looks within a second."""


@dataclass(frozen=True, slots=True)
class Lived:
    """A drill through the real house: the run as the score reads it, and the house's own account of it."""

    played: Played
    counts: Sequence[ChannelCount]
    reports: Sequence[MinuteReport]
    postures: Sequence[str]
    """Postures in force one after another, the first of them calm."""
    seconds: float

    @property
    def lost(self) -> int:
        """Contacts the house lost, and acknowledged ones it does not know."""
        received = sum(count.received for count in self.counts)
        return sum(count.lost for count in self.counts) + abs(len(self.played.entries) - received)

    def as_json(self) -> dict[str, Any]:
        """Return the house's account as JSON values."""
        return {
            "account": [asdict(count) for count in self.counts],
            "lost": self.lost,
            "postures": list(self.postures),
            "seconds": round(self.seconds, 1),
        }


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


_FREE, _LEAVE, _AGAIN, _ANSWER = range(4)


class Live:
    """One drill. Needs Django on a database that holds nobody's data.

    `speed`: simulated seconds a second at most. `step`: minutes between two looks of triage at the door.
    """

    def __init__(self, world: World, *, speed: float | None = None, step: float = STEP) -> None:
        self._world, self._every = world, step
        self._clock = Clock(world.scenario.start, speed=speed)
        self._played = Played(world, NAME, end=float(math.ceil(world.scenario.minutes)))
        self._events: list[tuple[float, int, int, Entry | int]] = []
        self._numbers = itertools.count()
        self._by_receipt: dict[UUID, Entry] = {}
        self._receipt_of: dict[int, UUID] = {}
        self._postures = ["calm"]
        self._declared = deque(world.declared())
        self._cases: dict[UUID, list[Entry]] = {}
        self._case_of: dict[int, UUID] = {}
        self._tries: dict[str, int] = {}
        self._settled: set[str] = set()

    def play(self, *, progress: Callable[[float], None] = lambda _: None) -> Lived:
        """Play to the end and return what happened. `progress` hears the minutes that have passed."""
        started = time.monotonic()
        with running(self._clock):
            desk = Desk.open(self._world, at=self._clock.now())
            forget()
            self._queue = fallback_queue()
            self._idle = deque(desk.agents)
            self._duty = Duty(lead=desk.lead)
            coming = deque(self._world.visits)
            minute = 0
            for step in range(1, math.ceil(self._played.end / self._every) + 1):
                until = step * self._every
                arriving = [coming.popleft() for _ in self._due(coming, until)]
                over = int(until) > minute
                if not arriving and not over and not (self._events and self._events[0][0] <= until):
                    continue
                self._clock.move(until)
                self._step(arriving, until)
                if over:
                    minute = int(until)
                    self._minute(until)
                    progress(until)
            self._learn_decisions(self._played.entries)
            offer_waits(self._played.entries)
            counts = reconcile()
        seconds = time.monotonic() - started
        return Lived(self._played, counts, self._duty.reports, tuple(self._postures), seconds)

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
            elif kind == _ANSWER:
                self._duty.hear(self._receipt_of[who.number], who)
            elif who.visit.matter not in self._settled:
                number = self._tries[who.visit.matter] = self._tries.get(who.visit.matter, 0) + 1
                arriving.append(again(who.visit, at=at, number=number))
        if arriving:
            self._accept(arriving)
        self._duty.look()
        if arriving:
            self._ask(self._played.entries[-len(arriving) :], at)
        while self._idle and self._take_next(self._idle[0], at):
            self._idle.popleft()

    def _accept(self, arriving: Sequence[Visit]) -> None:
        """Hand contacts in at the door, let triage have them, and see which conversation each is in."""
        accepted = accept_now([incoming(visit) for visit in arriving])
        for visit, answer in zip(arriving, accepted, strict=True):
            entry = Entry(visit, len(self._played.entries), visit.at)
            self._played.entries.append(entry)
            self._by_receipt[answer.receipt] = entry
            self._receipt_of[entry.number] = answer.receipt
            self._plan(visit.at + visit.patience, _LEAVE, entry)
            if visit.again_after is not None:
                self._plan(visit.at + visit.again_after, _AGAIN, entry)
        while loop.once():
            pass
        for status in receipts.statuses([answer.receipt for answer in accepted]):
            if status.conversation_id is not None:
                self._file(self._by_receipt[status.receipt], status.conversation_id)
        self._tell_wait(self._by_receipt[accepted[-1].receipt])

    def _tell_wait(self, entry: Entry) -> None:
        """Let whoever came last, one arrival of each look, see their place and be told its wait."""
        case = self._case_of.get(entry.number)
        place = places.open_place(case) if case is not None else None
        told = tell(place) if place is not None else None
        if told is not None and entry.state is State.WAITING:
            entry.low, entry.high = float(told.low), float(told.high)

    def _file(self, entry: Entry, conversation_id: UUID) -> None:
        self._case_of[entry.number] = conversation_id
        others = self._cases.setdefault(conversation_id, [])
        if any(other.state is State.WAITING for other in others):
            entry.state, entry.ended_at = State.MERGED, entry.at
        others.append(entry)

    def _minute(self, at: float) -> None:
        """Ask those who wait whatever the shield wants to know of them by now."""
        name = str(current().name)
        if name != self._postures[-1]:
            self._postures.append(name)
        while self._declared and self._declared[0][0] <= at:
            self._duty.declare(self._declared.popleft()[1])
        if name == "siege":
            self._ask([entry for entry in self._played.entries if entry.state is State.WAITING], at)

    def _ask(self, entries: Sequence[Entry], at: float) -> None:
        self._learn_decisions(entries)
        for entry in entries:
            friction = entry.decision.friction if entry.decision is not None else None
            if friction in QUESTIONS and not entry.asked:
                entry.asked = True
                if entry.visit.answers_after is not None:
                    self._plan(at + entry.visit.answers_after, _ANSWER, entry)
            elif friction in LATER and not entry.offered:
                entry.offered, entry.called_back = True, entry.visit.takes_callback

    def _learn_decisions(self, entries: Sequence[Entry]) -> None:
        decided = self._duty.decisions(self._receipt_of[entry.number] for entry in entries)
        for entry in entries:
            entry.decision = decided.get(self._receipt_of[entry.number], entry.decision)
            entry.first = entry.first or entry.decision

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
            if entry.state is State.WAITING:  # who had left and came again stands in line since then
                entry.reached_at = max(at, entry.at)
            entry.state, entry.ended_at = State.ANSWERED, max(at, entry.at)
            self._settled.add(entry.visit.matter)
        return True

    def _leave(self, entry: Entry, at: float) -> None:
        """Somebody's patience is over: the conversation leaves the line; what they said stays for a later answer."""
        case = self._case_of.get(entry.number)
        if entry.state is State.WAITING and case is not None and not entry.called_back:
            entry.state, entry.ended_at = State.LEFT, at
            places.leave(conversation_id=case, because="gave up waiting")

    def _plan(self, at: float, kind: int, who: Entry | int) -> None:
        heappush(self._events, (at, next(self._numbers), kind, who))


def offer_waits(entries: Sequence[Entry]) -> None:
    """Give those who left the moment their turn would have come: when somebody later of their band was answered.

    Without it only those who stayed would be counted, and a wait that nobody sat through would look well told.
    """
    reached: dict[int, float] = {}
    for entry in reversed(entries):
        band = entry.decision.band if entry.decision is not None else 0
        if entry.reached_at < math.inf:
            reached[band] = min(reached.get(band, math.inf), entry.reached_at)
        elif entry.state in (State.LEFT, State.ANSWERED):  # answered by what they asked when they came again
            entry.reached_at = reached.get(band, math.inf)
