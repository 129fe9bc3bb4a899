"""An offer to the customers of Cork, of whom there are some, and people who approve so much."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from tests.incidents.audiences.conftest import incident, people, sign_in  # noqa: F401 - fixtures
from tests.incidents.conftest import House

from holdfast.guard.keys import blind_index
from holdfast.incidents.goodwill import limits, offers, redeeming
from holdfast.kit.clock import now
from holdfast.people.choosing import Choice
from holdfast.people.models import Customer, Identity

MAIL = {"en": offers.Mail(subject="We are sorry", body="Dear {name}, {amount} until {until}: {code}")}
Write = Callable[..., UUID]


def crowd(number: int, *, tier: str = "plus") -> list[UUID]:
    """Customers with an address each, made in three statements."""
    made = Customer.objects.bulk_create(
        Customer(reference=f"GW-{tier}-{at}", name=f"Person {at}", tier=tier, locale="en") for at in range(number)
    )
    addresses = [f"{tier}{at}@post.example" for at in range(number)]
    Identity.objects.bulk_create(
        Identity(customer=each, kind="email", value=address, index=blind_index("email", address), level=2)
        for each, address in zip(made, addresses, strict=True)
    )
    return [each.pk for each in made]


@pytest.fixture
def write(house: House, incident: UUID) -> Write:  # noqa: F811
    """Write an offer of 10 EUR to everybody of tier plus; nobody is held out unless told."""

    def written(**given: Any) -> UUID:
        fields: dict[str, Any] = {
            "incident_id": incident,
            "name": "Ten back",
            "amount": Decimal(10),
            "currency": "EUR",
            "budget": Decimal(1000),
            "expires_at": now() + timedelta(days=30),
            "whom": offers.Whom(choice=Choice(tier="plus")),
            "hold_out": 0,
            "mails": MAIL,
            "by": house.lead,
        }
        return offers.write(**{**fields, **given})

    return written


@pytest.fixture
def approver(house: House) -> int:
    """Ada sets a limit for a second lead, who approves."""
    house.desk.ben.role = "lead"
    house.desk.ben.save()
    limits.set_limit(agent_id=house.desk.ben.pk, amount=Decimal(5000), currency="EUR", by=house.desk.admin.pk)
    return house.desk.ben.pk


@pytest.fixture
def running(house: House, write: Write, approver: int) -> Callable[..., UUID]:
    """Write an offer, approve it and redeem its test code."""

    def made(**given: Any) -> UUID:
        offer = write(**given)
        assert offers.approve(offer_id=offer, by=approver)
        code = redeeming.make_trial(offer_id=offer, by=house.lead)
        assert redeeming.redeem(code=code, key="a test", through="till").trial
        return offer

    return made
