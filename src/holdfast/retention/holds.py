"""What does not run out although its time is over, and why. Every reason is a query, asked again with each batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from holdfast.conversations.forgetting import with_callback
from holdfast.conversations.models import Conversation
from holdfast.guard.cutoff.models import Covered
from holdfast.guard.ledger import acts
from holdfast.guard.models import Grant, RevealLog
from holdfast.guard.radius.models import Report, Sighting
from holdfast.incidents import forgetting as incidents
from holdfast.incidents.audiences.models import Member
from holdfast.incidents.goodwill.models import Drawn
from holdfast.incidents.outreach.models import Outreach
from holdfast.intake import forgetting as intake
from holdfast.kit.clock import now
from holdfast.notify import forgetting as notify
from holdfast.operations import forgetting as operations
from holdfast.people.models import Customer
from holdfast.retention.models import Hold
from holdfast.retention.plan import Refused

RADIUS_LASTS = timedelta(days=365)
"""A signed blast radius holds whom it names for a year from the count; longer is a hold that a person places."""
Ids = QuerySet[Any, Any]


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason to hold: ids of customers with all their cases, and of single cases."""

    key: str
    words: str
    customers: tuple[Ids, ...] = ()
    cases: tuple[Ids, ...] = ()

    def of_cases(self) -> Q:
        """The condition on a conversation."""
        found = Q(pk__in=[])
        for each in self.customers:
            found |= Q(customer_id__in=each)
        if self.cases:
            own = _any(Q(pk__in=each) for each in self.cases)
            found |= own | Q(Exists(Conversation.objects.filter(own, merged_into=OuterRef("pk"))))
        return found

    def of_customers(self) -> Q:
        """The condition on a customer."""
        found = Q(pk__in=[])
        for each in self.customers:
            found |= Q(pk__in=each)
        return found


def reasons() -> tuple[Reason, ...]:
    """Return all reasons as they stand now. Lazy: each costs what the query around it makes of it."""
    return (_on_hold(), _cut_off(), _radius(), _incident(), _owed())


def held_cases() -> Q:
    """Return the condition on a conversation that anything holds it."""
    return _any(each.of_cases() for each in reasons())


def held_customers() -> Q:
    """Return the condition on a customer that anything holds them."""
    return _any(each.of_customers() for each in reasons())


def _any(conditions: Any) -> Q:
    found = Q(pk__in=[])
    for each in conditions:
        found |= each
    return found


def _on_hold() -> Reason:
    standing = Hold.objects.filter(ended_at=None)
    return Reason(
        "hold",
        "on a legal hold",
        (standing.filter(customer_id__isnull=False).values("customer_id"),),
        (standing.filter(conversation_id__isnull=False).values("conversation_id"),),
    )


def _cut_off() -> Reason:
    """As `guard_held_by` has it for one customer: people of a cut-off had their case, opened it or asked about it."""
    people = Covered.objects.filter(cut__hold_lifted_at=None).values("agent_id")
    return Reason(
        "cut_off",
        "evidence of a cut-off",
        (
            RevealLog.objects.filter(agent_id__in=people, customer_id__isnull=False).values("customer_id"),
            Grant.objects.filter(agent_id__in=people).values("customer_id"),
            Sighting.objects.filter(agent_id__in=people, how=Sighting.How.OPENED).values("customer_id"),
        ),
    )


def _radius() -> Reason:
    asked = Report.objects.filter(made_at__gte=now() - RADIUS_LASTS).values_list("agents", "since", "until")
    looks, seen, had = Q(pk__in=[]), Q(pk__in=[]), Q(pk__in=[])
    for agents, since, until in asked:
        looks |= Q(agent_id__in=agents, at__gte=since, at__lte=until)
        seen |= Q(agent_id__in=agents, day__gte=since.date(), day__lte=until.date())
        had |= Q(agent_id__in=agents, opened_at__lte=until) & (Q(closed_at=None) | Q(closed_at__gte=since))
    return Reason(
        "radius",
        "in a blast radius of the last year",
        (
            RevealLog.objects.filter(looks, customer_id__isnull=False).values("customer_id"),
            Sighting.objects.filter(seen).values("customer_id"),
            Grant.objects.filter(had).values("customer_id"),
        ),
    )


def _incident() -> Reason:
    running = incidents.running().values("pk")
    return Reason(
        "incident",
        "in an incident or legal clock that runs",
        (
            Member.objects.filter(audience__incident__in=running).values("customer_id"),
            Outreach.objects.filter(Q(incident__in=running) | Q(ended_at=None)).values("customer_id"),
            Drawn.objects.filter(Q(offer__incident__in=running) | ~Q(offer__state="ended")).values("customer_id"),
        ),
        (incidents.linked_cases(),),
    )


def _owed() -> Reason:
    return Reason(
        "owed",
        "something is still owed or on its way",
        (),
        (with_callback(), notify.on_their_way(), operations.without_answer(), intake.waiting_cases()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldView:
    """A legal hold, for screens."""

    id: UUID
    case: int | None
    why: str
    at: datetime
    by_id: int
    ended_at: datetime | None


def place(*, number: int | None = None, reference: str = "", why: str, by: int) -> UUID:
    """Hold the case with this number, or the customer with this reference. Raises `Refused`."""
    why = why.strip()[:200]
    if not why:
        raise Refused("Say why, in a few words that name no customer.")
    if number is not None:
        conversation = Conversation.objects.filter(number=number).values_list("pk", flat=True).first()
        if conversation is None:
            raise Refused("There is no case with this number.")
        found = {"conversation_id": conversation}
    else:
        customer = Customer.objects.filter(reference=reference.strip()[:40]).values_list("pk", flat=True).first()
        if not reference.strip() or customer is None:
            raise Refused("Give the number of a case, or the account reference of a customer.")
        found = {"customer_id": customer}
    with transaction.atomic():
        hold = Hold.objects.create(**found, why=why, at=now(), by_id=by)
        acts.record(kind="retention_hold", actor_id=by, details=str(hold.pk), **found)
    return hold.pk


@transaction.atomic
def end(hold_id: UUID, *, by: int) -> None:
    """End a hold: what it held runs out as everything does. Raises `Refused`."""
    if not Hold.objects.filter(pk=hold_id, ended_at=None).update(ended_at=now(), ended_by_id=by):
        raise Refused("This hold has ended already.")
    acts.record(kind="retention_hold_ended", actor_id=by, details=str(hold_id))


def standing() -> list[HoldView]:
    """Return the holds that stand, newest first."""
    rows = list(Hold.objects.filter(ended_at=None).order_by("-at"))
    wanted = [row.conversation_id for row in rows if row.conversation_id]
    numbers = dict(Conversation.objects.filter(pk__in=wanted).values_list("pk", "number"))
    return [
        HoldView(
            id=row.pk,
            case=numbers.get(row.conversation_id) if row.conversation_id else None,
            why=row.why,
            at=row.at,
            by_id=row.by_id,
            ended_at=row.ended_at,
        )
        for row in rows
    ]


def keeps_from_erasing(customer_ids: Sequence[UUID]) -> str:
    """Return why these may not be erased now, empty when no legal hold names them or a case of theirs."""
    cases = Conversation.objects.filter(customer_id__in=customer_ids).values("pk")
    held = Hold.objects.filter(Q(customer_id__in=customer_ids) | Q(conversation_id__in=cases), ended_at=None)
    if not held.exists():
        return ""
    return (
        "This customer is on a legal hold, so nothing of theirs is erased yet. Note the request; an admin can end the "
        "hold under Settings, Retention."
    )
