"""What became of each contact: claimed by triage, settled by whoever answers, told to whoever asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F

from holdfast.intake.models import Contact, Receipt
from holdfast.kit.clock import now

State = Receipt.State

_CLAIM = """
UPDATE intake_receipt SET leased_until = clock_timestamp() + make_interval(secs => %s), attempts = attempts + 1
WHERE contact_id IN (
    SELECT contact_id FROM intake_receipt
    WHERE state = 'accepted' AND (leased_until IS NULL OR leased_until < clock_timestamp())
    ORDER BY accepted_at LIMIT %s FOR UPDATE SKIP LOCKED
) RETURNING contact_id
"""
_HOLD = """
SELECT contact_id FROM intake_receipt WHERE contact_id = ANY(%s::uuid[]) AND state = 'accepted'
ORDER BY contact_id FOR UPDATE
"""
_SETTLE = """
UPDATE intake_receipt AS receipt
SET state = settled.state, reason = settled.reason, settled_at = %s, leased_until = NULL,
    conversation_id = coalesce(settled.conversation_id, receipt.conversation_id),
    visible_at = CASE WHEN settled.visible THEN coalesce(receipt.visible_at, %s) ELSE receipt.visible_at END
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::uuid[], %s::boolean[])
    AS settled (contact_id, state, reason, conversation_id, visible)
WHERE receipt.contact_id = settled.contact_id
"""


@dataclass(frozen=True, slots=True)
class ReceiptStatus:
    """What is told about a receipt. `accepted` inside is `waiting` outside: nobody cares which process has it."""

    receipt: UUID
    channel: str
    source: str
    accepted_at: datetime
    state: str
    reason: str = ""
    conversation_id: UUID | None = None
    settled_at: datetime | None = None
    visible_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What became of one contact."""

    contact_id: UUID
    state: str
    reason: str = ""
    conversation_id: UUID | None = None
    visible: bool = False


def claim(limit: int, lease: timedelta) -> list[Contact]:
    """Take up to `limit` accepted contacts, oldest first, for as long as `lease`; two claimers never get the same.

    Leases run on the database's clock, which all workers share. A worker that dies lets its lease run out.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [lease.total_seconds(), limit])
        ids = [row[0] for row in cursor.fetchall()]
    return list(Contact.objects.filter(pk__in=ids).order_by("accepted_at", "id")) if ids else []


def attempts(contact_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return how often each contact was claimed."""
    return dict(Receipt.objects.filter(pk__in=contact_ids).values_list("contact_id", "attempts"))


def note_attempt(contact_id: UUID) -> None:
    """Count an attempt at once, so that it is known even when the worker does not live to tell."""
    Receipt.objects.filter(pk=contact_id).update(attempts=F("attempts") + 1)


def hold(contact_ids: Sequence[UUID]) -> set[UUID]:
    """Lock those receipts that are still to be triaged, in the order of their ids, and return which they are.

    A worker whose lease ran out meanwhile finds here that another has done the work.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [sorted(contact_ids)])
        return {contact_id for (contact_id,) in cursor.fetchall()}


def move(contact_ids: Sequence[UUID], *, to: UUID) -> int:
    """Hang the receipts of these contacts on the conversation `to`; returns how many there were."""
    return Receipt.objects.filter(pk__in=contact_ids).update(conversation_id=to)


def settle(
    contact_ids: Iterable[UUID],
    *,
    state: str,
    reason: str = "",
    conversation_id: UUID | None = None,
    visible: bool = False,
) -> int:
    """Record one outcome for several contacts; returns how many receipts changed. Raises `ValueError` (bad state)."""
    return settle_many(
        [
            Settlement(contact_id=one, state=state, reason=reason, conversation_id=conversation_id, visible=visible)
            for one in contact_ids
        ]
    )


def settle_many(settlements: Sequence[Settlement]) -> int:
    """Record an outcome for each contact, in one statement; returns how many receipts changed.

    Ends the lease. The first `visible` time stays. Raises `ValueError` for a bad state.
    """
    if not settlements:
        return 0
    moment = now()
    columns: list[Any] = [
        [item.contact_id for item in settlements],
        [State(item.state).value for item in settlements],
        [item.reason[:300] for item in settlements],
        [item.conversation_id for item in settlements],
        [item.visible for item in settlements],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, [moment, moment, *columns])
        return int(cursor.rowcount)


def settle_conversation(conversation_id: UUID, *, state: str, reason: str = "") -> int:
    """Record one outcome for all receipts that wait in a conversation; returns how many there were."""
    waiting = Receipt.objects.filter(conversation_id=conversation_id, state=State.WAITING)
    return waiting.update(state=State(state).value, reason=reason[:300], settled_at=now())


def settle_conversations(conversation_ids: Sequence[UUID], *, state: str, reason: str = "") -> int:
    """Record one outcome for all receipts that wait in any of these conversations; returns how many there were."""
    waiting = Receipt.objects.filter(conversation_id__in=list(conversation_ids), state=State.WAITING)
    return waiting.update(state=State(state).value, reason=reason[:300], settled_at=now())


def status(receipt_id: UUID) -> ReceiptStatus | None:
    """Tell what became of a contact in the database; `None` when the database does not know it."""
    return next(iter(statuses([receipt_id])), None)


def statuses(receipt_ids: Sequence[UUID]) -> list[ReceiptStatus]:
    """Tell what became of many contacts; those the database does not know are missing."""
    rows = Receipt.objects.filter(pk__in=receipt_ids).values_list(
        "contact_id",
        "channel",
        "contact__source",
        "accepted_at",
        "state",
        "reason",
        "conversation_id",
        "settled_at",
        "visible_at",
    )
    return [
        ReceiptStatus(
            key, channel, source, accepted_at, _outside(state), reason, conversation_id, settled_at, visible_at
        )
        for key, channel, source, accepted_at, state, reason, conversation_id, settled_at, visible_at in rows
    ]


def _outside(state: str) -> str:
    return State.WAITING.value if state == State.ACCEPTED else state
