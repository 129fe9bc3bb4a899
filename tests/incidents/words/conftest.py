"""A house in which words are approved: people who sign, and a lead who writes."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from tests.incidents.conftest import House, make_house

from holdfast.incidents.words import signatories
from holdfast.people.models import Agent, Role
from holdfast.posture import current as posture


@dataclass(frozen=True)
class Signed:
    """`house.lead` writes; `legal`, `communications` and `security` approve; `admin` names them."""

    house: House
    admin: Agent
    legal: Agent
    communications: Agent
    security: Agent


def make_signed(house: House | None = None) -> Signed:
    house = house or make_house()
    people = {
        name: Agent.objects.create_user(f"{name}@desk.example", "a passphrase", name=name.title(), role=role)
        for name, role in {
            "admin": Role.ADMIN, "legal": Role.AGENT, "communications": Role.LEAD, "security": Role.SECURITY,
        }.items()
    }  # fmt: skip
    for role in ("legal", "communications", "security"):
        signatories.name(agent_id=people[role].pk, role=role, jurisdiction="", by=people["admin"].pk)
    return Signed(house, people["admin"], people["legal"], people["communications"], people["security"])


@pytest.fixture
def signed(db: None) -> Signed:
    posture.forget()
    return make_signed()
