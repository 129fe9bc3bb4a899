"""The gate's own connection and its log. What is written here stays, whatever happens to the caller's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection

from holdfast.guard.redaction import redact
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7

# Asked of the server for every connection of the gate: a log row is on disk before its value is shown, and a database
# in trouble ends in a denial within seconds rather than in a screen that hangs.
_SESSION = "-c synchronous_commit=on -c statement_timeout=5000 -c lock_timeout=2000"


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

    A log row inside the caller's transaction would vanish when that rolls back, with the value already shown. The
    connection is made for this one use (about 3 ms over a socket): reveals are made by people, and a fresh connection
    is never a stale one. Raises `psycopg.Error`.
    """
    parameters = connection.get_connection_params()
    parameters["options"] = f"{parameters.get('options', '')} {_SESSION}".strip()
    parameters.setdefault("connect_timeout", 3)
    with psycopg.connect(**parameters, autocommit=True) as own, own.cursor() as cursor:
        yield cursor


@contextmanager
def failing_closed() -> Iterator[None]:
    """Turn any database error inside the gate into a denial: no log, no value."""
    try:
        yield
    except psycopg.Error as error:
        raise Denied(LOG_DOWN) from error


def record(cursor: psycopg.Cursor[Any], asking: Asking, outcome: Outcome, *, grant_id: UUID | None = None) -> UUID:
    """Write one log row and return its id; it is committed on return when `cursor` came from `gate`."""
    entry = uuid7()
    cursor.execute(
        "INSERT INTO guard_reveallog (id, at, agent_id, session, conversation_id, subject, customer_id, field, purpose,"
        " reason, outcome, grant_id) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            entry,
            now(),
            asking.agent_id,
            asking.session,
            asking.conversation_id,
            asking.subject[:120],
            asking.customer_id,
            asking.field[:40],
            asking.purpose[:40],
            redact(asking.reason)[:200],
            str(outcome),
            grant_id,
        ),
    )
    return entry


def live_grant(cursor: psycopg.Cursor[Any], asking: Asking) -> UUID | None:
    """Return the id of the committed, open grant for this agent, case and customer, or None."""
    cursor.execute(
        "SELECT id FROM guard_grant WHERE agent_id = %s AND conversation_id = %s AND customer_id = %s"
        " AND closed_at IS NULL",
        (asking.agent_id, asking.conversation_id, asking.customer_id),
    )
    row = cursor.fetchone()
    return row[0] if row else None
