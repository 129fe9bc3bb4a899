"""No value without an open grant and a committed log row."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from tests.granted import granted
from tests.guard.conftest import IBAN, NAME, Case

from holdfast.guard import data_keys, reveals
from holdfast.guard.fields import Sealed
from holdfast.guard.gate import LOG_DOWN, Asking, Outcome, failing_closed, gate, refuse, session_mark
from holdfast.guard.grants import close_grants, close_grants_of
from holdfast.guard.models import RevealLog, RevealTicket
from holdfast.guard.reveals import Denied, Ticket
from holdfast.kit.ids import uuid7
from holdfast.people.models import Customer, Identity


def _ticket(case: Case) -> Ticket:
    answer = case.ask()
    assert isinstance(answer, Ticket)
    return answer


def _denied(answer: Ticket | reveals.Value | Denied) -> Outcome | None:
    assert isinstance(answer, Denied)
    assert answer.sentence
    return answer.outcome


def test_an_assigned_agent_sees_one_value_once(case: Case) -> None:
    granted(**case.grant)
    ticket = _ticket(case)
    assert case.redeem(ticket) == IBAN
    with pytest.raises(Denied) as again:
        case.redeem(ticket)
    assert again.value.outcome == Outcome.USED
    assert case.outcomes() == ["allowed", "used"]


def test_without_a_grant_the_answer_is_no_and_is_kept(case: Case) -> None:
    assert _denied(case.ask()) == Outcome.NO_GRANT
    assert case.outcomes() == ["no_grant"]


def test_a_grant_that_is_not_committed_does_not_count(case: Case) -> None:
    with transaction.atomic():
        granted(**case.grant)
        assert _denied(case.ask()) == Outcome.NO_GRANT


def test_the_log_row_survives_the_callers_rollback(case: Case) -> None:
    granted(**case.grant)
    with transaction.atomic():
        assert case.redeem(_ticket(case)) == IBAN
        transaction.set_rollback(True)
    assert case.outcomes() == ["allowed"]
    assert RevealTicket.objects.get().redeemed_at is not None


def test_the_log_row_survives_a_savepoint(case: Case) -> None:
    granted(**case.grant)
    with transaction.atomic():
        savepoint = transaction.savepoint()
        _ticket(case)
        transaction.savepoint_rollback(savepoint)
    assert case.outcomes() == ["allowed"]


def test_a_rolled_back_assignment_leaves_no_grant(case: Case) -> None:
    with transaction.atomic():
        granted(**case.grant)
        transaction.set_rollback(True)
    assert _denied(case.ask()) == Outcome.NO_GRANT


@pytest.mark.parametrize("close", [close_grants, close_grants_of])
def test_a_grant_closed_in_between_stops_the_reveal(case: Case, close: object) -> None:
    granted(**case.grant)
    ticket = _ticket(case)
    if close is close_grants:
        close_grants(conversation_id=case.conversation_id)
    else:
        close_grants_of(agent_ids=[case.agent_id])
    with pytest.raises(Denied) as denied:
        case.redeem(ticket)
    assert denied.value.outcome == Outcome.NO_GRANT
    assert case.outcomes() == ["allowed", "no_grant"]
    assert _denied(case.ask()) == Outcome.NO_GRANT


def test_a_ticket_lasts_a_minute(case: Case, clock: time_machine.Coordinates) -> None:
    granted(**case.grant)
    first, second = _ticket(case), _ticket(case)
    clock.shift(59.9)
    assert case.redeem(first) == IBAN
    clock.shift(0.1)
    with pytest.raises(Denied) as denied:
        case.redeem(second)
    assert denied.value.outcome == Outcome.EXPIRED


def test_a_clock_that_is_put_back_does_not_make_a_minute_longer(case: Case, clock: time_machine.Coordinates) -> None:
    granted(**case.grant)
    ticket = _ticket(case)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE guard_revealticket SET valid_until = clock_timestamp()")
        cursor.execute("SET session_replication_role = origin")
    clock.shift(-30)
    with pytest.raises(Denied) as denied:
        case.redeem(ticket)
    assert denied.value.outcome == Outcome.EXPIRED


_REQUEST = "SELECT decided FROM guard_request(%s, now(), %s, %s, %s, %s, %s, 'iban', 'payment', '')"
_REDEEM = "SELECT decided, token_, key_ FROM guard_redeem(%s, now(), %s, %s, %s, %s)"


@pytest.mark.parametrize("savepoint", [False, True])
def test_who_asks_and_redeems_in_one_transaction_gets_nothing(case: Case, savepoint: bool) -> None:
    """The way past the log: have the value first, then roll its row back."""
    granted(**case.grant)
    entry, session, subject = uuid7(), session_mark(case.session_key), case.customer.iban.subject
    customer = case.customer.pk
    with transaction.atomic(), connection.cursor() as cursor:
        inner = transaction.savepoint() if savepoint else None
        cursor.execute(_REQUEST, [entry, case.agent_id, session, case.conversation_id, customer, subject])
        assert cursor.fetchone() == ("allowed",)
        if inner:
            transaction.savepoint_commit(inner)
        cursor.execute(_REDEEM, [uuid7(), entry, case.agent_id, session, subject])
        assert cursor.fetchone() == ("no_ticket", None, None)
        transaction.set_rollback(True)


_CALL = "CALL guard_reveal(%s, %s, now(), %s, %s, %s, %s, %s, 'iban', 'payment', '', NULL, NULL, NULL)"


def test_one_call_commits_the_entry_before_it_opens_the_value(case: Case) -> None:
    granted(**case.grant)
    shown = case.reveal()
    assert isinstance(shown, reveals.Value)
    assert shown.value == IBAN
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.xmin::text, t.made_in::text, t.xmin::text, t.redeemed_at IS NULL FROM guard_reveallog l"
            " JOIN guard_revealticket t ON t.log_id = l.id WHERE l.id = %s",
            [shown.entry],
        )
        ((asked_in, made_in, spent_in, unspent),) = cursor.fetchall()
    assert (asked_in, unspent) == (made_in, False)
    assert spent_in != asked_in, "two transactions, so no rollback takes both"
    assert case.outcomes() == ["allowed"]


def test_a_fault_after_the_entry_shows_nothing_and_leaves_the_entry(case: Case) -> None:
    granted(**case.grant)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE guard_revealticket ADD CONSTRAINT full_disk CHECK (redeemed_at IS NULL) NOT VALID")
        answer = case.reveal()
        cursor.execute("ALTER TABLE guard_revealticket DROP CONSTRAINT full_disk")
    assert isinstance(answer, Denied)
    assert answer.sentence == LOG_DOWN
    assert case.outcomes() == ["allowed"]


def test_the_one_call_is_refused_where_somebody_could_roll_it_back(case: Case) -> None:
    granted(**case.grant)
    session, subject, customer = session_mark(case.session_key), case.customer.iban.subject, case.customer.pk
    asking = [uuid7(), uuid7(), case.agent_id, session, case.conversation_id, customer, subject]
    refused = pytest.raises(DatabaseError, match="invalid transaction termination")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CALL, asking)
    assert not RevealLog.objects.exists()


def test_what_one_call_refuses_is_recorded_once(case: Case) -> None:
    assert _denied(case.reveal()) == Outcome.NO_GRANT
    granted(**case.grant)
    assert _denied(case.reveal(purpose="curious")) == Outcome.NO_PURPOSE
    data_keys.destroy([case.customer.pk])
    assert _denied(case.reveal()) == Outcome.ERASED
    assert case.outcomes() == ["no_grant", "no_purpose", "allowed", "erased"]


def test_both_lists_of_purposes_are_the_same(case: Case) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT guard_purposes()")
        assert cursor.fetchone() == (list(reveals.PURPOSES),)


@pytest.mark.parametrize("outcome", ["allowed", "compared", "matched", "differs"])
def test_a_yes_cannot_be_written_as_a_refusal(case: Case, outcome: str) -> None:
    asking = Asking(7, "s", case.conversation_id, case.customer.pk, case.customer.iban.subject, "iban", "payment")
    with pytest.raises(Denied), failing_closed(), gate() as cursor:
        refuse(cursor, asking, Outcome(outcome))
    assert not RevealLog.objects.exists()


def test_an_erased_customers_value_says_so_and_that_is_kept(case: Case) -> None:
    granted(**case.grant)
    data_keys.destroy([case.customer.pk])
    with pytest.raises(Denied, match="erased for good") as denied:
        case.redeem(_ticket(case))
    assert denied.value.outcome == Outcome.ERASED
    assert case.outcomes() == ["allowed", "erased"]


@pytest.mark.parametrize("changed", [{"session_key": "another"}, {"agent_id": 8}])
def test_a_ticket_is_of_one_session_and_agent(case: Case, changed: dict[str, object]) -> None:
    granted(**case.grant)
    granted(**{**case.grant, "agent_id": 8})
    ticket = _ticket(case)
    with pytest.raises(Denied) as denied:
        case.redeem(ticket, **changed)
    assert denied.value.outcome == Outcome.OTHER_SESSION
    assert case.redeem(ticket) == IBAN, "a thief's try does not spend the ticket"


def test_a_ticket_opens_only_the_value_it_was_given_for(case: Case) -> None:
    granted(**case.grant)
    with pytest.raises(Denied) as denied:
        case.redeem(_ticket(case), case.customer.name)
    assert denied.value.outcome == Outcome.MOVED


def test_an_unknown_ticket_is_recorded(case: Case) -> None:
    with pytest.raises(Denied) as denied:
        case.redeem(uuid7())
    assert denied.value.outcome == Outcome.NO_TICKET
    assert RevealLog.objects.get().outcome == "no_ticket"


def test_anothers_value_is_not_of_this_case(case: Case) -> None:
    other = Customer.objects.create(name="Budi Santoso", iban="DE89370400440532013000")
    granted(**case.grant)
    assert _denied(case.ask(sealed=other.iban)) == Outcome.NOT_OF_CASE
    assert case.outcomes() == ["not_of_case"]


def test_what_opens_is_what_is_stored_whatever_the_application_holds(case: Case) -> None:
    """It names a row and a column. Ciphertext and key are found by that, so nobody else's can be named with it."""
    other = Customer.objects.create(iban="DE89370400440532013000")
    swapped = Sealed(other.iban.token, other.iban.mask, case.customer.iban.subject)
    granted(**case.grant)
    ticket = case.ask(sealed=swapped)
    assert isinstance(ticket, Ticket)
    assert case.redeem(ticket, swapped) == IBAN


