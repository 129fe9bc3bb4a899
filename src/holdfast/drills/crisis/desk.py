"""A desk for a drill: agents who answer, the customers of a world as the company knows them, and their contacts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from holdfast.drills.crisis.world import Visit, World
from holdfast.guard.keys import blind_index
from holdfast.intake.contact import Incoming
from holdfast.kit.ids import derived
from holdfast.people.identify import CLAIMED
from holdfast.people.models import Agent, Customer, Identity, Role, Team, Vendor


@dataclass(frozen=True, slots=True)
class Desk:
    """Who answers, and who decides on proposals, as ids of agents."""

    agents: Sequence[int]
    lead: int

    @classmethod
    def open(cls, world: World, *, at: datetime) -> Desk:
        """Write agents and customers. The database must hold no others."""
        vendor = Vendor.objects.create(name="Drill", internal=True)
        team = Team.objects.create(name="Drill", vendor=vendor)
        rows = [
            Agent(
                email=f"agent{number}@drill.example", name=f"Agent {number}", role=Role.AGENT, team=team, created_at=at
            )
            for number in range(world.scenario.centre.agents)
        ]
        rows.append(Agent(email="lead@drill.example", name="Lead", role=Role.LEAD, team=team, created_at=at))
        for row in rows:
            row.set_unusable_password()
        *agents, lead = Agent.objects.bulk_create(rows)
        customers = {visit.evidence.account: visit for visit in world.visits if visit.evidence.account is not None}
        Customer.objects.bulk_create(_customers(customers, at), batch_size=2000)
        Identity.objects.bulk_create(_identities(customers, at), batch_size=2000)
        return cls([agent.pk for agent in agents], lead.pk)


def incoming(visit: Visit) -> Incoming:
    """Return a visit as a channel hands it in: what the house may know of it, and nothing else."""
    evidence = visit.evidence
    # RFC 2606 keeps `.example` for this: nobody is ever written to by mistake.
    sender = {"email": f"{evidence.account or visit.matter}@drill.example"}
    if evidence.account is not None:
        sender["account"] = evidence.account
    origin = {"operator": evidence.operator, "source": evidence.source, "region": evidence.region}
    payload: dict[str, Any] = {
        "verified": evidence.verification == 2,
        "origin": {name: value for name, value in origin.items() if value is not None},
    }
    return Incoming(
        channel=evidence.channel,
        source="drill",
        sender=sender,
        text=evidence.text,
        key=evidence.id,
        at=evidence.at,
        payload=payload,
    )


def _customers(customers: Mapping[str, Visit], at: datetime) -> Iterator[Customer]:
    for account, visit in customers.items():
        since = (at - timedelta(days=visit.evidence.tenure_days or 0)).date()
        yield Customer(id=derived("drill", "customer", account), reference=account, since=since, created_at=at)


def _identities(customers: Mapping[str, Visit], at: datetime) -> Iterator[Identity]:
    for account in customers:
        email = f"{account}@drill.example"
        yield Identity(
            id=derived("drill", "identity", account),
            customer_id=derived("drill", "customer", account),
            kind="email",
            value=email,
            index=blind_index("email", email),
            level=CLAIMED,
            created_at=at,
        )
