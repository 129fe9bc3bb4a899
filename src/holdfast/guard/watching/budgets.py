"""Budgets: what is left of one, asking for more, and giving it as somebody of another organisation.

The counting is a function of the database (`guard_budget_take`), inside the transaction that makes a ticket.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from holdfast.guard.ledger import acts
from holdfast.guard.redaction import redact
from holdfast.guard.watching.errors import Refused
from holdfast.guard.watching.models import Limits, Spent, Widening
from holdfast.kit.clock import now

HOUSE = 0
"""The organisation of whoever has no team: the house itself, security among them."""
MOST = 200  # customers that one widening may give
LASTS = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much may be opened: distinct customers and values of one agent; customers an hour per head of a vendor."""

    customers_hour: int
    customers_day: int
    values_hour: int
    values_day: int
    vendor_hour: int


@dataclass(frozen=True, slots=True)
class Used:
    """What one agent opened in the running hour and day (UTC)."""

    customers_hour: int
    customers_day: int
    values_hour: int
    values_day: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for more. `agent_id` None: for a whole vendor. `given` None while nobody has decided."""

    id: UUID
    agent_id: int | None
    vendor_id: int
    customers: int
    reason: str
    asked_by: int
    asked_at: datetime
    until: datetime
    given: bool | None
    decided_by: int | None


def allowance() -> Allowance:
    """Return what everybody may open. Half of it in somebody's first four weeks, and under a restraint."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customers_hour, customers_day, values_hour, values_day, vendor_hour FROM guard_budget_limits()"
        )
        return Allowance(*cursor.fetchone())


@transaction.atomic
def set_allowance(given: Allowance, *, by: int) -> None:
    """Change what everybody may open, from the next ticket on. On record in the log. Raises `Refused`."""
    numbers = (given.customers_hour, given.customers_day, given.values_hour, given.values_day, given.vendor_hour)
    if any(not 1 <= number <= 10_000 for number in numbers):
        raise Refused("Give whole numbers from 1 to 10,000.")
    if given.customers_day < given.customers_hour or given.values_day < given.values_hour:
        raise Refused("A day needs at least as many as an hour.")
    row = dict(
        zip(("customers_hour", "customers_day", "values_hour", "values_day", "vendor_hour"), numbers, strict=True)
    )
    Limits.objects.update_or_create(id=1, defaults={**row, "by_id": by, "at": now()})
    acts.record(kind="budgets_set", actor_id=by, details=" ".join(f"{key}={value}" for key, value in row.items()))


def used(agent_id: int) -> Used:
    """Return what an agent opened so far in this hour and day."""
    row = Spent.objects.filter(pk=agent_id).first()
    at = now()
    hour = row is not None and row.hour >= at.replace(minute=0, second=0, microsecond=0)
    day = row is not None and row.day >= at.replace(hour=0, minute=0, second=0, microsecond=0)
    return Used(
        customers_hour=len(row.hour_customers) if row and hour else 0,
        customers_day=len(row.day_customers) if row and day else 0,
        values_hour=len(row.hour_values) if row and hour else 0,
        values_day=len(row.day_values) if row and day else 0,
    )


def ask_for_more(
    *, agent_id: int | None, vendor_id: int | None, customers: int, reason: str, by: int, lasts: timedelta = LASTS
) -> UUID:
    """Ask that somebody of another organisation widens a budget by some customers; return the request.

    Each of those customers comes with two values. `agent_id` None asks for the vendor. Raises `Refused`.
    """
    reason = redact(" ".join(reason.split()))[:200]
    if not 1 <= customers <= MOST:
        raise Refused(f"Ask for 1 to {MOST} customers.")
    if len(reason) < 5:
        raise Refused("Say in a few words what it is for.")
    if agent_id is None and not vendor_id:
        raise Refused("Say for whom it is.")
    at = now()
    if agent_id is not None and Widening.objects.filter(agent_id=agent_id, decided_at=None, until__gt=at).exists():
        raise Refused("There is a request for this budget already; it waits for somebody of another organisation.")
    asked = Widening.objects.create(
        agent_id=agent_id,
        vendor_id=vendor_id or HOUSE,
        customers=customers,
        reason=reason,
        asked_by_id=by,
        asked_at=at,
        until=at + min(lasts, LASTS),
    )
    return asked.pk


@transaction.atomic
def decide(widening_id: UUID, *, by: int, of_vendor: int | None, give: bool) -> None:
    """Give what was asked for, or not, as somebody of another organisation than who asked. Raises `Refused`.

    The database keeps the rule as well. What was given is on record in the log.
    """
    asked = Widening.objects.select_for_update().filter(pk=widening_id).first()
    if asked is None or asked.decided_at is not None:
        raise Refused("This request was decided already.")
    if asked.until <= now():
        raise Refused("This request has run out. It can be asked anew.")
    if by in {asked.asked_by_id, asked.agent_id}:
        raise Refused("Somebody else has to decide this.")
    if (of_vendor or HOUSE) == asked.vendor_id:
        raise Refused("Somebody of another organisation has to decide this.")
    asked.decided_at, asked.decided_by_id, asked.decider_vendor_id, asked.given = now(), by, of_vendor or HOUSE, give
    asked.save()
    if give:
        whom = f"agent={asked.agent_id}" if asked.agent_id is not None else f"vendor={asked.vendor_id}"
        acts.record(kind="budget_widened", actor_id=by, details=f"{whom} customers={asked.customers}")


def requests(*, agents: Collection[int] | None = None, open_only: bool = False, limit: int = 50) -> list[Asked]:
    """Return requests for more, the newest first; `open_only`: those that still wait. Of some agents or of all."""
    rows = Widening.objects.order_by("-asked_at", "-id")
    if open_only:
        rows = rows.filter(decided_at=None, until__gt=now())
    if agents is not None:
        rows = rows.filter(agent_id__in=list(agents))
    return [
        Asked(
            id=row.id,
            agent_id=row.agent_id,
            vendor_id=row.vendor_id,
            customers=row.customers,
            reason=row.reason,
            asked_by=row.asked_by_id,
            asked_at=row.asked_at,
            until=row.until,
            given=row.given if row.decided_at else None,
            decided_by=row.decided_by_id,
        )
        for row in rows[:limit]
    ]
