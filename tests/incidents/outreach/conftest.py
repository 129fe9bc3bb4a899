"""People whom an incident touched, in a frozen audience, and three who may call them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from tests.incidents.audiences.conftest import incident, people, sign_in  # noqa: F401 - fixtures
from tests.incidents.conftest import House

from holdfast.incidents.audiences import freezing, groups
from holdfast.incidents.outreach import taking
from holdfast.incidents.words import signatories
from holdfast.kit.clock import now
from holdfast.people.choosing import Choice


@pytest.fixture
def audience(house: House, incident: UUID, people: dict[str, UUID]) -> UUID:  # noqa: F811
    """TW-11 and TW-12 are of high value, TW-13 is affected, everybody else is not."""
    groups.add(incident_id=incident, name="Private", segment="high_value", source="people", by=house.lead,
               choice=Choice(tier="private"))  # fmt: skip
    groups.add(incident_id=incident, name="Twice", segment="affected", source="file", by=house.lead, lines=["TW-13"])
    groups.add(incident_id=incident, name="Rest", segment="unaffected", source="rest", by=house.lead)
    return freezing.freeze(incident_id=incident, exposed_at=now(), by=house.lead)


@pytest.fixture
def executive(house: House) -> int:
    """Ben answers customers, and signs as an executive."""
    signatories.name(agent_id=house.desk.ben.pk, role="executive", jurisdiction="", by=house.desk.admin.pk)
    return house.desk.ben.pk


def take(incident_id: UUID, customer_id: UUID, *, executive: int, by: int | None = None, days: float = 3) -> UUID:
    return taking.take(
        incident_id=incident_id,
        customer_id=customer_id,
        executive=executive,
        window=(now(), now() + timedelta(hours=2)),
        held_until=now() + timedelta(days=days),
        by=by or executive,
    )
