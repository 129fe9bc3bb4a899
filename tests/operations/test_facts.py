"""Which sentence the desk shows first."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from holdfast.operations.facts import Account, Card, Overview, Payment, Refund, Transfer, all_facts, headline_of

NOW = datetime(2026, 11, 10, 14, 19, tzinfo=UTC)


def account(**more: Any) -> Account:
    base = {"ref": "TW-1", "state": "active", "currency": "EUR", "balance_minor": 1, "available_minor": 1}
    return Account(**{**base, "opened_on": date(2020, 1, 1), **more})


def transfer(**more: Any) -> Transfer:
    base = {
        "id": "T",
        "direction": "out",
        "amount_minor": 1,
        "currency": "EUR",
        "counterparty": "x",
        "state": "completed",
    }
    return Transfer(**{**base, "created_at": NOW - timedelta(hours=3), **more})


def payment(**more: Any) -> Payment:
    base = {"id": "P", "card_id": "C", "merchant": "m", "amount_minor": 5, "currency": "EUR", "state": "booked"}
    return Payment(**{**base, "at": NOW - timedelta(hours=1), **more})


def refund(due: date) -> Refund:
    return Refund(
        id="R",
        merchant="m",
        amount_minor=1,
        currency="EUR",
        state="expected",
        announced_on=date(2026, 11, 1),
        expected_by=due,
    )


def first(**parts: Any) -> str | None:
    fact = headline_of(Overview(**{"account": account(), **parts}), now=NOW)
    return fact.text if fact else None


def test_a_quiet_account_has_no_headline() -> None:
    assert first(transfers=(transfer(),), payments=(payment(), payment(id="Q", amount_minor=6))) is None


def test_a_held_salary_says_so_with_its_hour() -> None:
    since = NOW.replace(hour=7, minute=44)
    held = transfer(direction="in", purpose="salary", state="held", held_since=since)
    assert first(transfers=(held,)) == "Salary late since 07:44"
    assert first(transfers=(transfer(state="held", held_since=since),)) == "Transfer held since 07:44"


def test_another_day_is_named() -> None:
    held = transfer(state="held", held_since=datetime(2026, 11, 8, 23, 5, tzinfo=UTC))
    assert first(transfers=(held,)) == "Transfer held since 8 Nov, 23:05"


def test_declines_are_counted_from_the_first_and_forgotten_after_a_day() -> None:
    declined = [payment(id=f"P{n}", state="declined", at=NOW - timedelta(minutes=n)) for n in (77, 70)]
    assert first(payments=tuple(declined)) == "2 declines since 13:02"
    assert first(payments=(declined[0],)) == "1 decline at 13:02"
    assert first(payments=(payment(state="declined", at=NOW - timedelta(hours=25)),)) is None


def test_twin_debits_need_one_shop_one_sum_and_ten_minutes() -> None:
    at = NOW - timedelta(minutes=50)
    assert first(payments=(payment(at=at), payment(id="Q", at=at))) == "2 debits, same minute"
    assert first(payments=(payment(at=at), payment(id="Q", at=at + timedelta(minutes=4)))) == "2 debits, 4 min apart"
    assert first(payments=(payment(at=at), payment(id="Q", at=at + timedelta(minutes=11)))) is None
    assert first(payments=(payment(at=at), payment(id="Q", at=at, state="returned"))) is None


def test_refunds_and_cards_come_last() -> None:
    assert first(refunds=(refund(date(2026, 11, 12)),)) == "Refund due by 12 Nov"
    assert first(refunds=(refund(date(2026, 11, 9)),)) == "Refund late, was due 9 Nov"
    frozen = Card(id="C", kind="physical", state="frozen", last4="4471", expires="2028-01")
    assert first(cards=(frozen,)) == "Card ending 4471 is frozen"


def test_the_order_is_what_stops_a_life_first() -> None:
    seen = Overview(
        account=account(state="restricted", state_since=NOW - timedelta(hours=1)),
        cards=(Card(id="C", kind="physical", state="blocked", last4="1", expires="2028-01"),),
        transfers=(transfer(state="returned"), transfer(id="H", state="held")),
        payments=(payment(state="declined"),),
        refunds=(refund(date(2026, 11, 12)),),
    )
    assert [fact.kind for fact in all_facts(seen, now=NOW)] == [
        "account", "held", "declined", "returned", "refund", "card",
    ]  # fmt: skip


def test_unknown_fields_of_a_newer_service_are_ignored() -> None:
    assert account(loyalty="gold").ref == "TW-1"
