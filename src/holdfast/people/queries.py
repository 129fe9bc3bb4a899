"""Reads about agents and customers. What is sealed stays sealed here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from holdfast.guard.cutoff.states import cut_off_ids
from holdfast.guard.fields import Sealed
from holdfast.guard.keys import blind_index, normalise
from holdfast.people.models import Agent, Customer, Identity, Role, Team, Vendor

_LOOKED_UP = ("email", "phone", "account")


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody a case can be given to."""

    id: int
    name: str
    team: str
    vendor: str


def name_of(agent_id: int | None) -> str:
    """Return an agent's name, "Nobody" for none."""
    if agent_id is None:
        return "Nobody"
    return Agent.objects.filter(pk=agent_id).values_list("name", flat=True).first() or "Nobody"


def names_of(agent_ids: Collection[int]) -> dict[int, str]:
    """Return the names of these agents, of those who left as well."""
    return dict(Agent.objects.filter(pk__in=set(agent_ids)).values_list("id", "name"))


def employers_of(agent_ids: Collection[int]) -> dict[int, int | None]:
    """Return who employs each of these; `None` for who is in no team: somebody of the house itself."""
    return dict(Agent.objects.filter(pk__in=agent_ids).values_list("id", "team__vendor_id"))


def members(team_id: int) -> list[int]:
    """Return the ids of everybody in a team, of those who left as well."""
    return list(Agent.objects.filter(team_id=team_id).order_by("id").values_list("id", flat=True))


def leads(agent_id: int) -> bool:
    """Tell whether this agent is here and may act in everybody's case."""
    return _here().filter(pk=agent_id, role__in=[Role.LEAD, Role.ADMIN]).exists()


def role_of(agent_id: int) -> str:
    """Return the role of somebody who is here, empty for others."""
    rows = _here().filter(pk=agent_id)
    return rows.values_list("role", flat=True).first() or ""


def answers(agent_id: int) -> bool:
    """Tell whether this agent is here and answers customers (the security role watches, it does not answer)."""
    return _here().filter(pk=agent_id).exclude(role=Role.SECURITY).exists()


def is_here(agent_id: int) -> bool:
    """Tell whether this person works here now, whatever their role."""
    return _here().filter(pk=agent_id).exists()


def _here() -> QuerySet[Agent]:
    """Return everybody who works here now: not deactivated, and not cut off in any way."""
    return Agent.objects.filter(is_active=True).exclude(pk__in=cut_off_ids())


def absent() -> list[int]:
    """Return the ids of everybody who cannot answer customers: deactivated, cut off, or of the security role."""
    rows = Agent.objects.filter(Q(is_active=False) | Q(role=Role.SECURITY) | Q(pk__in=cut_off_ids())).order_by("id")
    return list(rows.values_list("id", flat=True))


def leading() -> list[int]:
    """Return the ids of those who lead and are here."""
    rows = _here().filter(role__in=[Role.LEAD, Role.ADMIN])
    return list(rows.order_by("id").values_list("id", flat=True))


def addresses_of(agent_ids: Collection[int]) -> dict[int, str]:
    """Return the mail addresses of these agents, of those who are here."""
    return dict(_here().filter(pk__in=set(agent_ids)).values_list("id", "email"))


def colleagues(*, queue_ids: Collection[int] | None = None, limit: int = 200) -> list[Colleague]:
    """Return who can take a case, by name; with `queue_ids` those whose team serves one of them, and all leads."""
    agents = _here().exclude(role=Role.SECURITY)
    if queue_ids is not None:
        serving = agents.filter(team__queues__in=list(queue_ids))
        agents = (serving | agents.filter(role__in=[Role.LEAD, Role.ADMIN])).distinct()
    rows = agents.order_by("name", "id").values_list("id", "name", "team__name", "team__vendor__name")[:limit]
    return [Colleague(id_, name, team or "", vendor or "") for id_, name, team, vendor in rows]


def employer_named(name: str) -> int | None:
    """Return the id of the employer with this name."""
    return Vendor.objects.filter(name__iexact=name.strip()).values_list("id", flat=True).first()


