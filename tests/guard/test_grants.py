"""A grant comes from a case that is somebody's now, names how it came, and cannot be written or unsaid otherwise."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from tests.opened import rights_of_the_application

from holdfast.conversations.assignments import assign, release, transfer
from holdfast.conversations.closures import close
from holdfast.conversations.models import Assignment, Conversation
from holdfast.guard import gate, reveals, roles
from holdfast.guard.cutoff import cutting
from holdfast.guard.grants import Held, NotGiven, close_grants, close_grants_of, open_grant, open_grants
from holdfast.guard.models import Grant
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7
from holdfast.people.models import Agent, Customer

IBAN = "NL91ABNA0417164300"


@dataclass
class Desk:
    ana: Agent
    ben: Agent
    customer: Customer

    def case(self, agent: Agent | None = None, *, by: Agent | None = None, picked: bool = False) -> Conversation:
        """A case as it is stored once it was handed out, without a grant yet."""
        made = Conversation.objects.create(
            customer=self.customer,
            channel="email",
            assignee=agent,
            epoch=int(agent is not None),
            last_message_at=now(),
            created_at=now(),
        )
        if agent is not None:
            Assignment.objects.create(
                conversation=made, agent=agent, epoch=1, by=by, picked=picked, started_at=made.created_at
            )
        return made


def _desk() -> Desk:
    ana, ben = (Agent.objects.create(email=f"{name}@desk.example", name=name) for name in ("ana", "ben"))
    return Desk(ana, ben, Customer.objects.create(name="Ayu Zuurmarker", iban=IBAN))


@pytest.fixture
def desk(db: None) -> Desk:
    return _desk()


@pytest.fixture
def busy_desk(transactional_db: None) -> Desk:
    return _desk()


def _open(desk: Desk, case: UUID, agent: Agent, customer: UUID | None = None) -> None:
    open_grant(agent_id=agent.pk, conversation_id=case, customer_id=customer or desk.customer.pk)


def _opened() -> list[tuple[int, UUID]]:
    return list(
        Grant.objects.filter(closed_at=None)
        .order_by("agent_id", "opened_at")
        .values_list("agent_id", "conversation_id")
    )


def _refused(desk: Desk, case: UUID, agent: Agent, customer: UUID | None = None) -> str:
    with pytest.raises(NotGiven) as refused:
        _open(desk, case, agent, customer)
    assert not _opened()
    assert refused.value.sentence.endswith(".")
    return refused.value.sentence


def test_a_grant_opens_for_who_has_the_case_and_says_how_it_came(desk: Desk) -> None:
    routed, house = desk.case(desk.ana, by=desk.ana), desk.case(desk.ana)
    picked, given = desk.case(desk.ana, by=desk.ana, picked=True), desk.case(desk.ana, by=desk.ben)
    open_grants(Held(desk.ana.pk, case.pk, desk.customer.pk) for case in (routed, house, picked, given))
    _open(desk, routed.pk, desk.ana)
    found = {row.conversation_id: row for row in Grant.objects.filter(closed_at=None)}
    assert Grant.objects.count() == 4, "twice is once"
    assert [found[case.pk].way for case in (routed, house, picked, given)] == ["routed", "routed", "picked", "given"]
    assert [found[case.pk].by_id for case in (house, given)] == [None, desk.ben.pk]
    assert {row.epoch for row in found.values()} == {1}
    assert abs((found[given.pk].recorded_at or now() - timedelta(1)) - now()) < timedelta(minutes=1)


def test_nothing_opens_without_a_customer_or_after_the_callers_transaction_failed(desk: Desk) -> None:
    case = desk.case(desk.ana)
    open_grant(agent_id=desk.ana.pk, conversation_id=case.pk, customer_id=None)
    with transaction.atomic():
        _open(desk, case.pk, desk.ana)
        transaction.set_rollback(True)
    assert not Grant.objects.exists()


def test_what_is_no_case_of_theirs_opens_nothing(desk: Desk) -> None:
    other = Customer.objects.create(name="Budi Santoso")
    assert "no such case" in _refused(desk, uuid7(), desk.ana)
    assert "not assigned" in _refused(desk, desk.case().pk, desk.ana)
    case = desk.case(desk.ana)
    assert "not assigned" in _refused(desk, case.pk, desk.ben)
    assert "another customer" in _refused(desk, case.pk, desk.ana, other.pk)
    Agent.objects.filter(pk=desk.ana.pk).update(is_active=False)
    assert "does not work here" in _refused(desk, case.pk, desk.ana)


def test_an_assignee_that_no_assignment_speaks_of_opens_nothing(desk: Desk) -> None:
    case = desk.case(desk.ana)
    Conversation.objects.filter(pk=case.pk).update(assignee=desk.ben)
    assert "not assigned" in _refused(desk, case.pk, desk.ben)
    Conversation.objects.filter(pk=case.pk).update(assignee=desk.ana, epoch=2)
    assert "not assigned" in _refused(desk, case.pk, desk.ana)


def test_a_closed_case_opens_nothing(desk: Desk) -> None:
    case = desk.case(desk.ana)
    _open(desk, case.pk, desk.ana)
    close(conversation_id=case.pk, by=desk.ana.pk)
    assert not _opened()
    assert "closed" in _refused(desk, case.pk, desk.ana)


@pytest.mark.parametrize("kind", ["out", "masked"])
def test_somebody_cut_off_gets_no_grant(desk: Desk, kind: str) -> None:
    case = desk.case(desk.ana)
    cutting.begin(
        scope="agent", target_id=desk.ana.pk, label="ana", kind=kind, why="A test", by=None, agent_ids=[desk.ana.pk]
    )
    assert "cut off" in _refused(desk, case.pk, desk.ana)


def test_of_many_one_that_is_refused_is_told(desk: Desk) -> None:
    cases = [desk.case(desk.ana), desk.case(desk.ben)]
    with pytest.raises(NotGiven, match="not assigned"), transaction.atomic():
        open_grants(Held(desk.ana.pk, case.pk, desk.customer.pk) for case in cases)
    assert not _opened()


def test_grants_end_by_case_and_by_agent(desk: Desk) -> None:
    cases = [desk.case(agent) for agent in (desk.ana, desk.ana, desk.ben)]
    open_grants(Held(case.assignee_id or 0, case.pk, desk.customer.pk) for case in cases)
    close_grants(conversation_id=cases[0].pk)
    assert _opened() == [(desk.ana.pk, cases[1].pk), (desk.ben.pk, cases[2].pk)]
    assert close_grants_of(agent_ids=[desk.ana.pk, desk.ben.pk]) == 2
    assert close_grants_of(agent_ids=[]) == 0
    assert not _opened()


@pytest.mark.parametrize(
    "change",
    [
        "SET way = 'routed'",
        "SET by_id = 1",
        "SET recorded_at = now()",
        "SET opened_at = opened_at - interval '1 day'",
        "SET customer_id = gen_random_uuid()",
        "SET closed_at = NULL",
        None,
    ],
)
def test_what_a_grant_says_cannot_be_unsaid_by_the_owner_either(desk: Desk, change: str | None) -> None:
    _open(desk, desk.case(desk.ana, by=desk.ana, picked=True).pk, desk.ana)
    if change == "SET closed_at = NULL":
        close_grants_of(agent_ids=[desk.ana.pk])
    with pytest.raises(IntegrityError, match="ends once"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE guard_grant {change}" if change else "DELETE FROM guard_grant")


@pytest.mark.parametrize(
    "attack",
    [
        "INSERT INTO guard_grant (id, agent_id, conversation_id, customer_id, opened_at)"
        " SELECT gen_random_uuid(), agent_id + 1, conversation_id, customer_id, now() FROM guard_grant",
        "UPDATE guard_grant SET closed_at = NULL",
        "UPDATE guard_grant SET closed_at = now()",
        "DELETE FROM guard_grant",
        "TRUNCATE guard_grant",
        "ALTER TABLE guard_grant DISABLE TRIGGER ALL",
        "COPY guard_grant FROM STDIN",
    ],
)
def test_the_application_writes_no_grant(desk: Desk, attack: str) -> None:
    _open(desk, desk.case(desk.ana).pk, desk.ana)
    with (
        rights_of_the_application(),
        pytest.raises(DatabaseError) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(attack)
    assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)


def test_with_its_rights_cases_are_handed_out_passed_on_and_refused(desk: Desk) -> None:
    case, foreign = desk.case(), desk.case(desk.ben)
    with rights_of_the_application():
        assign(conversation_id=case.pk, to=desk.ana.pk, by=desk.ana.pk)
        assert _opened() == [(desk.ana.pk, case.pk)]
        transfer(conversation_id=case.pk, by=desk.ana.pk, summary="A lost card", to_agent=desk.ben.pk)
        assert _opened() == [(desk.ben.pk, case.pk)]
        with pytest.raises(NotGiven):
            _open(desk, foreign.pk, desk.ana)
        assign(conversation_id=case.pk, to=None, by=desk.ben.pk)
        assert not _opened()
    kept = Grant.objects.order_by("recorded_at").values_list("agent_id", "way", "by_id")
    assert list(kept) == [(desk.ana.pk, "picked", desk.ana.pk), (desk.ben.pk, "given", desk.ana.pk)]


@pytest.fixture
def as_app(busy_desk: Desk) -> Iterator[Desk]:
    """From here on Django and the gate sign in as the application's role."""
    owner = connection.settings_dict["USER"]
    roles.separate()
    connection.close()
    connection.settings_dict["USER"] = roles.APP
    try:
        yield busy_desk
    finally:
        gate.keep(0)
        connection.close()
        connection.settings_dict["USER"] = owner


