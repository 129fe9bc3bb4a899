"""Seeing one field of one customer for one case: ask, have it logged, then open it once within a minute.

A value is shown in two steps so that nobody can undo the record of it. `request` commits a log row and a ticket on a
connection of its own; `redeem` spends the ticket, in another transaction, and opens the value. Both check that the case
is still the agent's. `reveal` does both in one call. `compare` answers most needs without showing anything. Functions
of the database decide and log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

import psycopg
from django.views.decorators.debug import sensitive_variables

from holdfast.guard.comparing import TooShort, fits
from holdfast.guard.fields import Sealed, stored
from holdfast.guard.gate import (
    Asking,
    Denied,
    Given,
    Outcome,
    ask,
    conclude,
    failing_closed,
    gate,
    refuse,
    see,
    session_mark,
    spend,
    take_try,
)
from holdfast.guard.models import RevealLog
from holdfast.guard.opening import CannotOpen, Erased, WrongKey, opened_with, owner_of
from holdfast.guard.queries import Entries, Entry, entries
from holdfast.guard.watching import addresses
from holdfast.guard.whereabouts import rules as whereabouts
from holdfast.kit.clock import now

__all__ = [
    "PURPOSES",
    "Denied",
    "Entries",
    "Entry",
    "Ticket",
    "Value",
    "compare",
    "entries",
    "redeem",
    "request",
    "reveal",
]

LIFE = timedelta(seconds=60)
TRIES = 3
TRIES_WITHIN = timedelta(hours=1)

# The database has the same list (`guard_purposes`).
PURPOSES: Mapping[str, str] = MappingProxyType(
    {
        "identify": "Check who I am talking to",
        "contact": "Reach them on another channel",
        "correct": "Correct or complete their details",
        "payment": "Trace or return a payment",
        "protect": "Protect them from fraud or harm",
        "other": "Something else (say what)",
    }
)

SENTENCES = {
    Outcome.EMPTY: "There is nothing stored in this field.",
    Outcome.NO_GRANT: "This case is not assigned to you, so its customer's values stay sealed.",
    Outcome.NO_PURPOSE: "Choose one of the listed purposes.",
    Outcome.NO_REASON: "Say in a few words what you need it for.",
    Outcome.NOT_OF_CASE: "This value does not belong to the customer of this case.",
    Outcome.NO_TICKET: "There is no such request. Ask again.",
    Outcome.OTHER_SESSION: "This was asked for in another session. Ask again here.",
    Outcome.EXPIRED: "This request is more than a minute old. Ask again.",
    Outcome.USED: "This value was already shown once. Ask again to see it again.",
    Outcome.MOVED: "This value cannot be opened: it was moved or altered. This is on record.",
    Outcome.ERASED: "This customer's values were erased for good; nobody can open them any more.",
    Outcome.NO_KEY: "The key that sealed this value is missing, so it stays closed. The operator can put it back.",
    Outcome.TOO_SHORT: "This value is too short to compare four characters of it.",
    Outcome.TRIES_USED: "Three comparisons within an hour is the limit for one value and case.",
    Outcome.OVER_BUDGET: (
        "You have opened as many customers' values as fit one hour or day. On “Your budget” you can ask somebody of"
        " another organisation for more; comparing and replying work as before."
    ),
    Outcome.VENDOR_BUDGET: (
        "Your organisation has opened as many customers' values as fit one hour. A lead of another organisation or"
        " security can give more; comparing and replying work as before."
    ),
    Outcome.MASKED_AGAIN: (
        "Values stay masked for you for now; security can say why and end it. Comparing and replying work as before."
    ),
    Outcome.TOO_QUICK: "That was quicker than by hand, so look once more whether you need it, then go on.",
    **{Outcome(why): sentence for why, sentence in whereabouts.SENTENCES.items()},
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to open one value once, until `expires_at`. Its log row is already committed."""

    id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Value:
    """An opened value, and the log entry it was opened on."""

    entry: UUID
    value: str


@dataclass(frozen=True, slots=True)
class File:
    """Something of a customer that is kept outside sealed columns; `subject` names its row as a `Sealed` does."""

    subject: str


def request(
    *,
    agent_id: int,
    session_key: str,
    conversation_id: UUID,
    customer_id: UUID | None,
    sealed: Sealed | File,
    field: str,
    purpose: str,
    reason: str = "",
) -> Ticket | Denied:
    """Ask to see `field`. The answer is logged and committed before it is given, also when it is no.

    Only grants that are committed count. When the log cannot be written the answer is `Denied`.
    """
    asking = Asking(agent_id, session_key, conversation_id, customer_id, sealed.subject, field, purpose, reason)
    try:
        with failing_closed(), gate() as cursor:
            entry, outcome, until = ask(cursor, asking)
    except Denied as denied:
        return denied
    if outcome == Outcome.ALLOWED and until is not None:
        return Ticket(entry, until)
    return Denied(SENTENCES[outcome], outcome)


