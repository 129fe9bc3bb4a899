"""The shield's order of the line in memory: what `conversations/places.py` and `shield/assess.py` do in the database.

Bands by the judge's score; inside a band fair between strata while a flood is on, else by arrival; every 33rd case is
the one that has waited longest of all. With every contact in band 0 and no alarm this is first come, first served.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from heapq import heappop, heappush

from holdfast.drills.crisis.room import Entry, State
from holdfast.drills.crisis.telling import Telling
from holdfast.drills.crisis.world import World
from holdfast.shield.evidence import Challenge, Decision, Evidence, Friction, MinuteReport
from holdfast.shield.judge import Judge

FLOOR = 33
"""One case in so many is handed out oldest first: 3 %."""


class Shield:
    """Score-ordered bands with a floor. `reports` are the minutes closed so far.

    Those who wait are judged anew when a flood is named; doing so every few minutes changed no result. When it is over
    they stay where they are: thousands who came with it would else stand before everybody who comes later.
    """

    one_case = True

    def __init__(self, world: World, judge: Judge, *, guaranteed: Mapping[str, float]) -> None:
        self.name = "holdfast"
        self.reports: list[MinuteReport] = []
        self._start = world.scenario.start
        self._declared = deque(world.declared())
        self._judge = judge
        self._fair = FairTimes(guaranteed)
        self._line: list[tuple[int, float, int, Entry]] = []
        self._keys: dict[int, tuple[int, float]] = {}
        self._known: dict[int, Evidence] = {}
        self._named = False
        self._oldest: deque[Entry] = deque()
        self._handed_out = 0
        self._telling = Telling(floor=FLOOR)

    def arrive(self, entry: Entry, at: float) -> Friction:
        """Stand where the judge says; tell what is asked."""
        decision = self._judge.judge(entry.visit.evidence)
        entry.first = decision
        self._known[entry.number] = entry.visit.evidence
        self._oldest.append(entry)
        self._stand(entry, decision, at)
        self._telling.tell(entry, at)
        return decision.friction

    def joined(self, entry: Entry, at: float) -> None:
        """A second contact of a case is counted like any, and stands nowhere of its own."""
        entry.first = entry.decision = self._judge.judge(entry.visit.evidence)

    def next(self, at: float) -> Entry | None:
        """Take the best placed, or, every 33rd time, whoever has waited longest."""
        if (self._handed_out + 1) % FLOOR == 0 and (oldest := self._longest()) is not None:
            return self._take(oldest)
        while self._line:
            band, fair_at, number, entry = heappop(self._line)
            if self._keys.get(number) == (band, fair_at):
                return self._take(entry)
        return None

    def answer(self, entry: Entry, challenge: Challenge, at: float) -> None:
        """Judge once more, knowing what was answered."""
        self._known[entry.number] = replace(self._known[entry.number], challenge=challenge)
        self._stand(entry, self._judge.again(self._known[entry.number]), at)

    def ended(self, entry: Entry, at: float) -> None:
        """Who has gone is judged no more, and skipped when their turn comes."""
        self._known.pop(entry.number, None)
        self._telling.ended(entry, at)

    def minute(self, at: float) -> list[tuple[Entry, Friction]]:
        """Close the minute; while a flood is on, judge those who wait under the new model."""
        while self._declared and self._declared[0][0] < at:
            self._judge.declare(self._declared.popleft()[1])
        self._judge.pass_time(self._start + timedelta(minutes=at))
        self.reports += self._judge.reports()
        known, self._named = self._named, self._judge.model.alarm == "flood"
        if known or not self._named:
            return []
        asked: list[tuple[Entry, Friction]] = []
        for entry in self._oldest:
            if entry.number in self._keys and entry.state is State.WAITING:
                decision = self._judge.again(self._known[entry.number])
                self._stand(entry, decision, at)
                asked.append((entry, decision.friction))
        return asked

    def _stand(self, entry: Entry, decision: Decision, at: float) -> None:
        moved = entry.decision is None or entry.decision.band != decision.band
        entry.decision = decision
        if moved:
            fair_at = entry.at
            if self._named:
                fair_at = self._fair.stamp(self._known[entry.number], decision.band, entry.at)
            self._keys[entry.number] = decision.band, fair_at
            heappush(self._line, (decision.band, fair_at, entry.number, entry))
            self._telling.stands(entry, band=decision.band, fair_at=fair_at, at=at)

    def _take(self, entry: Entry) -> Entry:
        del self._keys[entry.number]
        # Who has left costs nobody a turn.
        self._handed_out += entry.state is State.WAITING
        return entry

    def _longest(self) -> Entry | None:
        while self._oldest:
            entry = self._oldest.popleft()
            if entry.number in self._keys and entry.state is State.WAITING:
                return entry
        return None


class FairTimes:
    """Stamps by which strata share a band: each is guaranteed a rate, and what comes beyond it stands further back.

    The virtual scheduling of the generic cell rate algorithm (ITU-T I.371): a stratum within its rate keeps its time of
    arrival, the n-th contact beyond it is stamped n intervals later.
    """

    _BURST = 10

    def __init__(self, guaranteed: Mapping[str, float]) -> None:
        self._guaranteed = guaranteed
        self._due: dict[tuple[str, int], float] = {}

    def stamp(self, evidence: Evidence, band: int, at: float) -> float:
        """Return the moment by which a contact that arrived at minute `at` is ordered in its band."""
        name = stratum(evidence)
        interval = 1 / max(self._guaranteed.get(name, 0.0), 0.01)
        due = max(at, self._due.get((name, band), 0.0))
        self._due[name, band] = due + interval
        return max(at, due - self._BURST * interval)


def stratum(evidence: Evidence) -> str:
    """Name the group whose guaranteed share a contact can use: how it came and how sure it is who it is."""
    return f"{'machine' if evidence.channel == 'assistant' else 'human'}-{evidence.verification}"
