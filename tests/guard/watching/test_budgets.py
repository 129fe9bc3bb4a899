"""No ticket beyond a budget, however many ask at once; more only from another organisation."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from tests.granted import granted
from tests.guard.conftest import IBAN, Case

from holdfast.guard import reveals
from holdfast.guard.gate import Outcome
from holdfast.guard.models import RevealLog, RevealTicket
from holdfast.guard.watching import budgets, restraints
from holdfast.guard.watching.budgets import Allowance
from holdfast.guard.watching.errors import Refused
from holdfast.guard.watching.models import VendorSpent, Widening
from holdfast.kit.clock import now
from holdfast.people.models import Agent, Customer, Team, Vendor

_SMALL = Allowance(customers_hour=3, customers_day=5, values_hour=6, values_day=10, vendor_hour=1)


def _customers(count: int) -> list[Customer]:
    made = [Customer.objects.create(iban=IBAN, birth_date="1990-05-17", address="Jl. 4") for _ in range(count)]
    return list(Customer.objects.filter(pk__in=[each.pk for each in made]))


def _ask(customer: Customer, *, agent_id: int = 7, field: str = "iban") -> str:
    granted(agent_id=agent_id, conversation_id=customer.pk, customer_id=customer.pk)
    return _ask_only(customer, agent_id=agent_id, field=field)


def _ask_only(customer: Customer, *, agent_id: int, field: str = "iban") -> str:
    answer = reveals.request(
        agent_id=agent_id,
        session_key="s",
        conversation_id=customer.pk,
        customer_id=customer.pk,
        sealed=getattr(customer, field),
        field=field,
        purpose="payment",
    )
    return "allowed" if isinstance(answer, reveals.Ticket) else str(answer.outcome)


def _staff(count: int, *, name: str = "Outsourcer") -> list[int]:
    team = Team.objects.create(name="Cards", vendor=Vendor.objects.create(name=name))
    long_ago = now() - timedelta(days=400)
    made = [
        Agent.objects.create(email=f"{name}{n}@desk.example", name=f"A {n}", team=team, created_at=long_ago)
        for n in range(count)
    ]
    return [each.pk for each in made]


def _at_once(asks: list[tuple[Customer, int]]) -> list[str]:
    """Everybody asks at the same moment, each on a connection of their own."""
    for customer, agent in asks:
        granted(agent_id=agent, conversation_id=customer.pk, customer_id=customer.pk)
    start = threading.Barrier(len(asks))

    def ask(one: tuple[Customer, int]) -> str:
        start.wait()
        try:
            return _ask_only(one[0], agent_id=one[1])
        finally:
            connection.close()

    with ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(ask, asks))


@pytest.mark.django_db(transaction=True)
def test_of_fifty_who_ask_at_once_in_one_agents_name_exactly_the_budget_is_served() -> None:
    answers = _at_once([(customer, 7) for customer in _customers(50)])
    assert (answers.count("allowed"), answers.count("over_budget")) == (12, 38)
    assert RevealTicket.objects.count() == 12
    assert RevealLog.objects.filter(outcome="over_budget").count() == 38, "each refusal is on record"
    assert budgets.used(7).customers_hour == 12


@pytest.mark.django_db(transaction=True)
def test_of_fifty_colleagues_who_ask_at_once_exactly_the_vendors_budget_is_served() -> None:
    budgets.set_allowance(_SMALL, by=1)
    agents = _staff(50)
    VendorSpent.objects.bulk_create(  # two left in each of some slots, so that most slots run dry in the middle
        VendorSpent(
            vendor_id=Vendor.objects.get().pk,
            hour=now().replace(minute=0, second=0, microsecond=0),
            slot=slot,
            room=2 if slot < 11 else 0,
        )
        for slot in range(17)
    )
    answers = _at_once(list(zip(_customers(50), agents, strict=True)))
    assert (answers.count("allowed"), answers.count("vendor_budget")) == (22, 28)
    assert sum(VendorSpent.objects.values_list("taken", flat=True)) == 22


@pytest.mark.django_db(transaction=True)
def test_a_vendors_budget_goes_by_its_heads_and_is_widened_by_another_house(clock: time_machine.Coordinates) -> None:
    budgets.set_allowance(Allowance(9, 30, 20, 60, 3), by=1)
    agents, vendor = _staff(8), Vendor.objects.get().pk
    customers = _customers(27)
    answers = [_ask(customer, agent_id=agents[n % 8]) for n, customer in enumerate(customers[:25])]
    assert answers == ["allowed"] * 24 + ["vendor_budget"]
    asked = budgets.ask_for_more(agent_id=None, vendor_id=vendor, customers=1, reason="an outage", by=agents[0])
    budgets.decide(asked, by=900, of_vendor=None, give=True)
    assert [_ask(customer, agent_id=agents[1]) for customer in customers[25:]] == ["allowed", "vendor_budget"]
    clock.shift(3600)
    assert _ask(customers[24], agent_id=agents[0]) == "allowed"


def test_what_was_opened_opens_again_and_counts_once(case: Case, clock: time_machine.Coordinates) -> None:
    budgets.set_allowance(_SMALL, by=1)
    customers = _customers(4)
    for _ in range(3):
        assert [_ask(each) for each in customers] == ["allowed"] * 3 + ["over_budget"]
    assert budgets.used(7) == budgets.Used(customers_hour=3, customers_day=3, values_hour=3, values_day=3)
    assert [_ask(each, field=field) for each in customers[:3] for field in ("birth_date", "address")] == [
        *["allowed"] * 3,
        *["over_budget"] * 3,
    ]
    clock.shift(3600)
    assert [_ask(each) for each in customers] == ["allowed"] * 3 + ["over_budget"], "three customers in an hour"


def test_a_day_has_an_end_too_and_the_next_begins_anew(case: Case, clock: time_machine.Coordinates) -> None:
    budgets.set_allowance(_SMALL, by=1)
    customers = _customers(6)
    first = [_ask(each) for each in customers[:3]]
    clock.shift(3600)
    assert first + [_ask(each) for each in customers[3:]] == ["allowed"] * 5 + ["over_budget"]
    clock.shift(86_400)
    assert _ask(customers[5]) == "allowed"


def test_a_clock_that_is_put_back_opens_no_new_budget(case: Case, clock: time_machine.Coordinates) -> None:
    budgets.set_allowance(_SMALL, by=1)
    customers = _customers(4)
    assert [_ask(each) for each in customers[:3]] == ["allowed"] * 3
    clock.shift(-7200)
    assert _ask(customers[3]) == "over_budget"


def test_somebody_new_has_half(case: Case) -> None:
    budgets.set_allowance(Allowance(4, 8, 8, 16, 100), by=1)
    (agent,) = _staff(1)
    Agent.objects.update(created_at=now() - timedelta(days=3))
    assert [_ask(each, agent_id=agent) for each in _customers(3)] == ["allowed", "allowed", "over_budget"]


def test_more_comes_only_from_another_organisation(case: Case) -> None:
    budgets.set_allowance(_SMALL, by=1)
    (agent, lead), customers = _staff(2), _customers(6)
    vendor = Vendor.objects.get().pk
    assert [_ask(each, agent_id=agent) for each in customers[:4]] == ["allowed"] * 3 + ["over_budget"]
    asked = budgets.ask_for_more(agent_id=agent, vendor_id=vendor, customers=2, reason="a line of refunds", by=agent)
    for by, of_vendor in ((agent, 99), (lead, vendor)):
        with pytest.raises(Refused, match="Somebody"):
            budgets.decide(asked, by=by, of_vendor=of_vendor, give=True)
    assert _ask(customers[3], agent_id=agent) == "over_budget", "asking is not getting"
    budgets.decide(asked, by=900, of_vendor=None, give=True)
    assert [_ask(each, agent_id=agent) for each in customers[3:]] == ["allowed", "allowed", "over_budget"]
    with pytest.raises(Refused, match="decided already"):
        budgets.decide(asked, by=900, of_vendor=None, give=True)


@pytest.mark.django_db
def test_the_database_keeps_that_rule_too() -> None:
    budgets.ask_for_more(agent_id=7, vendor_id=3, customers=2, reason="a line of refunds", by=7)
    for by, vendor in ((900, 3), (7, 4)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Widening.objects.update(given=True, decided_at=now(), decided_by_id=by, decider_vendor_id=vendor)


@pytest.mark.parametrize(
    ("kind", "answers"),
    [
        ("half", ["allowed", "over_budget"]),
        ("second", ["over_budget", "over_budget"]),
        ("masked", ["masked_again", "masked_again"]),
    ],
)
def test_a_restraint_leaves_less_until_a_person_lifts_it(case: Case, kind: str, answers: list[str]) -> None:
    budgets.set_allowance(_SMALL, by=1)
    restraint = restraints.restrain(agent_id=7, kind=kind, why="to be looked at")
    assert restraints.restrain(agent_id=7, kind=kind, why="again") == restraint
    assert [_ask(each) for each in _customers(2)] == answers
    with pytest.raises(Refused, match="Somebody else"):
        restraints.lift(restraint, by=7)
    restraints.lift(restraint, by=900)
    assert [_ask(each) for each in _customers(2)] == ["allowed", "allowed"]
    assert not restraints.in_force()


def test_under_a_second_approver_what_another_house_gives_opens(case: Case) -> None:
    restraints.restrain(agent_id=7, kind="second", why="to be looked at")
    asked = budgets.ask_for_more(agent_id=7, vendor_id=3, customers=1, reason="the next in line", by=7)
    budgets.decide(asked, by=900, of_vendor=4, give=True)
    assert [_ask(each) for each in _customers(2)] == ["allowed", "over_budget"]


def test_a_refusal_says_whom_to_ask(case: Case) -> None:
    for outcome in (Outcome.OVER_BUDGET, Outcome.VENDOR_BUDGET, Outcome.MASKED_AGAIN):
        assert "security" in reveals.SENTENCES[outcome] or "another organisation" in reveals.SENTENCES[outcome]
    restraints.restrain(agent_id=7, kind="masked", why="to be looked at")
    granted(**case.grant)
    answer = case.ask()
    assert isinstance(answer, reveals.Denied)
    assert answer.sentence == reveals.SENTENCES[Outcome.MASKED_AGAIN]
    at_once = case.reveal()
    assert isinstance(at_once, reveals.Denied)
    assert at_once.outcome == Outcome.MASKED_AGAIN
    assert case.compare("4300") is True, "the customer is helped all the same"
    assert case.outcomes() == ["masked_again", "masked_again", "compared", "matched"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"customers": 0},
        {"customers": 201},
        {"reason": "   "},
        {"agent_id": None, "vendor_id": None},
    ],
)
def test_a_request_for_more_that_says_too_little_is_sent_back(wrong: dict[str, object]) -> None:
    given = {"agent_id": 7, "vendor_id": 3, "customers": 2, "reason": "a line of refunds", "by": 7, **wrong}
    with pytest.raises(Refused):
        budgets.ask_for_more(**given)  # type: ignore[arg-type]
    assert not budgets.requests()


@pytest.mark.django_db
def test_limits_that_make_no_sense_are_sent_back() -> None:
    for wrong in (Allowance(0, 5, 6, 10, 1), Allowance(6, 5, 6, 10, 1), Allowance(3, 5, 6, 10, 10_001)):
        with pytest.raises(Refused):
            budgets.set_allowance(wrong, by=1)
    assert budgets.allowance() == Allowance(12, 40, 24, 60, 4)
