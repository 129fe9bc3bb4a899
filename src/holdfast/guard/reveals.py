"""Seeing one field of one customer for one case: ask, have it logged, then open it once within a minute.

A value is shown in two steps so that nobody can undo the record of it. `request` commits a log row on a connection of
its own and only then makes a ticket; `redeem` spends the ticket and opens the value. Both check that the case is still
the agent's. `compare` answers most needs without showing anything.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

import psycopg
from django.views.decorators.debug import sensitive_variables

from holdfast.guard.fields import Sealed
from holdfast.guard.gate import Asking, Denied, Outcome, failing_closed, gate, live_grant, record, session_mark
from holdfast.guard.opening import CannotOpen, Erased, WrongKey, opened
from holdfast.guard.queries import Entries, Entry, entries
from holdfast.guard.subjects import belongs
from holdfast.kit.clock import now

__all__ = ["PURPOSES", "Denied", "Entries", "Entry", "Ticket", "compare", "entries", "redeem", "request"]

LIFE = timedelta(seconds=60)
TRIES = 3
TRIES_WITHIN = timedelta(hours=1)
SHORTEST_COMPARED = 8  # of anything shorter, four characters would be half the value

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

_SENTENCES = {
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
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to open one value once, until `expires_at`. Its log row is already committed."""

    id: UUID
    expires_at: datetime