def test_a_routed_case_opens_its_customers_value_to_the_application(as_app: Desk) -> None:
    case = as_app.case()
    assign(conversation_id=case.pk, to=as_app.ana.pk, by=as_app.ben.pk)
    asking: dict[str, Any] = {"agent_id": as_app.ana.pk, "session_key": "s", "conversation_id": case.pk}
    asking |= {"customer_id": as_app.customer.pk, "sealed": Customer.objects.get().iban, "field": "iban"}
    shown = reveals.reveal(**asking, purpose="payment")
    assert isinstance(shown, reveals.Value)
    assert shown.value == IBAN


def test_a_case_that_is_just_being_passed_on_is_waited_for_and_then_refused(busy_desk: Desk) -> None:
    case = busy_desk.case(busy_desk.ana)
    asks = threading.Event()

    def ask() -> str:
        asks.set()
        try:
            _open(busy_desk, case.pk, busy_desk.ana)
        except NotGiven as refused:
            return refused.sentence
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            held = Conversation.objects.select_for_update().get(pk=case.pk)
            release(held)
            held.save()
            answer = pool.submit(ask)
            assert asks.wait(10)
            _until_somebody_waits()
        assert "not assigned" in answer.result(timeout=10)
    assert not _opened()


def _until_somebody_waits() -> None:
    with connection.cursor() as cursor:
        for _ in range(2_000):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone() != (0,):
                return
    raise AssertionError("nobody waited")
