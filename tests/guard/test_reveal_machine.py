"""Assigning, closing, waiting, asking, redeeming in any order: no value without an open grant and a committed row."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.granted import granted
from tests.guard.conftest import IBAN

from holdfast.guard import reveals
from holdfast.guard.grants import close_grants, close_grants_of
from holdfast.guard.models import RevealLog
from holdfast.guard.reveals import Denied, Ticket
from holdfast.kit import clock
from holdfast.kit.ids import uuid7
from holdfast.people.models import Customer

AGENTS = st.sampled_from([1, 2])
SESSIONS = st.sampled_from(["one", "two"])
PURPOSES = st.sampled_from(["payment", "identify", "curious"])


@dataclass
class Held:
    """What the model knows of a ticket."""

    ticket: Ticket
    agent: int
    session: str
    until: datetime
    spent: bool = False


@dataclass
class Told:
    """What the model knows of the world."""

    open: set[int] = field(default_factory=set)
    rows: int = 0
    shown: int = 0


class Reveals(RuleBasedStateMachine):
    tickets: Bundle[Held] = Bundle("tickets")

    @initialize()
    def begin(self) -> None:
        self.case = uuid7()
        self.at = datetime(2026, 3, 2, 9, tzinfo=UTC)
        clock.set_source(lambda: self.at)
        self.customer = Customer.objects.create(iban=IBAN)
        self.told = Told()

    def teardown(self) -> None:
        clock.set_source(None)

    @rule(agent=AGENTS, keep=st.booleans())
    def assign(self, agent: int, keep: bool) -> None:
        with transaction.atomic():
            granted(agent_id=agent, conversation_id=self.case, customer_id=self.customer.pk)
            transaction.set_rollback(not keep)
        if keep:
            self.told.open.add(agent)

    @rule()
    def close_case(self) -> None:
        close_grants(conversation_id=self.case)
        self.told.open.clear()

    @rule(agent=AGENTS)
    def agent_leaves(self, agent: int) -> None:
        close_grants_of(agent_ids=[agent])
        self.told.open.discard(agent)

    @rule(seconds=st.sampled_from([1, 29, 31, 60]))
    def wait(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)

    @rule(target=tickets, agent=AGENTS, session=SESSIONS, purpose=PURPOSES, roll_back=st.booleans())
    def ask(self, agent: int, session: str, purpose: str, roll_back: bool) -> Held | None:
        with transaction.atomic():
            answer = reveals.request(
                agent_id=agent,
                session_key=session,
                conversation_id=self.case,
                customer_id=self.customer.pk,
                sealed=self.customer.iban,
                field="iban",
                purpose=purpose,
            )
            transaction.set_rollback(roll_back)
        self.told.rows += 1
        assert isinstance(answer, Ticket) == (agent in self.told.open and purpose != "curious")
        if isinstance(answer, Denied):
            return Held(Ticket(uuid7(), self.at), agent, session, self.at, spent=True)
        return Held(answer, agent, session, self.at + timedelta(seconds=60))

    @rule(held=tickets, agent=AGENTS, session=SESSIONS, roll_back=st.booleans())
    def redeem(self, held: Held, agent: int, session: str, roll_back: bool) -> None:
        rightful = (agent, session) == (held.agent, held.session)
        good = rightful and not held.spent and self.at < held.until and agent in self.told.open
        with transaction.atomic():
            try:
                value = reveals.redeem(
                    ticket=held.ticket, agent_id=agent, session_key=session, sealed=self.customer.iban
                )
            except Denied:
                value = ""
            transaction.set_rollback(roll_back)
        assert value == (IBAN if good else "")
        held.spent = held.spent or good
        self.told.shown += good

    @invariant()
    def every_value_shown_has_its_own_committed_row(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM guard_revealticket t JOIN guard_reveallog l ON l.id = t.log_id"
                " WHERE l.outcome = 'allowed' AND l.conversation_id = %s AND t.redeemed_at IS NOT NULL",
                [self.case],
            )
            assert cursor.fetchone() == (self.told.shown,)
        asked = RevealLog.objects.filter(conversation_id=self.case, outcome__in=["allowed", "no_grant", "no_purpose"])
        assert asked.count() >= self.told.rows


@pytest.mark.django_db(transaction=True)
def test_no_value_without_an_open_grant_and_a_committed_row() -> None:
    quick = settings(max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Reveals, settings=quick)