def request(
    *,
    agent_id: int,
    session_key: str,
    conversation_id: UUID,
    customer_id: UUID | None,
    sealed: Sealed,
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
            grant_id, refusal = _ruling(cursor, asking, sealed)
            entry = record(cursor, asking, refusal or Outcome.ALLOWED, grant_id=grant_id)
            if refusal:
                return Denied(_SENTENCES[refusal], refusal)
            expires_at = now() + LIFE
            cursor.execute("INSERT INTO guard_revealticket (log_id, expires_at) VALUES (%s, %s)", (entry, expires_at))
            return Ticket(entry, expires_at)
    except Denied as denied:
        return denied


@sensitive_variables()
def redeem(*, ticket: Ticket | UUID, agent_id: int, session_key: str, sealed: Sealed) -> str:
    """Spend `ticket` and return the value. Raises `Denied` (recorded) when any of its conditions no longer holds."""
    ticket_id = ticket.id if isinstance(ticket, Ticket) else ticket
    with failing_closed(), gate() as cursor:
        asked = _asked(cursor, ticket_id)
        asking = _redeeming(asked, agent_id, session_key, sealed)
        refusal = _why_not(cursor, asked, asking)
        if refusal is None and not _spend(cursor, ticket_id, asking):
            # Between the check and the spending somebody else used the ticket or took the case away.
            refusal = _why_not(cursor, _asked(cursor, ticket_id), asking) or Outcome.USED
        if refusal is None:
            try:
                return opened(sealed)
            except CannotOpen as error:
                refusal = _why_closed(error)
        record(cursor, asking, refusal)
        raise Denied(_SENTENCES[refusal], refusal)


@sensitive_variables()
def compare(
    *,
    agent_id: int,
    session_key: str,
    conversation_id: UUID,
    customer_id: UUID | None,
    sealed: Sealed,
    field: str,
    typed_last: str,
) -> bool:
    """Return whether the last four letters or digits of the value are `typed_last`, without showing any of it.

    Three tries per case and value in an hour, whoever asks; each is logged before the value is opened. Raises `Denied`.
    """
    asking = Asking(agent_id, session_key, conversation_id, customer_id, sealed.subject, field, "compare")
    with failing_closed(), gate() as cursor:
        grant_id, refusal = _ruling(cursor, asking, sealed, listed=False)
        if refusal is None and not _take_try(cursor, asking, grant_id):
            refusal = Outcome.TRIES_USED
        value = ""
        if refusal is None:
            try:
                value = _letters_and_digits(opened(sealed))
            except CannotOpen as error:
                refusal = _why_closed(error)
            else:
                refusal = Outcome.TOO_SHORT if len(value) < SHORTEST_COMPARED else None
        if refusal is not None:
            record(cursor, asking, refusal, grant_id=grant_id)
            raise Denied(_SENTENCES[refusal], refusal)
        same = hmac.compare_digest(value[-4:].encode(), _letters_and_digits(typed_last).encode())
        record(cursor, asking, Outcome.MATCHED if same else Outcome.DIFFERS, grant_id=grant_id)
        return same


def _ruling(
    cursor: psycopg.Cursor[Any], asking: Asking, sealed: Sealed, *, listed: bool = True
) -> tuple[UUID | None, Outcome | None]:
    grant_id = live_grant(cursor, asking)
    if grant_id is None:
        return None, Outcome.NO_GRANT
    if not sealed:
        return grant_id, Outcome.EMPTY
    case, customer = asking.conversation_id, asking.customer_id
    if not belongs(cursor, subject=asking.subject, conversation_id=case, customer_id=customer):
        return grant_id, Outcome.NOT_OF_CASE
    if listed and asking.purpose not in PURPOSES:
        return grant_id, Outcome.NO_PURPOSE
    if asking.purpose == "other" and len(asking.reason.strip()) < 5:
        return grant_id, Outcome.NO_REASON
    return grant_id, None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a ticket was given for, and whether it is still good."""

    agent_id: int
    session: str
    conversation_id: UUID
    customer_id: UUID | None
    subject: str
    field: str
    purpose: str
    expires_at: datetime
    redeemed_at: datetime | None


def _asked(cursor: psycopg.Cursor[Any], ticket_id: UUID) -> _Asked | None:
    cursor.execute(
        "SELECT l.agent_id, l.session, l.conversation_id, l.customer_id, l.subject, l.field, l.purpose, t.expires_at,"
        " t.redeemed_at FROM guard_revealticket t JOIN guard_reveallog l ON l.id = t.log_id WHERE t.log_id = %s",
        (ticket_id,),
    )
    row = cursor.fetchone()
    return _Asked(*row) if row else None


def _redeeming(asked: _Asked | None, agent_id: int, session_key: str, sealed: Sealed) -> Asking:
    if asked is None:
        return Asking(agent_id, session_key, UUID(int=0), None, sealed.subject, "", "redeem")
    case = asked.conversation_id
    return Asking(agent_id, session_key, case, asked.customer_id, sealed.subject, asked.field, asked.purpose)


def _why_not(cursor: psycopg.Cursor[Any], asked: _Asked | None, asking: Asking) -> Outcome | None:
    if asked is None:
        return Outcome.NO_TICKET
    if asked.agent_id != asking.agent_id or asked.session != session_mark(asking.session_key):
        return Outcome.OTHER_SESSION
    if asked.redeemed_at is not None:
        return Outcome.USED
    if asked.expires_at <= now():
        return Outcome.EXPIRED
    if asked.subject != asking.subject:
        return Outcome.MOVED
    if live_grant(cursor, asking) is None:
        return Outcome.NO_GRANT
    return None


def _spend(cursor: psycopg.Cursor[Any], ticket_id: UUID, asking: Asking) -> bool:
    """Mark the ticket used, in one statement, so that of two who try at once only one succeeds."""
    cursor.execute(
        "UPDATE guard_revealticket SET redeemed_at = %s WHERE log_id = %s AND redeemed_at IS NULL AND expires_at > %s"
        " AND EXISTS (SELECT 1 FROM guard_grant WHERE agent_id = %s AND conversation_id = %s AND customer_id = %s"
        " AND closed_at IS NULL)",
        (now(), ticket_id, now(), asking.agent_id, asking.conversation_id, asking.customer_id),
    )
    return cursor.rowcount == 1


def _take_try(cursor: psycopg.Cursor[Any], asking: Asking, grant_id: UUID | None) -> bool:
    """Log one of the three tries; return False when they are used. Those who try at once queue, so three is three."""
    with cursor.connection.transaction():
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"{asking.conversation_id}.{asking.subject}",)
        )
        cursor.execute(
            "SELECT count(*) FROM guard_reveallog WHERE conversation_id = %s AND subject = %s AND outcome = %s"
            " AND at > %s",
            (asking.conversation_id, asking.subject[:120], str(Outcome.COMPARED), now() - TRIES_WITHIN),
        )
        row = cursor.fetchone()
        if row is None or row[0] >= TRIES:
            return False
        record(cursor, asking, Outcome.COMPARED, grant_id=grant_id)
        return True


def _why_closed(error: CannotOpen) -> Outcome:
    return {Erased: Outcome.ERASED, WrongKey: Outcome.NO_KEY}.get(type(error), Outcome.MOVED)


def _letters_and_digits(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())
