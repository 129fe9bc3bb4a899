"""A house in which Ana and Ben looked at customers, and data got out."""

from __future__ import annotations

from uuid import UUID

import pytest
from tests.desk.conftest import sign_in
from tests.guard.ledger.conftest import emptied
from tests.incidents.conftest import House, make_house

from holdfast.guard.models import RevealLog, RevealTicket
from holdfast.kit.clock import now
from holdfast.people.models import Customer
from holdfast.posture import current as posture

__all__ = ["sign_in"]


@pytest.fixture
def house(db: None) -> House:
    posture.forget()
    emptied()
    return make_house()


@pytest.fixture
def leak(house: House) -> UUID:
    return house.declare("Records were photographed", harm="data")


@pytest.fixture
def looked(house: House) -> dict[str, Customer]:
    """Ana saw one of two customers of a case each, and was refused the other; Ben saw a third who has no account."""
    people = {}
    for name, agent, outcome, shown in (
        ("seen", house.desk.ana, "allowed", True),
        ("refused", house.desk.ana, "no_grant", False),
        ("bens", house.desk.ben, "allowed", True),
    ):
        case = house.desk.talk(channel="email", customer=Customer.objects.create(name="Somebody"))
        assert case.customer is not None
        if name != "bens":
            Customer.objects.filter(pk=case.customer_id).update(reference=f"TW-{name}")
        row = RevealLog.objects.create(
            at=now(),
            agent_id=agent.pk,
            session="s" * 16,
            conversation_id=case.pk,
            customer_id=case.customer_id,
            subject=f"people_customer.iban.{case.customer_id}",
            field="iban",
            purpose="payment",
            outcome=outcome,
        )
        if shown:
            RevealTicket.objects.create(log=row, expires_at=now(), redeemed_at=now())
        people[name] = Customer.objects.get(pk=case.customer_id)
    return people