def test_a_value_swapped_in_the_database_does_not_open(case: Case) -> None:
    other = Customer.objects.create(iban="DE89370400440532013000")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE people_customer SET iban = %s WHERE id = %s", [other.iban.token, case.customer.pk])
    granted(**case.grant)
    sealed = Customer.objects.get(pk=case.customer.pk).iban
    ticket = case.ask(sealed=sealed)
    assert isinstance(ticket, Ticket)
    with pytest.raises(Denied) as denied:
        case.redeem(ticket, sealed)
    assert denied.value.outcome == Outcome.MOVED
    assert case.outcomes() == ["allowed", "moved"]


def test_an_identity_of_the_customer_may_be_seen_and_anothers_not(case: Case) -> None:
    other = Customer.objects.create()
    mine = Identity.objects.create(customer=case.customer, kind="email", value="ayu@example.com", index=b"1" * 16)
    theirs = Identity.objects.create(customer=other, kind="email", value="budi@example.com", index=b"2" * 16)
    granted(**case.grant)
    ticket = case.ask(sealed=mine.value, field="email", purpose="contact")
    assert isinstance(ticket, Ticket)
    assert case.redeem(ticket, mine.value) == "ayu@example.com"
    assert _denied(case.ask(sealed=theirs.value, field="email")) == Outcome.NOT_OF_CASE


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"purpose": "curious"}, Outcome.NO_PURPOSE),
        ({"purpose": ""}, Outcome.NO_PURPOSE),
        ({"purpose": "other", "reason": " x "}, Outcome.NO_REASON),
        ({"sealed": "address"}, Outcome.EMPTY),
        ({"sealed": Sealed("", "•••", f"people_customer.secrets.{UUID(int=1)}")}, Outcome.NOT_OF_CASE),
        ({"conversation_id": uuid7()}, Outcome.NO_GRANT),
        ({"customer_id": uuid7()}, Outcome.NO_GRANT),
        ({"agent_id": 8}, Outcome.NO_GRANT),
    ],
)
def test_refusals(case: Case, changed: dict[str, object], outcome: Outcome) -> None:
    if changed.get("sealed") == "address":
        changed = {"sealed": case.customer.address}
    granted(**case.grant)
    assert _denied(case.ask(**changed)) == outcome
    assert RevealLog.objects.get().outcome == outcome


