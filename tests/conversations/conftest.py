"""A small house: two teams with a queue each, agents, a customer, and a way to let customers write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from holdfast.conversations.models import Conversation
from holdfast.conversations.places import join
from holdfast.conversations.threading import thread
from holdfast.conversations.to_thread import Threaded, ToThread
from holdfast.desk.models import Queue
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7
from holdfast.people.models import Agent, Customer, Role, Team, Vendor


@dataclass(frozen=True)
class House:
    cards: Queue
    loans: Queue
    ana: Agent
    ben: Agent
    lin: Agent
    """Works in loans."""
    lead: Agent
    watch: Agent
    """Security."""


@pytest.fixture
def house(db: None) -> House:
    vendor = Vendor.objects.create(name="Own", internal=True)
    teams = [Team.objects.create(name=name, vendor=vendor) for name in ("Cards", "Loans")]
    queues = [Queue.objects.create(slug=team.name.lower(), name=team.name) for team in teams]
    for team, queue in zip(teams, queues, strict=True):
        queue.teams.add(team)

    def agent(name: str, role: Role, team: Team) -> Agent:
        return Agent.objects.create(email=f"{name.lower()}@desk.example", name=name, role=role, team=team)

    return House(
        *queues,
        ana=agent("Ana", Role.AGENT, teams[0]),
        ben=agent("Ben", Role.AGENT, teams[0]),
        lin=agent("Lin", Role.AGENT, teams[1]),
        lead=agent("Lea", Role.LEAD, teams[0]),
        watch=agent("Wim", Role.SECURITY, teams[0]),
    )


@pytest.fixture
def customer(db: None) -> Customer:
    return Customer.objects.create(name="Maria Example")


Write = Callable[..., Threaded]


@pytest.fixture
def write(customer: Customer) -> Write:
    """Let a customer write: `write("text", subject=..., customer_id=..., thread=[...])`."""
    numbers = count()

    def _write(text: str = "Where is my card?", **given: Any) -> Threaded:
        fields: dict[str, Any] = {"channel": "email", "customer_id": customer.pk, "at": now()}
        fields.setdefault("subject", f"Matter {next(numbers)}")
        return thread([ToThread(contact_id=uuid7(), text=text, **{**fields, **given})])[0]

    return _write


@pytest.fixture
def in_line(write: Write, house: House) -> Callable[..., Conversation]:
    """Let a customer write and stand in the line for cards."""

    def _in_line(text: str = "Where is my card?", **given: Any) -> Conversation:
        went = write(text, **given)
        assert went.waiting_since is not None
        join(conversation_id=went.conversation_id, queue_id=house.cards.pk, at=went.waiting_since)
        return Conversation.objects.get(pk=went.conversation_id)

    return _in_line


@pytest.fixture
def fresh() -> Callable[[UUID | Conversation], Conversation]:
    """Read a conversation again."""
    return lambda which: Conversation.objects.get(pk=which if isinstance(which, UUID) else which.pk)