@dataclass(frozen=True, slots=True)
class TeamInfo:
    """A team and who employs it."""

    id: int
    name: str
    vendor: str


def teams() -> list[TeamInfo]:
    """Return every team, by vendor and name."""
    rows = Team.objects.order_by("vendor__name", "name").values_list("id", "name", "vendor__name")
    return [TeamInfo(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who answers customers, without a name."""

    id: int
    team: str
    vendor: str
    internal: bool
    capacity: int
    team_id: int


def workforce() -> Sequence[Worker]:
    """Return everybody who answers customers and has a team."""
    agents = _here().filter(role=Role.AGENT, team__isnull=False).order_by("team__name", "id")
    fields = ("id", "team__name", "team__vendor__name", "team__vendor__internal", "capacity", "team_id")
    return [Worker(*row) for row in agents.values_list(*fields)]


def ids_of_emails(emails: Collection[str]) -> dict[str, int]:
    """Return the active agents who sign in with these addresses, by address in lower case."""
    wanted = {email.lower() for email in emails}
    rows = _here().filter(email__in=wanted).values_list("email", "id")
    return {email.lower(): id_ for email, id_ in rows}


def standing_of(customer_ids: Collection[UUID]) -> dict[UUID, tuple[str | None, date | None]]:
    """Return each customer's account reference, and since when they are one."""
    rows = Customer.objects.filter(pk__in=list(customer_ids)).values_list("id", "reference", "since")
    return {id_: (reference, since) for id_, reference, since in rows}


ACCOUNTS = """SELECT own.id, coalesce(into_.reference, own.reference) AS reference
    FROM people_customer own LEFT JOIN people_customer into_ ON into_.id = own.merged_into_id"""
"""Each customer's account reference, of a merged one whom they were merged into; for lists of hundreds of thousands."""


def is_reference(reference: str) -> bool:
    """Tell whether a customer has this account reference."""
    return Customer.objects.filter(reference=reference).exists()


@dataclass(frozen=True, slots=True)
class Referenced:
    """A customer by their account, without any value."""

    id: UUID
    locale: str


def customer_with_reference(reference: str) -> Referenced | None:
    """Return the customer of an account."""
    row = Customer.objects.filter(reference=reference).values_list("id", "locale").first()
    return Referenced(*row) if row else None


def mail_on_file(customer_ids: Collection[UUID]) -> dict[UUID, Sealed]:
    """Return the mail address of each customer that has one, sealed: the best proven, the oldest of equals."""
    rows = Identity.objects.filter(customer_id__in=list(customer_ids), kind=Identity.Kind.EMAIL)
    best = rows.order_by("customer_id", "-level", "created_at").distinct("customer_id")
    return {each.customer_id: each.value for each in best}


def sealed_names(customer_ids: Collection[UUID]) -> dict[UUID, Sealed]:
    """Return the name of each of these customers, sealed."""
    rows = Customer.objects.filter(pk__in=set(customer_ids)).only("id", "name")
    return {each.pk: each.name for each in rows}


def customer(customer_id: UUID | None) -> Customer | None:
    """Return a customer with identities, sealed. Two queries. Callers come here after `access_conversation`."""
    if customer_id is None:
        return None
    return Customer.objects.prefetch_related("identities").filter(pk=customer_id).first()


def customers_named(text: str) -> Sequence[UUID]:
    """Return the customers whose reference, e-mail address or phone number is exactly `text`, by blind index.

    Whoever asks already has the value in hand; nothing is opened and nothing near it is found. Two queries.
    """
    text = text.strip()
    if not text or len(text) > 254:
        return []
    found = set(Customer.objects.filter(reference=normalise("account", text)).values_list("id", flat=True))
    kinds = [kind for kind in _LOOKED_UP if kind != "email" or "@" in text]
    # Each kind has an index key of its own, so the index of one is never that of another.
    held = Identity.objects.filter(kind__in=kinds, index__in=[blind_index(kind, text) for kind in kinds])
    found.update(held.values_list("customer_id", flat=True))
    return sorted(found)