def test_a_reason_is_kept_without_addresses(case: Case) -> None:
    granted(**case.grant)
    case.ask(purpose="other", reason="wrote from ayu@example.com, wants a call")
    assert RevealLog.objects.get().reason == "wrote from [email], wants a call"


def test_the_log_holds_neither_value_nor_session_key(case: Case) -> None:
    granted(**case.grant)
    case.redeem(_ticket(case))
    with connection.cursor() as cursor:
        cursor.execute("SELECT guard_reveallog::text FROM guard_reveallog")
        text = str(cursor.fetchall())
    assert IBAN not in text
    assert case.session_key not in text


def test_no_log_no_value(case: Case, no_log: None) -> None:
    granted(**case.grant)
    for answer in (case.ask(), case.reveal()):
        assert isinstance(answer, Denied)
        assert answer.sentence == LOG_DOWN


def test_the_log_failing_before_the_redemption_shows_nothing(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    granted(**case.grant)
    ticket = _ticket(case)
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    with pytest.raises(Denied, match="cannot be written"):
        case.redeem(ticket)
    with pytest.raises(Denied, match="cannot be written"):
        case.compare("4300")


def test_a_log_that_refuses_the_row_gives_no_ticket(case: Case) -> None:
    granted(**case.grant)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE guard_reveallog ADD CONSTRAINT full_disk CHECK (false) NOT VALID")
    try:
        answer = case.ask()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE guard_reveallog DROP CONSTRAINT full_disk")
    assert isinstance(answer, Denied)
    assert not RevealTicket.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE guard_reveallog SET outcome = 'denied'",
        "DELETE FROM guard_reveallog",
        "UPDATE guard_revealticket SET redeemed_at = NULL",
        "UPDATE guard_revealticket SET expires_at = expires_at + interval '1 day'",
        "DELETE FROM guard_revealticket",
    ],
)
def test_the_database_refuses_to_rewrite_what_happened(case: Case, change: str) -> None:
    granted(**case.grant)
    case.redeem(_ticket(case))
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(change)


