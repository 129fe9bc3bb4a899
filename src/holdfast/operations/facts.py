"""Typed facts from the company's systems, and the one sentence about a customer that the desk shows first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

from pydantic import BaseModel, ConfigDict

from holdfast.kit import clock

RECENT = timedelta(hours=24)
TWIN_DEBITS = timedelta(minutes=10)


class _Fact(BaseModel):
    # A newer service may tell more than we know: what we do not use, we do not read.
    model_config = ConfigDict(frozen=True, extra="ignore")


class Account(_Fact):
    ref: str
    state: str
    state_since: datetime | None = None
    currency: str
    balance_minor: int
    available_minor: int
    opened_on: date
    flags: tuple[str, ...] = ()


class Card(_Fact):
    id: str
    kind: str
    state: str
    last4: str
    expires: str
    expected_by: date | None = None


class Transfer(_Fact):
    id: str
    direction: str
    purpose: str = "payment"
    amount_minor: int
    currency: str
    counterparty: str
    state: str
    created_at: datetime
    held_since: datetime | None = None
    expected_by: datetime | None = None
    reason: str | None = None


class Payment(_Fact):
    id: str
    card_id: str
    merchant: str
    amount_minor: int
    currency: str
    state: str
    at: datetime
    reason: str | None = None


class Refund(_Fact):
    id: str
    merchant: str
    amount_minor: int
    currency: str
    state: str
    announced_on: date
    expected_by: date


class PinSent(_Fact):
    """The PIN of `card` is on its way by post."""

    card: Card
    sent_at: datetime
    expected_by: date | None = None


class AddressChanged(_Fact):
    """Another postal address is on file. The address itself is not told back."""

    ref: str
    changed_at: datetime


class Overview(_Fact):
    """Everything about one customer, read in one call."""

    account: Account
    cards: tuple[Card, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    payments: tuple[Payment, ...] = ()
    refunds: tuple[Refund, ...] = ()


class Fact(_Fact):
    """One short sentence for a person: `text`, the record it comes from, and when that happened."""

    text: str
    kind: str
    record: str
    at: datetime | None = None


def headline_of(seen: Overview, *, now: datetime | None = None) -> Fact | None:
    """Return the most pressing fact, or `None` when nothing stands out. The order of `_rules` decides."""
    return next(_rules(seen, now or clock.now()), None)


def all_facts(seen: Overview, *, now: datetime | None = None) -> Sequence[Fact]:
    """Return every fact worth a line, most pressing first, for the rail beside a conversation."""
    return tuple(_rules(seen, now or clock.now()))


def _rules(seen: Overview, now: datetime) -> Iterator[Fact]:
    """Yield facts in a plain order: what stops a life first, what can wait last."""
    yield from _account_rule(seen.account, now)
    yield from _held_rule(seen.transfers, now)
    yield from _decline_rule(seen.payments, now)
    yield from _twin_rule(seen.payments)
    yield from _returned_rule(seen.transfers, now)
    yield from _refund_rule(seen.refunds, now)
    yield from _card_rule(seen.cards)


def _account_rule(account: Account, now: datetime) -> Iterator[Fact]:
    if account.state != "active":
        since = f" since {moment(account.state_since, now)}" if account.state_since else ""
        yield Fact(text=f"Account {account.state}{since}", kind="account", record=account.ref, at=account.state_since)


def _held_rule(transfers: Sequence[Transfer], now: datetime) -> Iterator[Fact]:
    held = (t for t in transfers if t.state == "held")
    for transfer in sorted(held, key=lambda t: t.held_since or t.created_at):
        since = transfer.held_since or transfer.created_at
        incoming_salary = transfer.direction == "in" and transfer.purpose == "salary"
        what = "Salary late" if incoming_salary else "Transfer held"
        yield Fact(text=f"{what} since {moment(since, now)}", kind="held", record=transfer.id, at=since)


def _decline_rule(payments: Sequence[Payment], now: datetime) -> Iterator[Fact]:
    declined = sorted((p for p in payments if p.state == "declined" and now - p.at <= RECENT), key=lambda p: p.at)
    if declined:
        first = declined[0]
        count = "1 decline at" if len(declined) == 1 else f"{len(declined)} declines since"
        yield Fact(text=f"{count} {moment(first.at, now)}", kind="declined", record=first.id, at=first.at)


def _twin_rule(payments: Sequence[Payment]) -> Iterator[Fact]:
    booked = sorted((p for p in payments if p.state == "booked"), key=lambda p: (p.merchant, p.amount_minor, p.at))
    for first, second in pairwise(booked):
        same = (first.merchant, first.amount_minor) == (second.merchant, second.amount_minor)
        if same and second.at - first.at <= TWIN_DEBITS:
            minutes = round((second.at - first.at).total_seconds() / 60)
            apart = f"{minutes} min apart" if minutes else "same minute"
            yield Fact(text=f"2 debits, {apart}", kind="twice", record=second.id, at=second.at)


def _returned_rule(transfers: Sequence[Transfer], now: datetime) -> Iterator[Fact]:
    for transfer in transfers:
        if transfer.state in {"returned", "failed"} and now - transfer.created_at <= 2 * RECENT:
            text = f"Transfer {transfer.state} {moment(transfer.created_at, now)}"
            yield Fact(text=text, kind="returned", record=transfer.id, at=transfer.created_at)


def _refund_rule(refunds: Sequence[Refund], now: datetime) -> Iterator[Fact]:
    for refund in refunds:
        if refund.state == "expected":
            late = refund.expected_by < now.date()
            verb = "Refund late, was due" if late else "Refund due by"
            yield Fact(text=f"{verb} {day(refund.expected_by)}", kind="refund", record=refund.id)


def _card_rule(cards: Sequence[Card]) -> Iterator[Fact]:
    for card in cards:
        if card.state in {"frozen", "blocked", "expired"}:
            yield Fact(text=f"Card ending {card.last4} is {card.state}", kind="card", record=card.id)
        elif card.state == "ordered" and card.expected_by:
            yield Fact(text=f"Card on its way, due {day(card.expected_by)}", kind="card", record=card.id)


def moment(at: datetime, now: datetime) -> str:
    """Return `07:44` for today and `21 Nov, 07:44` for another day, both in the zone of `now`."""
    at = at.astimezone(now.tzinfo)
    return f"{at:%H:%M}" if at.date() == now.date() else f"{day(at)}, {at:%H:%M}"


def day(at: date) -> str:
    """Return `2 Aug`."""
    return f"{at.day} {at:%b}"
