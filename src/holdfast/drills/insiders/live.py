"""The same world in the real house: its gate, its budgets, its signals, its switch and its list, on a simulated clock.

Real are: every look (a request and a redemption by functions of the database, with budgets and restraints inside), the
log and its signatures, made-up customers with an address for each viewer, the signals and what the house does about
them by itself, naming, cutting off, and the signed list. Not played are conversations: a case is the grant that its
assignment would open, and what explains an opening is told by the world, as the house reads it from assignments.
Photographs are not taken: whether marks can be read is drawn, at the rate of the scenario. The person who decides
follows the rules at `_morning` and `_ransom`.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from uuid import UUID, uuid5

from django.db import connection, transaction

from holdfast.drills.insiders import open_page
from holdfast.drills.insiders.made_up import MadeUp
from holdfast.drills.insiders.scores import Played
from holdfast.drills.insiders.world import Day, Look, Way, World
from holdfast.guard import gate, reveals
from holdfast.guard.data_keys import keys_for
from holdfast.guard.fields import seal
from holdfast.guard.ledger import sequencer
from holdfast.guard.models import Grant
from holdfast.guard.radius.contract import Class, Question
from holdfast.guard.radius.models import Sighting
from holdfast.guard.watching import common_point, notices, trips
from holdfast.guard.watching.canaries import is_canary
from holdfast.guard.watching.contract import (
    Approval,
    Came,
    Facts,
    Kind,
    Lookup,
    Oddity,
    Opening,
    Person,
    Refusal,
    Signal,
)
from holdfast.guard.watching.contract import Day as Counted
from holdfast.guard.watching.signals import signals
from holdfast.incidents.radius import making
from holdfast.kit import clock
from holdfast.kit.ids import uuid7
from holdfast.people import cutting_off
from holdfast.people.cut_off_targets import Target
from holdfast.people.models import Agent, Customer, Role, Team, Vendor

NAME = "holdfast, the real house"
_NAMES = UUID("6f0d7f3a-2f57-4f0e-9a35-3a0b8a3c7c11")
_QUEUE = 1
_SEEN_WITHIN = timedelta(days=60)
_PAST_DAYS = 84
_KEPT = timedelta(days=29)  # openings and approvals that a look still reads
_SIGHTINGS = "COPY guard_radius_sighting (day, agent_id, conversation_id, customer_id, how, first_at) FROM STDIN"
_ODD = {Way.TAKEN: {Oddity.SELF_ASSIGNED, Oddity.NO_WORD_AFTER}, Way.GIVEN: {Oddity.NOT_ROUTED, Oddity.NO_WORD_AFTER}}

_CAME = {Way.TAKEN: Came.PICKED, Way.GIVEN: Came.GIVEN}


class Live:
    """One play. Needs Django on a database that holds nobody's data."""

    def __init__(self, world: World) -> None:
        self._world, self._now = world, world.scenario.start
        self.played = Played(NAME, measured=True)
        self._openings: list[Opening] = []
        self._refusals: list[Refusal] = []
        self._approvals: list[Approval] = []
        self._lookups: list[Lookup] = []
        self._counted: list[Counted] = []
        self._reported: set[int] = set()
        self._known: dict[int, Customer] = {}
        self._number: dict[UUID, int] = {}
        self._pictures: dict[int, set[int]] = defaultdict(set)

    def play(self, *, progress: Callable[[float], None] = lambda _: None) -> Played:
        """Play to the end; `progress` hears the days that have passed."""
        clock.set_source(lambda: self._now)
        gate.keep(1)
        try:
            self._hire()
            self._remember()
            for number in self._world.working():
                self._morning(number)
                self._day(self._world.day(number))
                self._evening(number)
                progress(number)
                if number >= self._world.scenario.ransom.day:
                    self._ransom(number)
                    break
            self._list()
        finally:
            gate.keep(0)
            clock.set_source(None)
        return self.played

    # --- People ---

    def _hire(self) -> None:
        house, long_ago = self._world.scenario.house, self._now - timedelta(days=400)
        vendors = [Vendor.objects.create(name=f"Vendor {chr(84 + number)}") for number in range(house.vendors)]
        teams: dict[int, Team] = {}
        self._agents: dict[int, int] = {}
        for worker in self._world.workers:
            if worker.team not in teams:
                team = Team.objects.create(name=f"Team {worker.team + 1}", vendor=vendors[worker.vendor])
                teams[worker.team] = team
            role = Role.LEAD if worker.lead else Role.AGENT
            agent = Agent.objects.create_user(
                f"w{worker.id}@drill.example", name=f"Agent {worker.id}", role=role, team=teams[worker.team],
                created_at=long_ago,
            )  # fmt: skip
            self._agents[worker.id] = agent.pk
        officer = Agent.objects.create_user(
            "officer@drill.example", name="Security", role=Role.SECURITY, created_at=long_ago
        )
        self._made_up = MadeUp(self._world, by=officer.pk)
        self._officer, self._workers = officer.pk, {pk: worker for worker, pk in self._agents.items()}
        self._people = tuple(
            Person(self._agents[each.id], teams[each.team].pk, vendors[each.vendor].pk, frozenset({_QUEUE}), long_ago)
            for each in self._world.handlers
        )

    def _remember(self) -> None:
        """The house has been open before: what it counted in twelve weeks in which nobody sold anything."""
        for number in self._world.working(first=-_PAST_DAYS):
            if number >= 0:
                break
            day = self._world.day(number)
            date = (self._world.scenario.start + timedelta(days=number)).date()
            for worker in self._world.handlers:
                own = [each for each in day.looks if each.worker == worker.id and each.way is not Way.HONEY]
                odd = sum(each.way in _ODD for each in own)
                cases = len(day.cases[worker.id])
                came = Counter((each.at.hour // 8, _CAME.get(each.way, Came.ROUTED)) for each in own)
                self._counted.append(
                    Counted(self._agents[worker.id], date, cases, len(own), len(own), odd, came=_sorted(came))
                )
            self._approvals += [
                Approval(each.at, self._agents[each.by], self._agents[each.for_worker]) for each in day.approvals
            ]

    def _meet(self, customers: Iterable[int]) -> None:
        """Customers get a row, a key and a sealed value when somebody first wants to see it."""
        new = sorted({each for each in customers if each not in self._known})
        ids = {each: self._id(each) for each in new}
        keys = keys_for(list(ids.values()))
        rows = []
        for each, id_ in ids.items():
            row = Customer(id=id_, reference=f"DR-{each}")
            value = f"GB33DRIL{each:014}"
            row.iban = seal(f"people_customer.iban.{id_}", value, mask="iban", owner=id_, key=keys[id_])
            rows.append(row)
            self._number[id_] = each
        Customer.objects.bulk_create(rows)
        self._known |= dict(zip(new, rows, strict=True))

    def _id(self, customer: int) -> UUID:
        return uuid5(_NAMES, f"{self._world.seed} {customer}")

    # --- A day ---

    def _day(self, day: Day) -> None:
        there = {each.id for each in self._world.handlers} - self.played.cut.keys()
        looks = [look for look in day.looks if look.worker in there and not self._without_lead(look)]
        with transaction.atomic():
            self._meet(look.customer for look in looks if look.way is not Way.HONEY)
            made_up = {place: self._made_up.plant(look) for place, look in enumerate(looks) if look.way is Way.HONEY}
            cases = {place: uuid7() for place, look in enumerate(looks) if look.way is not Way.SEARCHED}
            Grant.objects.bulk_create(
                Grant(
                    agent_id=self._agents[looks[place].worker],
                    conversation_id=case,
                    customer_id=made_up[place].customer_id if place in made_up else self._id(looks[place].customer),
                    opened_at=looks[place].at,
                )
                for place, case in cases.items()
            )
            self._shown_masked(day, looks, there)
        for place, look in enumerate(looks):
            self._now = look.at
            if place in made_up:
                agent = self._agents[look.worker]
                self._made_up.look(look, made_up[place], agent=agent, case=cases[place], day=day.number)
            else:
                self._look(look, cases.get(place, _NAMES), day.number)
        self._now = self._world.scenario.start + timedelta(days=day.number, hours=20)
        Grant.objects.filter(conversation_id__in=list(cases.values())).update(closed_at=self._now)
        self._count(day, looks, there)

    def _without_lead(self, look: Look) -> bool:
        return look.way is Way.GIVEN and self._world.lead_of(look.worker) in self.played.cut

    def _look(self, look: Look, case: UUID, day: int) -> None:
        agent, row = self._agents[look.worker], self._known[look.customer]
        if look.stolen:
            self.played.tried += 1
        said = reveals.reveal(
            agent_id=agent,
            session_key=f"session of {agent}",
            conversation_id=case,
            customer_id=row.pk,
            sealed=row.iban,
            field="iban",
            purpose="payment",
        )
        if isinstance(said, reveals.Denied):
            self._refusals.append(Refusal(look.at, agent, row.pk, str(said.outcome)))
            if not look.stolen:
                self.played.hindered += 1
        else:
            oddities, came = frozenset(_ODD.get(look.way, ())), _CAME.get(look.way, Came.ROUTED)
            self._openings.append(Opening(said.entry, look.at, agent, row.pk, case, "iban", _QUEUE, oddities, came))
            if look.stolen:
                self.played.leaked.setdefault(look.customer, day)
                self._pictures[look.customer].add(agent)
        if look.way is Way.SEARCHED:
            self._lookups.append(Lookup(look.at, agent, "words"))

    def _shown_masked(self, day: Day, looks: Iterable[Look], there: Collection[int]) -> None:
        """What pages showed under masks: each case that somebody had, each customer that a search listed."""
        date = (self._world.scenario.start + timedelta(days=day.number)).date()
        at = self._world.scenario.start + timedelta(days=day.number, hours=8)
        how = Sighting.How
        seen = [(worker, customer, how.OPENED) for worker in there for customer in day.cases[worker]]
        seen += [(look.worker, look.customer, how.FOUND) for look in looks if look.way is Way.SEARCHED]
        # Thousands a day: objects would take longer than the looks.
        with connection.cursor() as cursor, cursor.copy(_SIGHTINGS) as copy:
            for worker, customer, way in seen:
                copy.write_row((date, self._agents[worker], uuid7(), self._id(customer), way, at))

    def _count(self, day: Day, looks: Iterable[Look], there: Collection[int]) -> None:
        date = self._now.date()
        mine: dict[int, list[Opening]] = defaultdict(list)
        for opening in reversed(self._openings):
            if opening.at.date() != date:
                break
            mine[opening.agent_id].append(opening)
        searched = defaultdict[int, int](int)
        for look in looks:
            searched[look.worker] += look.way is Way.SEARCHED
        for worker in there:
            own = mine[self._agents[worker]]
            unexplained = sum(not each.explained for each in own)
            cases = len(day.cases[worker])
            came = Counter((each.at.hour // 8, each.came) for each in own)
            self._counted.append(
                Counted(
                    self._agents[worker],
                    date,
                    cases,
                    len(own),
                    len(own),
                    unexplained,
                    searched[worker],
                    came=_sorted(came),
                )
            )
        self._made_up.trials += [
            trips.Trial(self._agents[who], at, opened=False) for at, who in day.unopened if who in there
        ]
        self._approvals += [
            Approval(each.at, self._agents[each.by], self._agents[each.for_worker])
            for each in day.approvals
            if each.by not in self.played.cut and each.for_worker in there
        ]

    # --- What the house notices ---

    def _evening(self, number: int) -> None:
        """The nightly look, with what customers told until then."""
        self._reported.update(self._world.reports(number, self.played.leaked))
        while sequencer.step():
            pass
        old = self._now - _KEPT
        self._refusals = [each for each in self._refusals if each.at > old]
        self._approvals = [each for each in self._approvals if each.at > old]
        self._lookups = [each for each in self._lookups if each.at > old]
        facts = Facts(
            at=self._now,
            people=self._people,
            days=tuple(each for each in self._counted if each.day > self._now.date() - timedelta(days=_PAST_DAYS)),
            openings=tuple(each for each in self._openings if each.at > old),
            refusals=(*self._refusals, *(each for each in self._made_up.refusals if each.at > old)),
            approvals=tuple(self._approvals),
            lookups=tuple(self._lookups),
        )
        found = [
            *signals(facts),
            *trips.signals(at=self._now, trials=self._made_up.trials, written_to=self._made_up.written_to(number)),
            *self._common(self._reported),
        ]
        notices.note(found, looked_for=list(Kind))
        for signal in found:
            self.played.noticed.setdefault(self._workers[signal.agent_id], set()).add(number)

    def _common(self, reported: Collection[int]) -> list[Signal]:
        since = self._now - _SEEN_WITHIN
        seen: dict[int, set[UUID]] = defaultdict(set)
        for opening in self._openings:
            if opening.at > since:
                seen[opening.agent_id].add(opening.customer_id)
        customers = self._world.scenario.house.customers
        return list(
            common_point.signals(seen, {self._id(each) for each in reported}, customers=customers, at=self._now)
        )

    def _morning(self, number: int) -> None:
        """A person reads what is open, without names. By two independent signals they name and cut off; else wait."""
        self._now = self._world.scenario.start + timedelta(days=number, hours=7)
        for dossier in notices.dossiers():
            if dossier.may_be_named:
                agent = notices.name(dossier.alias, words="Two independent signals, read", by=self._officer)
                self._cut_off(agent, number)

    def _cut_off(self, agent: int, number: int) -> None:
        worker = self._workers[agent]
        if worker in self.played.cut:
            return
        self._meet([0])
        page = open_page.opened(agent=agent, customer=self._known[0], at=self._now)
        began = time.monotonic()
        cutting_off.begin(
            target=Target(cutting_off.Scope.AGENT, agent), kind=cutting_off.Kind.OUT, why="Drill", by=self._officer
        )
        took = (time.monotonic() - began) / 60
        self.played.minutes_to_no_access = max(took, self.played.minutes_to_no_access or 0.0)
        self.played.cut[worker] = number
        self.played.after_cut = (self.played.after_cut or 0) + page.still_opens()

    # --- The end ---

    def _ransom(self, number: int) -> None:
        """Records come with a demand for money, as photographs. Who stands out by them is looked at.

        By what the sample's customers have in common, and by marks that can be read: both are of the same pictures and
        count as one. With a second, customers' reports or an open signal, a person cuts off.
        """
        sample = self._world.sample(self.played.leaked)
        by_sample = {signal.agent_id for signal in self._common(sample)}
        by_marks = {agent for each in sample if self._world.readable(each) for agent in self._pictures[each]}
        besides = {signal.agent_id for signal in self._common(self._reported)}
        besides |= {dossier.agent_id for dossier in notices.dossiers()}
        for agent in sorted((by_sample | by_marks) & besides):
            self._cut_off(agent, number)

    def _list(self) -> None:
        """The signed list, over everybody who was cut off, from the first day on."""
        agents = sorted(self._agents[worker] for worker in self.played.cut)
        if not agents:
            return
        began = time.monotonic()
        until = self._now + timedelta(seconds=1)
        made = making.make(
            Question(agents=tuple(agents), since=self._world.scenario.start, until=until), by=self._officer
        )
        self.played.hours_to_list = (time.monotonic() - began) / 3600
        told = made.radius.customers(Class.RELEASED)
        self.played.told = {self._number[each] for each in told if not is_canary(each)}


def _sorted(came: Counter[tuple[int, Came]]) -> tuple[tuple[int, Came, int], ...]:
    return tuple((third, way, count) for (third, way), count in sorted(came.items()))
