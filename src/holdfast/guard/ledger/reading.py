"""The one place that reads what gets a leaf: rows of the reveal log, redeemed tickets, and acts, all committed.

Whoever changes how the gate keeps its log changes this file with it, and the triggers that fill `Pending`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from holdfast.guard.ledger.entries import Happening, Kind, Told

# One row shape for all three, so that a change of a table is a change of one line here.
_COLUMNS = (
    "id, at, what, field, purpose, cites, agent_id, session, customer_id, conversation_id, subject, grant_id, reason"
)
_SOURCES = {
    Kind.ASKED: (
        "SELECT id, at, outcome, field, purpose, NULL::uuid, agent_id, session, customer_id, conversation_id, subject,"
        " grant_id, reason FROM guard_reveallog"
    ),
    Kind.RELEASED: (
        "SELECT log_id, redeemed_at, 'shown', l.field, l.purpose, log_id, l.agent_id, l.session, l.customer_id,"
        " l.conversation_id, l.subject, l.grant_id, '' FROM guard_revealticket t JOIN guard_reveallog l"
        " ON l.id = t.log_id WHERE redeemed_at IS NOT NULL"
    ),
    Kind.ACT: (
        "SELECT id, at, kind, '', '', NULL::uuid, actor_id, '', customer_id, conversation_id, '', NULL::uuid, details"
        " FROM guard_ledger_act"
    ),
}
# Purposes of the gate's closed lists; whatever else a request carried was typed by somebody and is only hashed.
_PURPOSES = frozenset({"identify", "contact", "correct", "payment", "protect", "other", "compare", "redeem"})
GONE = "gone"
"""Outcome of an entry whose row was taken away before it was read: nobody may do that, so it is on record."""


def happenings(wanted: Iterable[tuple[Kind, UUID]]) -> list[Happening]:
    """Return what each of `wanted` was, in that order; one whose row is missing is told as `gone`."""
    wanted = list(wanted)
    found: dict[tuple[Kind, UUID], Happening] = {}
    for kind in Kind:
        ids = [each for of, each in wanted if of is kind]
        if ids:
            found |= {(kind, row.id): row for row in _read(kind, "id = ANY(%s)", [ids])}
    return [found.get((kind, each)) or Happening(kind, each, _NEVER, GONE) for kind, each in wanted]


def of_customer(customer_id: UUID) -> list[Happening]:
    """Return everything that was asked, shown or done about one customer, the oldest first."""
    rows = [row for kind in Kind for row in _read(kind, "customer_id = %s", [customer_id])]
    return sorted(rows, key=lambda row: (row.at, row.id, row.kind == Kind.RELEASED))


def releases() -> Iterable[tuple[UUID, datetime]]:
    """Return the broker's own journal: every ticket that opened a value, and when."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT log_id, redeemed_at FROM guard_revealticket WHERE redeemed_at IS NOT NULL ORDER BY redeemed_at"
        )
        yield from cursor.fetchall()


def without_leaf(*, since: datetime, until: datetime) -> list[tuple[Kind, UUID]]:
    """Return what happened in that time and has no leaf. Of some seconds ago there is none, or it is a fault."""
    missing: list[tuple[Kind, UUID]] = []
    for kind in Kind:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id FROM ({_SOURCES[kind]}) AS source ({_COLUMNS}) WHERE at >= %s AND at < %s AND NOT EXISTS"  # noqa: S608
                " (SELECT FROM guard_ledger_leaf leaf WHERE leaf.source_id = source.id AND leaf.kind = %s)",
                [since, until, str(kind)],
            )
            missing += [(kind, row[0]) for row in cursor.fetchall()]
    return missing


def _read(kind: Kind, where: str, parameters: Sequence[Any]) -> list[Happening]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS} FROM ({_SOURCES[kind]}) AS source ({_COLUMNS}) WHERE {where}", parameters)  # noqa: S608
        return [_happening(kind, *row) for row in cursor.fetchall()]


def _happening(
    kind: Kind,
    row_id: UUID,
    at: datetime,
    what: str,
    field: str,
    purpose: str,
    cites: UUID | None,
    agent_id: int | None,
    session: str,
    customer_id: UUID | None,
    conversation_id: UUID | None,
    subject: str,
    grant_id: UUID | None,
    reason: str,
) -> Happening:
    told = Told(
        actor=_text(agent_id),
        session=session,
        customer=_text(customer_id),
        case=_text(conversation_id),
        # The whole name of the field stands here; what is open is cut to its kind, for it may name an identity's row.
        value=f"{subject}\n{field}" if subject or field else "",
        grant=_text(grant_id),
        reason=f"{purpose}\n{reason}" if purpose or reason else "",
    )
    known = purpose if purpose in _PURPOSES or not purpose else "unlisted"
    return Happening(kind, row_id, at, what, field.partition("-")[0], known, cites, told)


def _text(value: object) -> str:
    return "" if value is None else str(value)


_NEVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
