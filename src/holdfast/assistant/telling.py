"""Facts of the company's systems as plain sentences, in the customer's language, with the time they were read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from holdfast.assistant.acting_words import day, has, listed, money, say
from holdfast.kit.clock import now

Record = Mapping[str, Any]


def today() -> date:
    """Return the day it is where the customers are."""
    return _here(now()).date()


def clock_time() -> str:
    """Return the time it is where the customers are, as `14:03`."""
    return f"{_here(now()):%H:%M}"


def card_name(speaks: str, card: Record) -> str:
    """Return `the card ending 4471`."""
    return say(speaks, "card_virtual" if card.get("kind") == "virtual" else "card", last4=str(card["last4"]))


def card_names(speaks: str, cards: Sequence[Record]) -> str:
    """Return the names of cards to choose from."""
    return listed(speaks, [card_name(speaks, card) for card in cards])


def card_lines(speaks: str, cards: Sequence[Record]) -> str:
    """Return what state each card is in."""
    return listed(speaks, [_card_line(speaks, card) for card in cards], last="and")


def _card_line(speaks: str, card: Record) -> str:
    state, due = str(card["state"]), card.get("expected_by")
    if state == "ordered" and due:
        words = say(speaks, "card_ordered_due", day=day(speaks, date.fromisoformat(due)))
    else:
        words = _known(speaks, f"card_{state}", "card_other", state=state)
    return say(speaks, "card_line", card=card_name(speaks, card), state=words)


def record_line(speaks: str, kind: str, record: Record) -> str:
    """Return a sentence or two about one of the `transfers`, `payments` or `refunds`."""
    line = {"transfers": _transfer, "payments": _payment, "refunds": _refund}[kind](speaks, record)
    reason = record.get("reason")
    if reason and has(speaks, f"reason_{reason}"):
        line += " " + say(speaks, f"reason_{reason}")
    return line


def _transfer(speaks: str, record: Record) -> str:
    incoming = record["direction"] == "in"
    salary = incoming and record.get("purpose") == "salary"
    name = "transfer_salary" if salary else "transfer_in" if incoming else "transfer_out"
    what = _what(speaks, name, record, name=record["counterparty"], at=record["created_at"])
    state, since, due = str(record["state"]), record.get("held_since"), record.get("expected_by")
    if state == "held" and since:
        values = {"since": _moment(speaks, since), "due": _moment(speaks, due) if due else ""}
        return say(speaks, "transfer_held_due" if due else "transfer_held", what=what, **values)
    return _known(speaks, f"transfer_{state}", "transfer_other", what=what, state=state)


def _payment(speaks: str, record: Record) -> str:
    what = _what(speaks, "payment", record, name=record["merchant"], at=record["at"])
    state = str(record["state"])
    return _known(speaks, f"payment_{state}", "payment_other", what=what, state=state)


def _refund(speaks: str, record: Record) -> str:
    what = _what(speaks, "refund", record, name=record["merchant"], at=record["announced_on"])
    state, due = str(record["state"]), date.fromisoformat(record["expected_by"])
    if state == "expected":
        name = "refund_late" if due < today() else "refund_expected"
        return say(speaks, name, what=what, due=day(speaks, due))
    return _known(speaks, f"refund_{state}", "refund_other", what=what, state=state)


def _what(speaks: str, sentence: str, record: Record, *, name: str, at: str) -> str:
    amount = money(speaks, minor=int(record["amount_minor"]), currency=str(record["currency"]))
    return say(speaks, sentence, amount=amount, name=name, day=day(speaks, day_of(at)))


def _known(speaks: str, sentence: str, other: str, **values: str) -> str:
    """Say the sentence for a state, or name the state where a newer system has one that we have no words for."""
    if has(speaks, sentence):
        values.pop("state", None)
        return say(speaks, sentence, **values)
    return say(speaks, other, **{**values, "state": values["state"][:40]})


def day_of(at: str) -> date:
    """Return the day of a time or day in ISO 8601, where the customers are."""
    return _here(datetime.fromisoformat(at)).date() if "T" in at else date.fromisoformat(at)


def _moment(speaks: str, at: str) -> str:
    there = _here(datetime.fromisoformat(at))
    return f"{there:%H:%M}" if there.date() == today() else f"{day(speaks, there.date())}, {there:%H:%M}"


def _here(at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(settings.CUSTOMERS_ZONE))
