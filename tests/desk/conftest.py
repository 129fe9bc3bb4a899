"""A small desk: two teams with a queue each, people of every role, and conversations made on demand."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from django.test import Client

from holdfast.conversations.assignments import assign
from holdfast.conversations.models import Conversation, Message
from holdfast.conversations.places import join
from holdfast.desk.models import Queue
from holdfast.kit.clock import now
from holdfast.operations.client import operations
from holdfast.people.models import Agent, Customer, Identity, Team, Vendor

BACKEND = "holdfast.people.signed_in.SignedIn"


@dataclass
class Desk:
    """Everybody and everything a desk test needs."""

    cards: Queue
    payments: Queue
    other: Queue
    ana: Agent
    ben: Agent
    bob: Agent
    lead: Agent
    admin: Agent
    security: Agent
    customer: Customer

    def talk(
        self,
        *texts: str,
        queue: Queue | None = None,
        customer: Customer | None = None,
        subject: str = "",
        channel: str = "chat",
        in_line: bool = True,
        at: datetime | None = None,
    ) -> Conversation:
        """Make a conversation in which the customer said `texts` (one text by default), waiting in line."""
        said = texts or ("My card was declined at the shop",)
        started = at or now() - timedelta(minutes=20)
        conversation = Conversation.objects.create(
            customer=customer or self.customer,
            channel=channel,
            subject=subject,
            preview=said[-1][:160],
            last_author="customer",
            locale="en",
            queue_id=(queue or self.cards).pk,
            version=len(said),
            waiting_since=started,
            last_message_at=started + timedelta(seconds=len(said)),
            created_at=started,
        )
        for position, text in enumerate(said):
            Message.objects.create(
                conversation=conversation,
                author="customer",
                text=text,
                version=position + 1,
                created_at=started + timedelta(seconds=position),
            )
        if in_line:
            join(conversation_id=conversation.pk, queue_id=(queue or self.cards).pk, at=started)
        conversation.refresh_from_db()
        return conversation


def make_customer(
    *, name: str = "Maren Okafor", email: str = "maren@post.example", reference: str = "TW-1"
) -> Customer:
    """A customer with a sealed name, address and IBAN, and a proven e-mail address."""
    customer = Customer.objects.create(
        reference=reference,
        name=name,
        address="12 Quay Street, Cork",
        iban="IE29AIBK93115212345678",
        city="Cork",
        locale="en",
    )
    Identity.objects.create(customer=customer, kind="email", value=email, index=email.encode()[:16], level=2)
    return customer


def make_desk() -> Desk:
    """Build the desk in the current database."""
    vendor = Vendor.objects.create(name="Tidewater", internal=True)
    one, two = Team.objects.create(name="One", vendor=vendor), Team.objects.create(name="Two", vendor=vendor)
    cards = Queue.objects.create(slug="cards", name="Cards", icon="credit-card", position=1)
    payments = Queue.objects.create(slug="payments", name="Payments", position=2)
    other = Queue.objects.create(slug="other", name="Everything else", position=3, fallback=True)
    cards.teams.add(one)
    payments.teams.add(two)
    other.teams.add(one, two)

    def person(name: str, role: str, team: Team | None) -> Agent:
        return Agent.objects.create_user(f"{name.lower()}@desk.example", name=f"{name} Test", role=role, team=team)

    return Desk(
        cards=cards,
        payments=payments,
        other=other,
        ana=person("Ana", "agent", one),
        ben=person("Ben", "agent", one),
        bob=person("Bob", "agent", two),
        lead=person("Lea", "lead", one),
        admin=person("Ada", "admin", None),
        security=person("Sig", "security", None),
        customer=make_customer(),
    )


@pytest.fixture
def desk(db: Any) -> Desk:
    return make_desk()


@pytest.fixture
def case(desk: Desk) -> Conversation:
    """A case by mail that Ana has."""
    conversation = desk.talk(channel="email")
    assign(conversation_id=conversation.pk, to=desk.ana.pk, by=desk.ana.pk)
    return conversation


@pytest.fixture
def sign_in() -> Callable[[Agent], Client]:
    """Return a browser-like client signed in as somebody."""

    def signed_in(agent: Agent) -> Client:
        client = Client()
        client.force_login(agent, BACKEND)
        return client

    return signed_in


@pytest.fixture(scope="session")
def service() -> Iterator[str]:
    """The made-up bank's operations service, a process of its own; its token is `for-tests`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "holdfast.drills.tidewater.operations_service", "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ | {"HOLDFAST_OPERATIONS_TOKEN": "for-tests"})
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/healthz", timeout=1).status_code == 200:
                break
        except httpx.TransportError:
            time.sleep(0.05)  # a foreign process: the only way to know that it listens is to ask
    yield url
    process.kill()
    process.wait()


@pytest.fixture
def fresh_client() -> Iterator[None]:
    """No client of the operations service is left from another test."""
    operations.cache_clear()
    yield
    operations.cache_clear()
