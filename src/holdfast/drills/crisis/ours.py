"""The shield's order of the line in memory: what `conversations/places.py` and `shield/assess.py` do in the database.

Bands by the judge's score; inside a band fair between strata while a flood is on, else by arrival; every 33rd case is
the one that has waited longest of all. With every contact in band 0 and no alarm this is first come, first served.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from heapq import heappop, heappush
from typing import Protocol

from holdfast.drills.crisis.room import Entry, State
from holdfast.drills.crisis.scores import NAMED
from holdfast.shield.evidence import Challenge, Decision, Evidence, Friction, MinuteReport

FLOOR = 33
"""One case in so many is handed out oldest first: 3 %."""


class Judging(Protocol):
    """What this policy needs of the shield."""

    def judge(self, evidence: Evidence) -> Decision:
        """Decide on one contact; one seen before, with an answer to its question now, is decided anew."""
        ...

    def reports(self) -> Sequence[MinuteReport]:
        """The minutes closed so far."""
        ...


class Shield:
    """Score-ordered bands with a floor."""

    one_case = True

    def __init__(self, judge: Judging, *, guaranteed: dict[str, float], name: str = "holdfast") -> None:
        self.name = name
        self._judge = judge
        self._fair = FairTimes(guaranteed)
        self._line: list[tuple[int, float, int, Entry]] = []
        self._keys: dict[int, tuple[int, float]] = {}
        self._oldest: deque[Entry] = deque()
        self._handed_out = 0
        self._alarm = False

    def arrive(self, entry: Entry, at: float) -> Friction:
        """Stand where the judge says; tell what is asked."""
        decision = self._judge.judge(entry.visit.evidence)
        entry.first = entry.decision = decision
        self._oldest.append(entry)
        self._stand(entry, decision.band, at)
        return decision.friction

    def next(self, at: float) -> Entry | None:
        """Take the best placed, or, every 33rd time, whoever has waited longest."""
        if (self._handed_out + 1) % FLOOR == 0 and (oldest := self._longest()) is not None:
            return self._take(oldest)
        while self._line:
            band, fair_at, _, entry = heappop(self._line)
            if self._keys.get(entry.number) == (band, fair_at):
                return self._take(entry)
        return None

    def answer(self, entry: Entry, challenge: Challenge, at: float) -> None:
        """Judge once more, knowing what was answered."""
        decision = self._judge.judge(replace(entry.visit.evidence, challenge=challenge))
        entry.decision = decision
        self._stand(entry, decision.band, at)

    def ended(self, entry: Entry, at: float) -> None:
        """Who has gone is skipped when their turn comes."""

    def minute(self, at: float) -> None:
        """Look at the newest report: strata are kept fair only while a flood is on."""
        reports = self._judge.reports()
        self._alarm = bool(reports) and reports[-1].flood_share >= NAMED

    def _stand(self, entry: Entry, band: int, at: float) -> None:
        fair_at = self._fair.stamp(entry.visit.evidence, band, entry.at) if self._alarm else entry.at
        self._keys[entry.number] = band, fair_at
        heappush(self._line, (band, fair_at, entry.number, entry))

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

    def __init__(self, guaranteed: dict[str, float]) -> None:
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
