"""Acts that have to be provable beside reveals: whoever performs one says so here, in the same transaction."""

from __future__ import annotations

from uuid import UUID

from holdfast.guard.ledger.models import Act
from holdfast.guard.redaction import redact
from holdfast.kit.clock import now


def record(
    *,
    kind: str,
    actor_id: int | None = None,
    customer_id: UUID | None = None,
    conversation_id: UUID | None = None,
    details: str = "",
) -> UUID:
    """Put an act (`export`, `cut_off`, `salts_destroyed`) on record and return its id; it has a leaf a second later.

    `kind` is up to 40 small letters, digits and underscores. `details` are ids and counts; they are hashed, not shown.
    """
    act = Act.objects.create(
        at=now(),
        kind=kind,
        actor_id=actor_id,
        customer_id=customer_id,
        conversation_id=conversation_id,
        details=redact(details)[:200],
    )
    return act.pk