def test_of_many_who_redeem_at_once_one_succeeds(case: Case) -> None:
    granted(**case.grant)
    ticket, sealed = _ticket(case), case.customer.iban
    start = threading.Barrier(8)

    def try_it(_: int) -> bool:
        start.wait()
        try:
            return case.redeem(ticket, sealed) == IBAN
        except Denied:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_it, range(8))) == 1


def test_comparing_answers_without_showing(case: Case) -> None:
    granted(**case.grant)
    assert case.compare("43-00") is True
    assert case.compare("4301") is False
    assert case.compare("") is False
    with pytest.raises(Denied) as denied:
        case.compare("4300")
    assert denied.value.outcome == Outcome.TRIES_USED
    assert case.outcomes() == ["compared", "matched", "compared", "differs", "compared", "differs", "tries_used"]


def test_tries_are_counted_for_the_value_whoever_asks_and_whatever_it_is_called(
    case: Case, clock: time_machine.Coordinates
) -> None:
    granted(**case.grant)
    granted(**{**case.grant, "agent_id": 8})
    case.compare("0001"), case.compare("0002", field="account"), case.compare("0003", agent_id=8)
    with pytest.raises(Denied):
        case.compare("4300")
    assert case.compare("0517", sealed=case.customer.birth_date, field="birth_date") is True
    clock.shift(3601)
    assert case.compare("4300") is True


def test_three_tries_are_three_also_at_once(case: Case) -> None:
    granted(**case.grant)
    sealed = case.customer.iban
    start = threading.Barrier(10)

    def try_it(number: int) -> bool:
        start.wait()
        try:
            case.compare(f"{number:04}", sealed=sealed)
        except Denied:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(try_it, range(10))) == 3


def test_comparing_needs_a_grant_and_a_value_long_enough(case: Case) -> None:
    with pytest.raises(Denied) as denied:
        case.compare("4300")
    assert denied.value.outcome == Outcome.NO_GRANT
    case.customer.address = "Jl. 4"
    case.customer.save()
    granted(**case.grant)
    with pytest.raises(Denied) as denied:
        case.compare("jl4", sealed=case.customer.address, field="address")
    assert denied.value.outcome == Outcome.TOO_SHORT


def test_the_log_is_read_in_pages_newest_first(case: Case, clock: time_machine.Coordinates) -> None:
    granted(**case.grant)
    case.redeem(_ticket(case))
    for _ in range(4):
        clock.shift(1)
        case.ask(purpose="curious")
    clock.shift(1)
    case.ask(agent_id=8)
    first = reveals.entries(conversation_id=case.conversation_id, limit=4)
    assert [entry.outcome for entry in first.rows] == ["no_grant", "no_purpose", "no_purpose", "no_purpose"]
    rest = reveals.entries(conversation_id=case.conversation_id, cursor=first.next, limit=4)
    assert [entry.outcome for entry in rest.rows] == ["no_purpose", "allowed"]
    assert rest.rows[-1].shown_at is not None
    assert rest.next is None
    assert [entry.agent_id for entry in reveals.entries(agents=[8]).rows] == [8]
    assert NAME not in repr(first)


def test_a_case_that_is_just_being_taken_away_is_waited_for(case: Case) -> None:
    """Whoever closes a grant first wins: a value never leaves after the closing is committed."""
    granted(**case.grant)
    ticket, sealed = _ticket(case), case.customer.iban
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            close_grants(conversation_id=case.conversation_id)
            answer = pool.submit(case.redeem, ticket, sealed)
            _until_somebody_waits()
        with pytest.raises(Denied) as denied:
            answer.result(timeout=5)
    assert denied.value.outcome == Outcome.NO_GRANT
    assert RevealTicket.objects.get().redeemed_at is None


def _until_somebody_waits() -> None:
    with connection.cursor() as cursor:
        for _ in range(2_000):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone() != (0,):
                return
    raise AssertionError("nobody waited")
