"""An incident that touched some of a bank's customers, who are of several tiers, places and languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from django.test import Client
from tests.desk.conftest import BACKEND
from tests.incidents.conftest import House

from holdfast.guard.keys import blind_index
from holdfast.kit.clock import now
from holdfast.people.models import Agent, Customer, Identity

SignIn = Callable[[Agent], Client]
PEOPLE = (  # reference, tier, since, locale, city, mail
    ("TW-11", "private", date(2009, 5, 1), "en", "Cork", "eleven@post.example"),
    ("TW-12", "private", date(2024, 5, 1), "id", "Bandung", "twelve@post.example"),
    ("TW-13", "", date(2011, 5, 1), "pt-br", "Recife", "thirteen@post.example"),
    ("TW-14", "", None, "", "Cork", ""),
)


@pytest.fixture
def people(house: House) -> dict[str, UUID]:
    """Customers by reference; the house's own customer, TW-1, is one of them."""
    found = {"TW-1": house.desk.customer.pk}
    for reference, tier, since, locale, city, mail in PEOPLE:
        customer = Customer.objects.create(
            reference=reference, name=f"Person {reference}", tier=tier, since=since, locale=locale, city=city
        )
        if mail:
            Identity.objects.create(
                customer=customer, kind="email", value=mail, index=blind_index("email", mail), level=2
            )
        found[reference] = customer.pk
    return found


@pytest.fixture
def incident(house: House, people: dict[str, UUID]) -> UUID:
    return house.declare(started_at=now() - timedelta(hours=1))


@pytest.fixture
def sign_in() -> SignIn:
    def signed_in(agent: Agent) -> Client:
        client = Client()
        client.force_login(agent, BACKEND)
        return client

    return signed_in
