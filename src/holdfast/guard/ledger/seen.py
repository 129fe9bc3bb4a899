"""Who looked at one customer, what and why: everything the log has about them, oldest request first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from holdfast.guard.ledger import proofs, reading
from holdfast.guard.ledger.entries import Kind


@dataclass(frozen=True, slots=True)
class Look:
    """One request about a customer and what came of it, or an act. `index` is its place in the log, once it has one."""

    at: datetime
    kind: Kind
    agent_id: int | None
    conversation_id: UUID | None
    field: str
    purpose: str
    reason: str
    outcome: str
    shown_at: datetime | None
    index: int | None


def looks_at(customer_ids: Collection[UUID]) -> list[Look]:
    """Return what happened about these (one person under several ids), the newest first. Never a value."""
    rows = [row for customer_id in customer_ids for row in reading.of_customer(customer_id)]
    shown = {row.cites: row.at for row in rows if row.kind is Kind.RELEASED}
    places: dict[UUID, proofs.Placed] = {}
    for kind in (Kind.ASKED, Kind.ACT):
        places |= proofs.placed([row.id for row in rows if row.kind is kind], kind=kind)
    looks = []
    for row in rows:
        if row.kind is not Kind.RELEASED:
            purpose, _, reason = row.told.reason.partition("\n")
            looks.append(
                Look(
                    at=row.at,
                    kind=row.kind,
                    agent_id=int(row.told.actor) if row.told.actor else None,
                    conversation_id=UUID(row.told.case) if row.told.case else None,
                    field=row.field,
                    purpose=purpose,
                    reason=reason,
                    outcome=row.what,
                    shown_at=shown.get(row.id),
                    index=places[row.id].index if row.id in places else None,
                )
            )
    return sorted(looks, key=lambda look: look.at, reverse=True)
