"""Who looked at one customer: with names for those who lead and for security, with roles for the customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from holdfast.conversations.lookups import numbers_of
from holdfast.desk.reveal_log import GRANTED, OUTCOMES
from holdfast.guard.field_words import in_words
from holdfast.guard.ledger.entries import Kind
from holdfast.guard.ledger.seen import Look, looks_at
from holdfast.guard.reveals import PURPOSES
from holdfast.kit.clock import now
from holdfast.people.models import Agent, Customer

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST = 500
_ROLES = {"agent": "A support agent", "lead": "A team lead", "admin": "An administrator", "security": "Security"}
_SOMEBODY = "Somebody who no longer works here"
_PURPOSES_FOR_THEM = {
    "identify": "to check who they were talking to",
    "contact": "to reach you on another channel",
    "correct": "to correct or complete your details",
    "payment": "to trace or return a payment",
    "protect": "to protect you from fraud or harm",
    "compare": "to compare what you told us with what we hold",
}
_COMPARE = "Compare without seeing it"


@dataclass(frozen=True, slots=True)
class SeenEntry:
    """One line: who, what, why, and what came of it."""

    at: datetime
    who: str
    field: str
    purpose: str
    reason: str
    outcome: str
    shown: bool
    number: int | None
    url: str
    index: int | None


@dataclass(frozen=True, slots=True)
class SeenPage:
    """Everything about one customer, the newest first; `more` counts what is left off."""

    reference: str
    name: str
    entries: tuple[SeenEntry, ...]
    shown: int
    people: int
    more: int
    for_them_url: str


def page_of(customer_id: UUID, *, reader: Agent) -> SeenPage | None:
    """Return the page for somebody who leads or watches; `None` when there is no such customer.

    A lead reads the names of the own team; of others, that it was somebody of another team.
    """
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None:
        return None
    looks = looks_at(_ids(customer))
    people = _people(looks)
    numbers = numbers_of(look.conversation_id for look in looks[:_MOST] if look.conversation_id)
    entries = tuple(_entry(look, reader, people, numbers) for look in looks[:_MOST])
    return SeenPage(
        reference=customer.reference or "",
        name=str(customer.name) if reader.role != "security" else "",
        entries=entries,
        shown=sum(look.shown_at is not None for look in looks),
        people=len({look.agent_id for look in looks if look.shown_at is not None}),
        more=max(0, len(looks) - _MOST),
        for_them_url=reverse("ledger:for-them", args=[customer_id]),
    )


def for_the_customer(customer_id: UUID) -> str | None:
    """Return the same as a text to send to the customer: what, when and why, by role. `None`: no such customer.

    Refusals are in it as well, for nobody saw anything then; comparisons say so.
    """
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None:
        return None
    looks = looks_at(_ids(customer))
    people = _people(looks)
    head = [
        f"Who looked at your data at {settings.COMPANY}",
        f"Account: {customer.reference or 'none'}",
        f"As of {now():%d %B %Y, %H:%M} UTC. Times are in UTC.",
        "Each line is one request to see one of your details. What was not asked for was seen by nobody.",
        "",
    ]
    lines = [f"{look.at:%d %B %Y, %H:%M}  {_told(look, people)}" for look in looks if look.kind is Kind.ASKED]
    return "\n".join([*head, *(lines or ["Nobody has asked to see any of your details."]), ""])


def _told(look: Look, people: dict[int, tuple[str, str, int | None]]) -> str:
    role = people[look.agent_id][1] if look.agent_id in people else ""
    who = _ROLES.get(role, _SOMEBODY)
    field = in_words(look.field) or "details"
    why = _PURPOSES_FOR_THEM.get(look.purpose, "for another reason, which is on record")
    if look.shown_at is not None:
        return f"{who} saw your {field}, {why}."
    if look.outcome == "allowed":
        return f"{who} was allowed to see your {field} and did not open it."
    if look.outcome in GRANTED:
        return f"{who} compared the end of your {field} with what was typed, without seeing it."
    return f"{who} asked to see your {field} and was refused."


def _ids(customer: Customer) -> list[UUID]:
    return [customer.pk, *Customer.objects.filter(merged_into=customer).values_list("id", flat=True)]


def _people(looks: Iterable[Look]) -> dict[int, tuple[str, str, int | None]]:
    """Name, role and team of everybody in the list, of those who left as well."""
    ids = {look.agent_id for look in looks if look.agent_id is not None}
    rows: Sequence[tuple[int, str, str, int | None]] = list(
        Agent.objects.filter(pk__in=ids).values_list("id", "name", "role", "team_id")
    )
    return {pk: (name, role, team) for pk, name, role, team in rows}


def _entry(
    look: Look, reader: Agent, people: dict[int, tuple[str, str, int | None]], numbers: dict[UUID, int]
) -> SeenEntry:
    name, _, team = people.get(look.agent_id or 0, ("The house itself" if look.agent_id is None else "?", "", None))
    if reader.role == "lead" and look.agent_id not in {None, reader.id} and (team is None or team != reader.team_id):
        name = "Somebody of another team"
    number = numbers.get(look.conversation_id) if look.conversation_id else None
    outcome = OUTCOMES.get(look.outcome, look.outcome.replace("_", " "))
    if look.outcome == "allowed" and look.shown_at is None:
        outcome = "Allowed, not opened"
    return SeenEntry(
        at=look.at,
        who=name,
        field=in_words(look.field),
        purpose=_COMPARE if look.purpose == "compare" else PURPOSES.get(look.purpose, look.purpose),
        reason=look.reason,
        outcome=outcome,
        shown=look.shown_at is not None,
        number=number,
        url=reverse("desk:conversation", args=[number]) if number is not None and reader.role != "security" else "",
        index=look.index,
    )
