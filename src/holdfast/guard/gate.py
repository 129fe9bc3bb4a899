"""The gate's own connection and its log. What is written here stays, whatever happens to the caller's transaction."""

from __future__ import annotations

import hashlib
import os
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from django.db import connection

from holdfast.guard.redaction import redact
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7

# Asked of the server for every connection of the gate: a log row is on disk before its value is shown, and a database
# in trouble ends in a denial within seconds rather than in a screen that hangs.
_SESSION = "-c synchronous_commit=on -c statement_timeout=5000 -c lock_timeout=2000"
# What `guard_budget_take` raises when no ticket is made; its text is the outcome.
_OVER = "HFB01"

_most = 0
_idle: list[tuple[tuple[int, str], psycopg.Connection[Any]]] = []
_lock = threading.Lock()


class Outcome(StrEnum):
    """What the gate decided. `allowed`, `compared` and `matched`/`differs` aside, each is a denial."""

    ALLOWED = "allowed"
    COMPARED = "compared"
    MATCHED = "matched"
    DIFFERS = "differs"
    EMPTY = "empty"
    NO_GRANT = "no_grant"
    NO_PURPOSE = "no_purpose"
    NO_REASON = "no_reason"
    NOT_OF_CASE = "not_of_case"
    NO_TICKET = "no_ticket"
    OTHER_SESSION = "other_session"
    EXPIRED = "expired"
    USED = "used"
    MOVED = "moved"
    ERASED = "erased"
    NO_KEY = "no_key"
    TOO_SHORT = "too_short"
    TRIES_USED = "tries_used"
    OVER_BUDGET = "over_budget"
    VENDOR_BUDGET = "vendor_budget"
    MASKED_AGAIN = "masked_again"
    ELSEWHERE = "elsewhere"
    OFF_HOURS = "off_hours"
    NEW_MACHINE = "new_machine"
    TOO_QUICK = "too_quick"


