"""What somebody tries at the gate with what they should not have: refused, recorded, and explained in a sentence.

The same on the way of the log itself is in `ledger/`: edits, forks, roll-backs, wrong and half-changed keys, clocks.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from tests.granted import granted
from tests.guard.conftest import IBAN, NEW, OLD, Case

from holdfast.guard import reveals, rotating
from holdfast.guard.gate import LOG_DOWN, Outcome
from holdfast.guard.grants import close_grants
from holdfast.guard.models import RevealLog
from holdfast.guard.reveals import SENTENCES, Denied, Ticket
from holdfast.people.models import Customer


def _ticket(case: Case) -> Ticket:
    granted(**case.grant)
    answer = case.ask()
    assert isinstance(answer, Ticket)
    return answer


def _refused(case: Case, ticket: Ticket, outcome: Outcome, **changes: object) -> None:
    with pytest.raises(Denied) as denied:
        case.redeem(ticket, **changes)
    assert denied.value.outcome == outcome
    assert denied.value.sentence == SENTENCES[outcome]
    assert denied.value.sentence.endswith("."), "a sentence"
    assert str(outcome) in case.outcomes()
    assert IBAN not in str(list(RevealLog.objects.values()))


def test_a_forged_session(case: Case) -> None:
    _refused(case, _ticket(case), Outcome.OTHER_SESSION, session_key="made-up")


@pytest.mark.django_db
def test_a_made_up_session_cookie_reaches_no_gate() -> None:
    client = Client()
    client.cookies["sessionid"] = "made-up"
    assert client.post("/desk/c/1/reveal/iban/", {"purpose": "payment"}).status_code in {302, 401, 403}
    assert not RevealLog.objects.exists()


def test_an_expired_grant(case: Case) -> None:
    ticket = _ticket(case)
    close_grants(conversation_id=case.conversation_id)
    _refused(case, ticket, Outcome.NO_GRANT)
    assert isinstance(case.reveal(), Denied)
    assert case.outcomes() == ["allowed", "no_grant", "no_grant"]


def test_a_replayed_ticket(case: Case) -> None:
    ticket = _ticket(case)
    assert case.redeem(ticket) == IBAN
    _refused(case, ticket, Outcome.USED)


def test_a_rollback_takes_back_neither_the_entry_nor_the_ticket(case: Case) -> None:
    granted(**case.grant)
    with transaction.atomic():
        shown = case.reveal()
        assert isinstance(shown, reveals.Value)
        transaction.set_rollback(True)
    assert case.outcomes() == ["allowed"]
    with pytest.raises(Denied) as denied:
        case.redeem(shown.entry)
    assert denied.value.outcome == Outcome.USED


@pytest.mark.parametrize("seconds", [61, 86_400])
def test_a_clock_that_jumps_ahead_ends_tickets(case: Case, clock: time_machine.Coordinates, seconds: int) -> None:
    ticket = _ticket(case)
    clock.shift(seconds)
    _refused(case, ticket, Outcome.EXPIRED)


def test_a_clock_that_jumps_back_opens_nothing_twice(case: Case, clock: time_machine.Coordinates) -> None:
    ticket = _ticket(case)
    assert case.redeem(ticket) == IBAN
    clock.shift(-3_600)
    _refused(case, ticket, Outcome.USED)


def test_no_log_no_value_by_any_way(case: Case, no_log: None) -> None:
    granted(**case.grant)
    for answer in (case.ask(), case.reveal()):
        assert isinstance(answer, Denied)
        assert answer.sentence == LOG_DOWN
    for way in (lambda: case.redeem(case.customer.pk), lambda: case.compare("4300")):
        with pytest.raises(Denied, match="cannot be written"):
            way()


def test_a_log_that_only_reads_shows_nothing(case: Case) -> None:
    """As a database without room, or one that failed over to a copy, answers."""
    ticket = _ticket(case)
    with connection.cursor() as cursor:
        cursor.execute("SELECT format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database())")
        (statement,) = cursor.fetchone()
        cursor.execute(statement)
    try:
        answers = [case.reveal(), case.ask()]
        with pytest.raises(Denied, match="cannot be written"):
            case.redeem(ticket)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(statement.replace("SET", "RESET").partition(" =")[0])
    assert [getattr(answer, "sentence", "") for answer in answers] == [LOG_DOWN, LOG_DOWN]
    assert case.redeem(ticket) == IBAN, "it was not spent"


def test_a_wrong_key_and_keys_half_way_between(transactional_db: None, ring: Callable[[str], None]) -> None:
    ring(f"old:{OLD}")
    first, second = (Customer.objects.create(iban=IBAN) for _ in range(2))
    ring(f"new:{NEW},old:{OLD}")
    next(iter(rotating.rotate()))  # one step, then somebody stops it
    third = Customer.objects.create(iban=IBAN)
    for customer in (first, second, third):
        one = Case(Customer.objects.get(pk=customer.pk))
        granted(**one.grant)
        shown = one.reveal()
        assert isinstance(shown, reveals.Value), "both keys are there"
        assert shown.value == IBAN
    ring(f"other:{NEW}")
    lost = Case(Customer.objects.get(pk=third.pk))
    granted(**lost.grant)
    answer = lost.reveal()
    assert isinstance(answer, Denied)
    assert (answer.outcome, answer.sentence) == (Outcome.NO_KEY, SENTENCES[Outcome.NO_KEY])
    assert lost.outcomes() == ["allowed", "no_key"]
