"""The same world in the real house: its gate, its budgets, its signals, its switch and its list, on a simulated clock.

Real are: cases and who has them how, every look (a request and a redemption by functions of the database, with budgets
and restraints inside), the log and its signatures, made-up customers with an address for each viewer, what the desk
says of each opening, the signals and what the house does about them by itself, naming, cutting off, and the signed
list. Not played are words in conversations. Photographs are not taken: whether marks can be read is drawn, at the rate
of the scenario. The person who decides follows the rules in `officer.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from holdfast.drills.insiders import asking
from holdfast.drills.insiders.cases import NO_CASE, Cases
from holdfast.drills.insiders.made_up import MadeUp
from holdfast.drills.insiders.officer import Officer
from holdfast.drills.insiders.record import Record
from holdfast.drills.insiders.scores import Played
from holdfast.drills.insiders.staff import Staff
from holdfast.drills.insiders.world import MADE_UP, Day, Look, Way, World
from holdfast.guard import gate, reveals
from holdfast.guard.ledger import sequencer
from holdfast.guard.radius.models import Sighting
from holdfast.guard.watching import common_point, notices, trips
from holdfast.guard.watching.contract import Kind, Lookup, Refusal, Signal
from holdfast.guard.watching.over_time import PAST
from holdfast.guard.watching.signals import signals
from holdfast.kit import clock
from holdfast.kit.ids import uuid7
from holdfast.people.models import Identity

NAME = "holdfast, the real house"
_SIGHTINGS = "COPY guard_radius_sighting (day, agent_id, conversation_id, customer_id, how, first_at) FROM STDIN"


class Live:
    """One play. Needs Django on a database that holds nobody's data."""

    def __init__(self, world: World) -> None:
        self._world, self._now = world, world.scenario.start
        self.played = Played(NAME, measured=True)
        self._reported: set[int] = set()
        self._heard = -1  # the last day of which it is known who told something

    def play(self, *, progress: Callable[[float], None] = lambda _: None) -> Played:
        """Play to the end; `progress` hears the days that have passed."""
        clock.set_source(lambda: self._now)
        gate.keep(1)
        try:
            self._open()
            for number in self._world.working():
                self._now = self._at(number, hours=7)
                self._officer.morning(number, at=self._now)
                self._day(self._world.day(number))
                self._evening(number)
                progress(number)
                if number >= self._world.scenario.ransom.day:
                    self._officer.ransom(number, at=self._now, reported=self._reported, common=self._in_common)
                    break
            self._officer.list_them(until=self._now)
        finally:
            gate.keep(0)
            clock.set_source(None)
        return self.played

    def _open(self) -> None:
        self._staff = Staff(self._world, past=PAST.days)
        self._cases = Cases(self._world, self._staff)
        self._record = Record(self._world, self._staff, self._cases)
        self._made_up = MadeUp(self._world, by=self._staff.officer)
        self._officer = Officer(self._world, self._staff, self._cases, self.played)
        self._record.remember()

    def _at(self, number: int, *, hours: int) -> datetime:
        return self._world.scenario.start + timedelta(days=number, hours=hours)

    # --- A day ---

    def _day(self, day: Day) -> None:
        there = {each.id for each in self._world.workers} - self.played.cut.keys()
        looks = [look for look in day.looks if look.worker in there and not self._without_lead(look)]
        with transaction.atomic():
            self._now = self._at(day.number, hours=7)
            self._cases.meet(look.customer for look in looks if look.way not in MADE_UP)
            made_up = {place: self._made_up.plant(look) for place, look in enumerate(looks) if look.way in MADE_UP}
            customers = {
                place: made_up[place].customer_id if place in made_up else self._cases.id_of(look.customer)
                for place, look in enumerate(looks)
                if look.way is not Way.SEARCHED
            }
            opened = self._cases.begin([(looks[place], id_) for place, id_ in customers.items()], at=self._now)
            cases = dict(zip(customers, opened, strict=True))
            self._shown_masked(day, looks, there)
        for place, look in enumerate(looks):
            self._now = look.at
            self._look(look, cases.get(place, NO_CASE), day.number, made_up.get(place))
        self._now = self._at(day.number, hours=20)
        self._record.close(day, there=there, at=self._now)
        self._cases.end(at=self._now)
        self._made_up.left_closed((self._staff.agents[worker], at) for at, worker in day.unopened if worker in there)

    def _without_lead(self, look: Look) -> bool:
        return look.way is Way.GIVEN and self._world.lead_of(look.worker) in self.played.cut

    def _look(self, look: Look, case: UUID, day: int, made_up: Identity | None) -> None:
        agent = self._staff.agents[look.worker]
        if made_up is not None:
            self._made_up.look(look, made_up, agent=agent, case=case, day=day)
            return
        row = self._cases.known[look.customer]
        self.played.tried += look.stolen
        if look.way is Way.SEARCHED:
            self._record.lookups.append(Lookup(look.at, agent, "words"))
        said = reveals.reveal(**asking.for_account(agent=agent, case=case, customer=row))
        if isinstance(said, reveals.Denied):
            self._record.refusals.append(Refusal(look.at, agent, row.pk, str(said.outcome)))
            self.played.hindered += not look.stolen
        elif look.stolen:
            self.played.leaked.setdefault(look.customer, day)
            self._officer.pictures[look.customer].add(agent)

    def _shown_masked(self, day: Day, looks: Iterable[Look], there: Collection[int]) -> None:
        """What pages showed under masks: each case that somebody had, each customer that a search listed."""
        at, how = self._at(day.number, hours=8), Sighting.How
        seen = [
            (worker, customer, how.OPENED) for worker, own in day.cases.items() if worker in there for customer in own
        ]
        seen += [(look.worker, look.customer, how.FOUND) for look in looks if look.way is Way.SEARCHED]
        # Thousands a day: objects would take longer than the looks.
        with connection.cursor() as cursor, cursor.copy(_SIGHTINGS) as copy:
            for worker, customer, way in seen:
                row = (at.date(), self._staff.agents[worker], uuid7(), self._cases.id_of(customer), way, at)
                copy.write_row(row)

    # --- What the house notices ---

    def _evening(self, number: int) -> None:
        """The nightly look, with what customers told until then, and who was written to: on days off as well."""
        days = range(self._heard + 1, number + 1)
        for day in days:
            self._reported.update(self._world.reports(day, self.played.leaked))
        self._heard = number
        while sequencer.step():
            pass
        found = [
            *signals(self._record.facts(self._now, refused=self._made_up.refusals)),
            *trips.signals(at=self._now, trials=self._made_up.trials, written_to=self._made_up.written_to(days)),
            *self._common(self._reported),
        ]
        notices.note(found, looked_for=list(Kind))
        for signal in found:
            self.played.noticed.setdefault(self._staff.workers[signal.agent_id].id, set()).add(number)

    def _common(self, reported: Collection[int]) -> list[Signal]:
        seen, customers = self._record.seen_by(self._now), self._world.scenario.house.customers
        accounts = {self._cases.id_of(each) for each in reported}
        return list(common_point.signals(seen, accounts, customers=customers, at=self._now))

    def _in_common(self, reported: Collection[int]) -> set[int]:
        return {signal.agent_id for signal in self._common(reported)}