class Denied(Exception):  # noqa: N818 - a decision, not a fault; `request` returns it, `redeem` and `compare` raise it
    """The gate said no. `sentence` says why, for the person who asked."""

    def __init__(self, sentence: str, outcome: Outcome | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.outcome = outcome


LOG_DOWN = "The log of reveals cannot be written just now, so nothing is shown. Try again in a moment."


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, from which session, to see what, for which case and why: one row of the log without its outcome."""

    agent_id: int
    session_key: str
    conversation_id: UUID
    customer_id: UUID | None
    subject: str
    field: str
    purpose: str
    reason: str = ""

    @property
    def session(self) -> str:
        """Start of the SHA-256 of the session key: enough to tell sessions apart, useless for signing in."""
        return session_mark(self.session_key)


def session_mark(session_key: str) -> str:
    """Return the first 16 hex digits of the SHA-256 of `session_key`, the only form of it that is ever stored."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:16]


@contextmanager
def gate() -> Iterator[psycopg.Cursor[Any]]:
    """Give a cursor on a connection of its own, where every statement commits at once.

    A log row inside the caller's transaction would vanish when that rolls back, with the value already shown. A
    process that serves keeps a few connections (`keep`), for making one takes longer than all the rest. Raises
    `psycopg.Error`, and then the connection is not used again.
    """
    settings = connection.settings_dict
    where = " ".join(str(settings[name]) for name in ("NAME", "HOST", "PORT", "USER"))
    own = _idle_one(where) or _connected()
    try:
        with own.cursor() as cursor:
            yield cursor
    except psycopg.Error:
        own.close()
        raise
    finally:
        _put_back(where, own)


def keep(connections: int) -> None:
    """Let this process keep up to so many connections of the gate open between uses; 0, as at first, closes them."""
    global _most
    _most = connections
    while len(_idle) > connections:
        _idle.pop()[1].close()


def _connected() -> psycopg.Connection[Any]:
    parameters = connection.get_connection_params()
    parameters["options"] = f"{parameters.get('options', '')} {_SESSION}".strip()
    parameters.setdefault("connect_timeout", 3)
    # Arguments beside the statement, not written into it, and statements that the server knows already: less to do.
    parameters |= {"cursor_factory": psycopg.Cursor, "prepare_threshold": 3}
    return psycopg.connect(**parameters, autocommit=True)


def _idle_one(where: str) -> psycopg.Connection[Any] | None:
    """Take a connection that leads there, is of this process, and that the server has not closed meanwhile."""
    with _lock:
        for place in range(len(_idle) - 1, -1, -1):
            owner, own = _idle[place]
            if owner != (os.getpid(), where):
                continue
            del _idle[place]
            # Nothing is asked of it, so whatever there is to read is the server's farewell.
            if not own.closed and not select.select([own.fileno()], [], [], 0)[0]:
                return own
            own.close()
    return None


def _put_back(where: str, own: psycopg.Connection[Any]) -> None:
    idle = own.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    with _lock:
        if idle and not own.closed and len(_idle) < _most:
            _idle.append(((os.getpid(), where), own))
            return
    own.close()


@contextmanager
def failing_closed() -> Iterator[None]:
    """Turn any database error inside the gate into a denial: no log, no value."""
    try:
        yield
    except psycopg.Error as error:
        raise Denied(LOG_DOWN) from error


class Given(NamedTuple):
    """What the gate gives out with a yes: the stored form of a value, and the wrapped key of its customer."""

    token: str = ""
    key: str | None = None


def ask(cursor: psycopg.Cursor[Any], asking: Asking) -> tuple[UUID, Outcome, datetime | None]:
    """Have the database decide and log a request; return its entry, the outcome and until when a ticket holds."""
    entry = uuid7()
    try:
        cursor.execute(
            "SELECT decided, until FROM guard_request(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)", _row(entry, asking)
        )
    except psycopg.Error as error:
        return *_over(cursor, asking, error), None
    outcome, until = _only(cursor)
    return entry, Outcome(outcome), until


def see(cursor: psycopg.Cursor[Any], asking: Asking) -> tuple[UUID, Outcome, Given]:
    """Ask, commit and redeem in one call; return the entry, the outcome and what is given out."""
    entry = uuid7()
    asked = _row(entry, asking)
    try:
        cursor.execute(
            "CALL guard_reveal(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, NULL, NULL, NULL)",
            (entry, uuid7(), *asked[1:]),
        )
    except psycopg.Error as error:
        return *_over(cursor, asking, error), Given()
    return entry, *_decided(cursor)


def take_try(cursor: psycopg.Cursor[Any], asking: Asking) -> tuple[UUID, Outcome, Given]:
    """Take one of the tries to compare a value; return its entry, the outcome and what is given out."""
    entry = uuid7()
    cursor.execute(
        "SELECT decided, token_, key_ FROM guard_try(%s, %s, %s, %s, %s, %s, %s, %s)", _row(entry, asking)[:8]
    )
    return entry, *_decided(cursor)


def spend(
    cursor: psycopg.Cursor[Any], *, ticket: UUID, agent_id: int, session: str, subject: str
) -> tuple[Outcome, Given]:
    """Spend a ticket; return the outcome (a refusal is logged) and what is given out."""
    cursor.execute(
        "SELECT decided, token_, key_ FROM guard_redeem(%s, %s, %s, %s, %s, %s)",
        (uuid7(), now(), ticket, agent_id, session, subject),
    )
    return _decided(cursor)


def conclude(cursor: psycopg.Cursor[Any], of: UUID, outcome: Outcome) -> None:
    """Log how the allowed request `of` came out."""
    cursor.execute("SELECT guard_conclude(%s, %s, %s, %s)", (uuid7(), now(), of, str(outcome)))


def refuse(cursor: psycopg.Cursor[Any], asking: Asking, outcome: Outcome) -> UUID:
    """Log a refusal that was decided elsewhere and return its entry. It refuses to log a yes this way."""
    entry = uuid7()
    cursor.execute(
        "SELECT guard_refuse(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)", (*_row(entry, asking), str(outcome))
    )
    return entry


def _over(cursor: psycopg.Cursor[Any], asking: Asking, error: psycopg.Error) -> tuple[UUID, Outcome]:
    """Log that no ticket was made because a budget is used up; anything else is raised again."""
    if error.sqlstate != _OVER:
        raise error
    outcome = Outcome(error.diag.message_primary or "")
    return refuse(cursor, asking, outcome), outcome


def _row(entry: UUID, asking: Asking) -> tuple[Any, ...]:
    return (
        entry,
        now(),
        asking.agent_id,
        asking.session,
        asking.conversation_id,
        asking.customer_id,
        asking.subject,
        asking.field,
        asking.purpose,
        redact(asking.reason),
    )


def _decided(cursor: psycopg.Cursor[Any]) -> tuple[Outcome, Given]:
    outcome, token, key = _only(cursor)
    return Outcome(outcome), Given(token or "", key)


def _only(cursor: psycopg.Cursor[Any]) -> tuple[Any, ...]:
    row = cursor.fetchone()
    if row is None:
        raise psycopg.DataError("The gate's function gave no row.")
    return tuple(row)
