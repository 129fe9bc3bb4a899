"""Less for a while: half a budget, a second approver, values that stay masked. Nobody is cut off here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from holdfast.guard.ledger import acts
from holdfast.guard.redaction import redact
from holdfast.guard.watching.errors import Refused
from holdfast.guard.watching.models import Restraint
from holdfast.kit.clock import now

LASTS = timedelta(days=7)
KINDS = tuple(Restraint.Kind.values)
"""From the mildest to the strongest."""


@dataclass(frozen=True, slots=True)
class Restrained:
    """A restraint in force. `by` None: the house by itself."""

    id: UUID
    agent_id: int
    kind: str
    why: str
    at: datetime
    until: datetime
    by: int | None


@transaction.atomic
def restrain(*, agent_id: int, kind: str, why: str, by: int | None = None, lasts: timedelta = LASTS) -> UUID:
    """Give one agent less from the next ticket on, for a week unless `lasts` says else; return the restraint.

    One that is in force already is prolonged. `by` None: the house by itself. Raises `Refused` for an unknown kind.
    """
    if kind not in KINDS:
        raise Refused("Choose half the budget, a second approver, or masked.")
    at = now()
    past = Restraint.objects.filter(agent_id=agent_id, kind=kind, lifted_at=None, until__lte=at)
    past.update(lifted_at=F("until"))
    row, made = Restraint.objects.select_for_update().get_or_create(
        agent_id=agent_id,
        kind=kind,
        lifted_at=None,
        defaults={"why": redact(why)[:200], "at": at, "until": at + lasts, "by_id": by},
    )
    if not made:
        row.until = max(row.until, at + lasts)
        row.save(update_fields=["until"])
    if made:
        acts.record(kind="restrained", actor_id=by, details=f"agent={agent_id} kind={kind}")
    return row.pk


@transaction.atomic
def lift(restraint_id: UUID, *, by: int) -> None:
    """End a restraint, as a person. On record. Raises `Refused` when it has ended."""
    row = Restraint.objects.select_for_update().filter(pk=restraint_id, lifted_at=None).first()
    if row is None:
        raise Refused("This has ended already.")
    if by == row.agent_id:
        raise Refused("Somebody else has to lift this.")
    row.lifted_at, row.lifted_by_id = now(), by
    row.save(update_fields=["lifted_at", "lifted_by_id"])
    acts.record(kind="restraint_lifted", actor_id=by, details=f"agent={row.agent_id} kind={row.kind}")


def in_force(agent_ids: Collection[int] | None = None) -> list[Restrained]:
    """Return the restraints in force, the newest first, of some agents or of all."""
    rows = Restraint.objects.filter(lifted_at=None, until__gt=now()).order_by("-at", "-id")
    if agent_ids is not None:
        rows = rows.filter(agent_id__in=list(agent_ids))
    return [Restrained(row.id, row.agent_id, row.kind, row.why, row.at, row.until, row.by_id) for row in rows]
