"""Cases open and close, holds begin and end, the clock moves, runs are broken off: only what is old and free goes.

The model knows when each case was last touched, what holds it and whose it is. Whatever the order, nothing held,
open or young ever goes; after a whole run nothing old and free is left; and a second run removes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run
from tests.retention.conftest import age_key

from holdfast.conversations.closures import close, reopen
from holdfast.conversations.models import Conversation
from holdfast.conversations.threading import thread
from holdfast.conversations.to_thread import ToThread
from holdfast.guard.models import DataKey
from holdfast.kit import clock
from holdfast.kit.ids import uuid7
from holdfast.people.models import Agent, Customer, Role
from holdfast.retention import holds, looking, plan, working

NTH = st.integers(0, 3)
CASES, PEOPLE = 120, 200  # days of the plan


@dataclass
class Case:
    """A case as the model has it."""

    id: UUID
    customer: int
    touched: datetime
    open: bool = True
    gone: bool = False
    hold: UUID | None = None


@dataclass
class Person:
    """A customer as the model has it."""

    id: UUID
    known: datetime
    last: datetime
    gone: bool = False
    hold: UUID | None = None


@dataclass
class Told:
    """What the model knows."""

    cases: list[Case] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)


class Keeping(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.now = datetime(2020, 1, 1, tzinfo=UTC)
        clock.set_source(lambda: self.now)
        Conversation.objects.all().delete()  # of the examples before
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            for table in ("retention_release", "retention_plan", "retention_hold", "retention_look"):
                cursor.execute(f"DELETE FROM {table}")
            cursor.execute("SET session_replication_role = origin")
        self.admin = Agent.objects.get_or_create(
            email="ada@desk.example", defaults={"name": "Ada", "role": Role.ADMIN}
        )[0]
        days = {**plan.DEFAULT, "cases": CASES, "customers": PEOPLE}
        plan.keep(look_id=looking.look(days=days, by=self.admin.pk), by=self.admin.pk)
        self.told = Told()
        for n in range(4):
            made = Customer.objects.create(name=f"Somebody {n}", reference=uuid7().hex, created_at=self.now)
            age_key(made.pk, 365 * 6)
            self.told.people.append(Person(made.pk, self.now, self.now))

    @rule(nth=NTH)
    def write(self, nth: int) -> None:
        person = self.told.people[nth]
        if person.gone:
            return
        went = thread(
            [
                ToThread(
                    contact_id=uuid7(),
                    text="Hello",
                    channel="api",
                    customer_id=person.id,
                    at=self.now,
                    subject=uuid7().hex,
                )
            ]
        )[0]
        self.told.cases.append(Case(went.conversation_id, nth, self.now))

    @rule(nth=NTH)
    def close(self, nth: int) -> None:
        if case := self._case(nth):
            close(conversation_id=case.id, by=None)
            if case.open:
                case.open, case.touched = False, self.now

    @rule(nth=NTH)
    def reopen(self, nth: int) -> None:
        if (case := self._case(nth)) and not case.open:
            reopen(conversation_id=case.id, by=None)
            case.open, case.touched = True, self.now

    @rule(nth=NTH)
    def hold_case(self, nth: int) -> None:
        if (case := self._case(nth)) and case.hold is None:
            number = Conversation.objects.get(pk=case.id).number
            case.hold = holds.place(number=number, why="A claim", by=self.admin.pk)

    @rule(nth=NTH)
    def hold_person(self, nth: int) -> None:
        person = self.told.people[nth]
        if person.hold is None and not person.gone:
            reference = Customer.objects.get(pk=person.id).reference or ""
            person.hold = holds.place(reference=reference, why="A claim", by=self.admin.pk)

    @rule(nth=NTH)
    def end_hold(self, nth: int) -> None:
        for each in (self.told.people[nth], self._case(nth)):
            if each is not None and each.hold is not None:
                holds.end(each.hold, by=self.admin.pk)
                each.hold = None

    @rule(days=st.integers(1, 150))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days, minutes=7)

    @rule()
    def run_a_little(self) -> None:
        """A batch of one, then the worker is gone. What went is read from the tables, and has to be free to go."""
        working.work(seconds=0, limit=1)
        self._read()

    @rule()
    def run_to_the_end(self) -> None:
        started = self._started()
        working.work(seconds=60)
        self._read()
        if started is None:
            return
        for case in self.told.cases:
            assert case.gone or not self._case_is_over(case, started), "something old and free was left"
        for person in self.told.people:
            assert person.gone or not self._person_is_over(person, started), "somebody was left"
        assert not working.work(seconds=60).went

    @invariant()
    def nothing_open_is_gone(self) -> None:
        if hasattr(self, "told"):
            self._read()

    def teardown(self) -> None:
        clock.set_source(None)

    def _started(self) -> datetime | None:
        """The moment that the coming run counts from; `None` where none would begin or one is under way."""
        busy = working.why_idle() or working.Release.objects.filter(end="").exists()
        return None if busy else self.now

    def _case(self, nth: int) -> Case | None:
        there = [case for case in self.told.cases if not case.gone]
        return there[nth % len(there)] if there else None

    def _held(self, case: Case) -> bool:
        return case.hold is not None or self.told.people[case.customer].hold is not None

    def _case_is_over(self, case: Case, moment: datetime) -> bool:
        return not case.open and not self._held(case) and case.touched < moment - timedelta(days=CASES)

    def _person_is_over(self, person: Person, moment: datetime) -> bool:
        theirs = [case for case in self.told.cases if self.told.people[case.customer] is person]
        return (
            all(case.gone for case in theirs)
            and person.hold is None
            and max([person.known, *(case.touched for case in theirs)]) < moment - timedelta(days=PEOPLE)
        )

    def _read(self) -> None:
        """What is gone by now was free to go by now; nothing that is gone comes back."""
        left = set(Conversation.objects.values_list("pk", flat=True))
        for case in self.told.cases:
            if case.gone or case.id in left:
                assert not (case.gone and case.id in left)
                continue
            assert self._case_is_over(case, self.now), "what was open, held or young went"
            case.gone = True
        destroyed = set(DataKey.objects.exclude(destroyed_at=None).values_list("pk", flat=True))
        for person in self.told.people:
            if person.id in destroyed and not person.gone:
                theirs = [case for case in self.told.cases if self.told.people[case.customer] is person]
                assert all(case.gone for case in theirs)
                assert person.hold is None
                person.gone = True


@pytest.mark.django_db
def test_only_what_is_old_and_free_goes_whatever_the_order(request: Any) -> None:
    run(
        Keeping,
        settings=settings(
            max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