@sensitive_variables()
def redeem(*, ticket: Ticket | UUID, agent_id: int, session_key: str, sealed: Sealed) -> str:
    """Spend `ticket` and return the value. Raises `Denied` (recorded) when any of its conditions no longer holds."""
    ticket_id = ticket.id if isinstance(ticket, Ticket) else ticket
    with failing_closed(), gate() as cursor:
        outcome, given = spend(
            cursor, ticket=ticket_id, agent_id=agent_id, session=session_mark(session_key), subject=sealed.subject
        )
        if outcome == Outcome.ALLOWED:
            return _opened(cursor, ticket_id, sealed, given, agent_id=agent_id)
        raise Denied(SENTENCES[outcome], outcome)


def redeem_file(*, ticket: UUID, agent_id: int, session_key: str, file: File) -> None:
    """Spend a ticket for something that is not sealed; return when it may be shown. Raises `Denied` (recorded)."""
    mark = session_mark(session_key)
    with failing_closed(), gate() as cursor:
        outcome, _ = spend(cursor, ticket=ticket, agent_id=agent_id, session=mark, subject=file.subject)
    if outcome != Outcome.ALLOWED:
        raise Denied(SENTENCES[outcome], outcome)


@sensitive_variables()
def reveal(
    *,
    agent_id: int,
    session_key: str,
    conversation_id: UUID,
    customer_id: UUID | None,
    sealed: Sealed,
    field: str,
    purpose: str,
    reason: str = "",
) -> Value | Denied:
    """Ask to see `field` and open it at once: `request` and `redeem` in one call, two transactions all the same.

    The log entry is committed before the ticket is spent. Each denial is recorded and returned.
    """
    asking = Asking(agent_id, session_key, conversation_id, customer_id, sealed.subject, field, purpose, reason)
    try:
        with failing_closed(), gate() as cursor:
            entry, outcome, given = see(cursor, asking)
            if outcome == Outcome.ALLOWED:
                return Value(entry, _opened(cursor, entry, sealed, given, agent_id=agent_id))
    except Denied as denied:
        return denied
    return Denied(SENTENCES[outcome], outcome)


def refuse_as_too_quick(
    *,
    agent_id: int,
    session_key: str,
    conversation_id: UUID,
    customer_id: UUID | None,
    sealed: Sealed | File,
    field: str,
    purpose: str,
    reason: str = "",
) -> Denied:
    """Write down that a person's session asked quicker than by hand (`whereabouts.by_hand`), and say so."""
    asking = Asking(agent_id, session_key, conversation_id, customer_id, sealed.subject, field, purpose, reason)
    try:
        with failing_closed(), gate() as cursor:
            refuse(cursor, asking, Outcome.TOO_QUICK)
    except Denied as denied:
        return denied
    return Denied(SENTENCES[Outcome.TOO_QUICK], Outcome.TOO_QUICK)


@sensitive_variables()
def compare(
    *,
    agent_id: int,
    session_key: str,
    conversation_id: UUID,
    customer_id: UUID | None,
    sealed: Sealed,
    field: str,
    typed: str,
    kind: str = "last_four",
) -> bool:
    """Return whether what somebody said fits the value, without showing any of it. `kind`: see `comparing`.

    Three tries per case and value in an hour, whoever asks; each is logged before the value is opened. Raises `Denied`.
    """
    asking = Asking(agent_id, session_key, conversation_id, customer_id, sealed.subject, field, "compare")
    with failing_closed(), gate() as cursor:
        entry, outcome, given = take_try(cursor, asking)
        if outcome != Outcome.COMPARED:
            raise Denied(SENTENCES[outcome], outcome)
        try:
            value = opened_with(stored(given.token, sealed.subject), given.key)
            outcome = Outcome.MATCHED if fits(kind, value, typed) else Outcome.DIFFERS
        except CannotOpen as error:
            outcome = _why_closed(error)
        except TooShort:
            outcome = Outcome.TOO_SHORT
        conclude(cursor, entry, outcome)
        if outcome in SENTENCES:
            raise Denied(SENTENCES[outcome], outcome)
        return outcome == Outcome.MATCHED


def tries_left(*, conversation_id: UUID, sealed: Sealed) -> int:
    """Return how often this value can still be compared in this case within the hour; the gate counts exactly."""
    used = RevealLog.objects.filter(
        conversation_id=conversation_id,
        subject=sealed.subject[:120],
        outcome=Outcome.COMPARED,
        at__gt=now() - TRIES_WITHIN,
    )
    return max(0, TRIES - used.count())


@sensitive_variables()
def _opened(cursor: psycopg.Cursor[Any], entry: UUID, sealed: Sealed, given: Given, *, agent_id: int) -> str:
    """Open a value whose entry is spent, as this agent is to see it; what cannot be opened is recorded and `Denied`.

    The address of a made-up customer is another one for each viewer.
    """
    form = stored(given.token, sealed.subject)
    try:
        value = opened_with(form, given.key)
    except CannotOpen as error:
        outcome = _why_closed(error)
        conclude(cursor, entry, outcome)
        raise Denied(SENTENCES[outcome], outcome) from error
    return addresses.as_seen_by(value, customer_id=owner_of(form), viewer=agent_id)


def _why_closed(error: CannotOpen) -> Outcome:
    return {Erased: Outcome.ERASED, WrongKey: Outcome.NO_KEY}.get(type(error), Outcome.MOVED)
