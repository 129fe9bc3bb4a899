"""A case: an agent, a customer with values, and the words to ask with."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import connection

from holdfast.guard import keys, reveals
from holdfast.guard.fields import Sealed
from holdfast.guard.models import RevealLog
from holdfast.kit.ids import uuid7
from holdfast.people.models import Customer

NAME = "Ayu Zuurmarker"
IBAN = "NL91ABNA0417164300"
OLD, NEW, OTHER = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))  # keys of a ring


@dataclass
class Case:
    """One case of one customer, and its asking."""

    customer: Customer
    conversation_id: UUID = field(default_factory=uuid7)
    agent_id: int = 7
    session_key: str = "session-one"

    @property
    def who(self) -> dict[str, Any]:
        return {"agent_id": self.agent_id, "session_key": self.session_key}

    @property
    def grant(self) -> dict[str, Any]:
        return {"agent_id": self.agent_id, "conversation_id": self.conversation_id, "customer_id": self.customer.pk}

    def ask(self, **changes: Any) -> reveals.Ticket | reveals.Denied:
        asking = {
            **self.who,
            "conversation_id": self.conversation_id,
            "customer_id": self.customer.pk,
            "sealed": self.customer.iban,
            "field": "iban",
            "purpose": "payment",
        }
        return reveals.request(**{**asking, **changes})

    def reveal(self, **changes: Any) -> reveals.Value | reveals.Denied:
        asking = {**self.who, "conversation_id": self.conversation_id, "customer_id": self.customer.pk}
        asking |= {"sealed": self.customer.iban, "field": "iban", "purpose": "payment"}
        return reveals.reveal(**{**asking, **changes})

    def compare(self, typed: str, **changes: Any) -> bool:
        asking = {**self.who, "conversation_id": self.conversation_id, "customer_id": self.customer.pk}
        asking |= {"sealed": self.customer.iban, "field": "iban", "typed": typed}
        return reveals.compare(**{**asking, **changes})

    def redeem(self, ticket: reveals.Ticket | UUID, sealed: Sealed | None = None, **changes: Any) -> str:
        return reveals.redeem(**{"ticket": ticket, **self.who, "sealed": sealed or self.customer.iban, **changes})

    def outcomes(self) -> list[str]:
        return [row.outcome for row in RevealLog.objects.filter(conversation_id=self.conversation_id).order_by("at")]


@pytest.fixture
def case(transactional_db: None) -> Case:
    customer = Customer.objects.create(name=NAME, iban=IBAN, birth_date="1990-05-17", city="Bandung")
    return Case(Customer.objects.get(pk=customer.pk))


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel("2026-03-02 09:00:00+00:00", tick=False) as moved:
        yield moved


@pytest.fixture
def ring(settings: Any) -> Iterator[Callable[[str], None]]:
    """Give the house another key ring, from here on."""

    def take(text: str) -> None:
        settings.SEAL_KEYS = text
        keys.key_ring.cache_clear()

    yield take
    keys.key_ring.cache_clear()
    keys._index_key.cache_clear()


@pytest.fixture
def no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate's own connection finds no server; the caller's keeps working."""
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
