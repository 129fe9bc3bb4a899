"""What a nightly look of a play reads: openings as the desk has them from its own rows, and what the world tells.

The desk says of each opening how its case came, whether that explains it, whether the customer is unusual for the
queue, and whether it was outside of the roster. The past before the play is told: nobody opened anything in it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid5

from holdfast.desk.watch.days import counted
from holdfast.desk.watch.openings import openings
from holdfast.drills.insiders.cases import NO_CASE, Cases
from holdfast.drills.insiders.staff import Staff
from holdfast.drills.insiders.world import MADE_UP, Look, Way, World
from holdfast.drills.insiders.world import Day as Played
from holdfast.guard.watching import rosters
from holdfast.guard.watching.contract import Approval, Came, Day, Facts, Lookup, Oddity, Opening, Refusal
from holdfast.guard.watching.over_time import PAST, RECENT

_KEPT = RECENT + timedelta(days=1)  # openings and approvals that a look still reads
_SEEN_WITHIN = timedelta(days=60)
_CAME = {Way.TAKEN: Came.PICKED, Way.GIVEN: Came.GIVEN}


class Record:
    """What is on record of one play. `refusals` and `lookups` are noted as they happen."""

    def __init__(self, world: World, staff: Staff, cases: Cases) -> None:
        self._world, self._staff, self._cases = world, staff, cases
        self.refusals: list[Refusal] = []
        self.lookups: list[Lookup] = []
        self._openings: list[Opening] = []
        self._approvals: list[Approval] = []
        self._days: list[Day] = []

    def remember(self) -> None:
        """The house has been open before: what it counted in twelve weeks in which nobody sold anything."""
        for number in self._world.working(first=-PAST.days):
            if number >= 0:
                break
            day = self._world.day(number)
            own: dict[int, list[Opening]] = defaultdict(list)
            for look in day.looks:
                if look.way not in MADE_UP:
                    own[look.worker].append(self._told(look))
            self._count(day, own, there={each.id for each in self._world.workers})

    def close(self, day: Played, *, there: Collection[int], at: datetime) -> None:
        """Read what the desk has of this day, and count it. `there`: who works here, by their number in the world."""
        found: dict[int, list[Opening]] = defaultdict(list)
        for opening in openings(datetime.combine(at.date(), time(), at.tzinfo), at, at=at):
            self._openings.append(opening)
            found[self._staff.workers[opening.agent_id].id].append(opening)
        self._count(day, found, there=there)

    def facts(self, at: datetime, *, refused: Iterable[Refusal]) -> Facts:
        """Return the facts of a look at `at`; `refused` are those of made-up customers."""
        old = at - _KEPT
        self.refusals = [each for each in self.refusals if each.at > old]
        self._approvals = [each for each in self._approvals if each.at > old]
        self.lookups = [each for each in self.lookups if each.at > old]
        return Facts(
            at=at,
            people=self._staff.people,
            days=tuple(each for each in self._days if each.day > at.date() - PAST),
            openings=tuple(each for each in self._openings if each.at > old),
            refusals=(*self.refusals, *(each for each in refused if each.at > old)),
            approvals=tuple(self._approvals),
            lookups=tuple(self.lookups),
            rostered=rosters.rostered(rosters.shifts(at - PAST, at), since=at - PAST, split=at - RECENT, at=at),
        )

    def seen_by(self, at: datetime) -> Mapping[int, set[UUID]]:
        """Return of whom each agent opened a value in the last sixty days."""
        seen: dict[int, set[UUID]] = defaultdict(set)
        for opening in self._openings:
            if opening.at > at - _SEEN_WITHIN:
                seen[opening.agent_id].add(opening.customer_id)
        return seen

    def _count(self, day: Played, found: Mapping[int, list[Opening]], *, there: Collection[int]) -> None:
        searched = Counter(look.worker for look in day.looks if look.way is Way.SEARCHED)
        for worker, cases in day.cases.items():
            if worker in there:
                agent, own = self._staff.agents[worker], found.get(worker, ())
                self._days.append(counted(agent, self._date(day), own, cases=len(cases), searches=searched[worker]))
        self._approvals += [
            Approval(each.at, self._staff.agents[each.by], self._staff.agents[each.for_worker])
            for each in day.approvals
            if each.by in there and each.for_worker in there
        ]

    def _date(self, day: Played) -> date:
        return (self._world.scenario.start + timedelta(days=day.number)).date()

    def _told(self, look: Look) -> Opening:
        """An opening of the time before, which has no row."""
        return Opening(
            entry=NO_CASE,
            at=look.at,
            agent_id=self._staff.agents[look.worker],
            customer_id=self._cases.id_of(look.customer),
            conversation_id=uuid5(NO_CASE, f"{look.at} {look.worker}"),
            field="iban",
            oddities=frozenset({Oddity.SELF_ASSIGNED} if look.way is Way.TAKEN else ()),
            came=_CAME.get(look.way, Came.ROUTED),
            outside="rare" if self._world.rare(look.customer) else "",
            off_shift=look.at > self._world.shift((look.at - self._world.scenario.start).days)[1] + rosters.GRACE,
        )
