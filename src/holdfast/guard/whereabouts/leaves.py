"""Leave to open values whatever the rules say, for some hours: asked with a reason, given by another organisation."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from holdfast.guard.ledger import acts
from holdfast.guard.redaction import redact
from holdfast.guard.watching.budgets import HOUSE
from holdfast.guard.whereabouts.errors import Refused
from holdfast.guard.whereabouts.models import Leave
from holdfast.kit.clock import now

LONGEST = 12
"""Hours that one leave may last."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for leave. `given` None while nobody has decided."""

    id: UUID
    agent_id: int
    vendor_id: int
    reason: str
    asked_at: datetime
    until: datetime
    given: bool | None


def ask(*, agent_id: int, vendor_id: int | None, hours: int, reason: str) -> UUID:
    """Ask that somebody of another organisation lets one open values from wherever one is. Raises `Refused`."""
    reason = redact(" ".join(reason.split()))[:200]
    if not 1 <= hours <= LONGEST:
        raise Refused(f"Ask for 1 to {LONGEST} hours.")
    if len(reason) < 5:
        raise Refused("Say in a few words what it is for.")
    at = now()
    if Leave.objects.filter(agent_id=agent_id, decided_at=None, until__gt=at).exists():
        raise Refused("You have asked already; it waits for somebody of another organisation.")
    asked = Leave.objects.create(
        agent_id=agent_id,
        vendor_id=vendor_id or HOUSE,
        reason=reason,
        asked_at=at,
        until=at + timedelta(hours=hours),
    )
    return asked.pk


@transaction.atomic
def decide(leave_id: UUID, *, by: int, of_vendor: int | None, give: bool) -> None:
    """Give leave, or not, as somebody of another organisation. On record. Raises `Refused`; the database agrees."""
    asked = Leave.objects.select_for_update().filter(pk=leave_id).first()
    if asked is None or asked.decided_at is not None:
        raise Refused("This request was decided already.")
    if asked.until <= now():
        raise Refused("This request has run out. It can be asked anew.")
    if by == asked.agent_id or (of_vendor or HOUSE) == asked.vendor_id:
        raise Refused("Somebody of another organisation has to decide this.")
    asked.decided_at, asked.decided_by_id, asked.decider_vendor_id, asked.given = now(), by, of_vendor or HOUSE, give
    asked.save()
    if give:
        acts.record(kind="work_leave_given", actor_id=by, details=f"agent={asked.agent_id} until={asked.until:%H:%M}")


def requests(*, agents: Collection[int] | None = None, open_only: bool = False, limit: int = 50) -> list[Asked]:
    """Return requests, the newest first; `open_only`: those that still wait. Of some agents or of all."""
    rows = Leave.objects.order_by("-asked_at", "-id")
    if open_only:
        rows = rows.filter(decided_at=None, until__gt=now())
    if agents is not None:
        rows = rows.filter(agent_id__in=list(agents))
    return [
        Asked(
            row.id,
            row.agent_id,
            row.vendor_id,
            row.reason,
            row.asked_at,
            row.until,
            row.given if row.decided_at else None,
        )
        for row in rows[:limit]
    ]
