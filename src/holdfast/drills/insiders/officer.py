"""The person who decides in a play, by fixed rules: whom to name and cut off, and the list in the end."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from uuid import UUID

from holdfast.drills.insiders import open_page
from holdfast.drills.insiders.cases import Cases
from holdfast.drills.insiders.scores import Played
from holdfast.drills.insiders.staff import Staff
from holdfast.drills.insiders.world import Look, Way, World
from holdfast.guard.radius.contract import Class, Question
from holdfast.guard.watching import notices
from holdfast.guard.watching.canaries import is_canary
from holdfast.incidents.radius import making
from holdfast.people import cutting_off
from holdfast.people.cut_off_targets import Target

Common = Callable[[Collection[int]], Collection[int]]
"""Which agents the customers of a list have in common, by whose values were opened."""


class Officer:
    """Reads, decides and makes the list. What comes of it is in `played`."""

    def __init__(self, world: World, staff: Staff, cases: Cases, played: Played) -> None:
        self._world, self._staff, self._cases, self._played = world, staff, cases, played
        self.pictures: dict[int, set[int]] = defaultdict(set)
        """Who took a picture of which customer's value: what the marks of it would say."""

    def morning(self, number: int, *, at: datetime) -> None:
        """Read what is open, without names. By two independent signals name and cut off; else wait."""
        for dossier in notices.dossiers():
            if dossier.may_be_named:
                agent = notices.name(dossier.alias, words="Two independent signals, read", by=self._staff.officer)
                self._cut_off(agent, number, at=at)

    def ransom(self, number: int, *, at: datetime, reported: Collection[int], common: Common) -> None:
        """Records come with a demand for money, as photographs. Who stands out by them is looked at.

        By what the sample's customers have in common, and by marks that can be read: both are of the same pictures and
        count as one. With a second, customers' reports or an open signal, a person cuts off.
        """
        sample = self._world.sample(self._played.leaked)
        by_marks = {agent for each in sample if self._world.readable(each) for agent in self.pictures[each]}
        besides = {*common(reported), *(dossier.agent_id for dossier in notices.dossiers())}
        for agent in sorted({*common(sample), *by_marks} & besides):
            self._cut_off(agent, number, at=at)

    def list_them(self, *, until: datetime) -> None:
        """The signed list, over everybody who was cut off, from the first day on."""
        agents = sorted(self._staff.agents[worker] for worker in self._played.cut)
        if not agents:
            return
        began = time.monotonic()
        question = Question(agents=tuple(agents), since=self._world.scenario.start, until=until + timedelta(seconds=1))
        made = making.make(question, by=self._staff.officer)
        self._played.hours_to_list = (time.monotonic() - began) / 3600
        told = made.radius.customers(Class.RELEASED)
        self._played.told = {self._cases.number[each] for each in told if not is_canary(each)}

    def _cut_off(self, agent: int, number: int, *, at: datetime) -> None:
        worker = self._staff.workers[agent].id
        if worker in self._played.cut:
            return
        page = open_page.opened(agent=agent, case=self._one_more_case(worker, at), customer=self._cases.known[0])
        began = time.monotonic()
        cutting_off.begin(
            target=Target(cutting_off.Scope.AGENT, agent),
            kind=cutting_off.Kind.OUT,
            why="Drill",
            by=self._staff.officer,
        )
        took = (time.monotonic() - began) / 60
        self._played.minutes_to_no_access = max(took, self._played.minutes_to_no_access or 0.0)
        self._played.cut[worker] = number
        self._played.after_cut = (self._played.after_cut or 0) + page.still_opens()

    def _one_more_case(self, worker: int, at: datetime) -> UUID:
        self._cases.meet([0])
        (case,) = self._cases.begin([(Look(at, worker, 0, Way.ROUTED, stolen=False), self._cases.id_of(0))], at=at)
        return case
