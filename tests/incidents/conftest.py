"""A small house in which something can break: components, people, and an open incident."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.desk.conftest import Desk, make_desk

from holdfast.incidents import causes, commitments, components, declaring, queries, updates, wording
from holdfast.incidents.contract import ComponentView, IncidentView, UpdateView
from holdfast.kit.clock import now
from holdfast.posture import current as posture


@dataclass(frozen=True)
class House:
    desk: Desk
    cards: ComponentView
    app: ComponentView

    @property
    def lead(self) -> int:
        return self.desk.lead.pk

    def declare(self, title: str = "Card payments are declined", **given: Any) -> UUID:
        return declaring.declare(title=title, by=self.lead, components={self.cards.id: "major_outage"}, **given)

    def draft(self, incident_id: UUID, text: str = "We are looking into it.", **given: Any) -> UpdateView:
        fields: dict[str, Any] = {
            "status": "investigating",
            "texts": {"en": text},
            "next_update_due": in_minutes(30),
            "components": {},
        }
        return updates.draft(incident_id=incident_id, by=self.lead, **{**fields, **given})

    def publish(self, incident_id: UUID, text: str = "We are looking into it.", **given: Any) -> UpdateView:
        drafted = self.draft(incident_id, text, **given)
        return updates.publish(update_id=drafted.id, version=drafted.version, by=self.lead)

    def resolve(self, incident_id: UUID) -> UpdateView:
        causes.say(incident_id=incident_id, known=True, cause="A certificate had run out.", by=self.lead)
        commitments.promise(
            incident_id=incident_id,
            what="Certificates renew themselves and are watched.",
            owner=self.lead,
            due=now() + timedelta(days=14),
            by=self.lead,
            public=True,
        )
        return self.publish(
            incident_id,
            "Payments work again.",
            status="resolved",
            next_update_due=None,
            components={self.cards.id: "operational"},
        )


def in_minutes(minutes: float) -> datetime:
    return now() + timedelta(minutes=minutes)


@pytest.fixture
def house(db: None) -> House:
    posture.forget()
    return make_house()


def make_house() -> House:
    desk = make_desk()
    cards = components.add(name="Card payments", by=desk.lead.pk)
    return House(desk, cards, components.add(name="App and website", by=desk.lead.pk))


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words pass unread, and no holding text is there: both have tests of their own in the room of words."""
    monkeypatch.setattr(wording, "_checks", [])
    monkeypatch.setattr(wording, "_holding", [])


@pytest.fixture
def read() -> Callable[[UUID], IncidentView]:
    def _read(incident_id: UUID) -> IncidentView:
        found = queries.incident_of_id(incident_id)
        assert found is not None
        return found

    return _read
