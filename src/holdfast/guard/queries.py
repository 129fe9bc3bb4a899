"""Reading the log of reveals."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from holdfast.guard.models import RevealLog


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the log: a request, a redemption refused, a comparison. Never a value."""

    id: UUID
    at: datetime
    agent_id: int
    session: str
    conversation_id: UUID
    customer_id: UUID | None
    field: str
    purpose: str
    reason: str
    outcome: str
    shown_at: datetime | None


@dataclass(frozen=True, slots=True)
class Entries:
    """A page of the log, newest first; `next` is the cursor of the page after it, or None at the end."""

    rows: list[Entry]
    next: UUID | None


def entries(
    *,
    agents: Collection[int] | None = None,
    conversation_id: UUID | None = None,
    text: str = "",
    purposes: Collection[str] = (),
    cursor: UUID | None = None,
    limit: int = 50,
) -> Entries:
    """Return log entries, newest first, after `cursor` (keyset, by entry id).

    Of some agents or, with `None`, of all; of one case or of all. With `text` those whose field has it in its name,
    whose outcome or purpose it is, or whose purpose is among `purposes`.
    """
    rows = RevealLog.objects.select_related("ticket").order_by("-id")
    if agents is not None:
        rows = rows.filter(agent_id__in=agents)
    if conversation_id is not None:
        rows = rows.filter(conversation_id=conversation_id)
    if text:
        rows = rows.filter(Q(field__icontains=text) | Q(purpose__in=[*purposes, text]) | Q(outcome=text))
    if cursor is not None:
        rows = rows.filter(id__lt=cursor)
    found = list(rows[: limit + 1])
    return Entries([_entry(row) for row in found[:limit]], found[limit - 1].id if len(found) > limit else None)


def _entry(row: RevealLog) -> Entry:
    ticket = getattr(row, "ticket", None)
    return Entry(
        id=row.id,
        at=row.at,
        agent_id=row.agent_id,
        session=row.session,
        conversation_id=row.conversation_id,
        customer_id=row.customer_id,
        field=row.field,
        purpose=row.purpose,
        reason=row.reason,
        outcome=row.outcome,
        shown_at=ticket.redeemed_at if ticket else None,
    )
