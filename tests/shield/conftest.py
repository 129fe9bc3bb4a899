"""Contacts through the real door and triage, on a clock of the test's own, for the shield to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from holdfast.desk import routing
from holdfast.desk.models import Queue
from holdfast.intake.accept import accept_now
from holdfast.intake.contact import Incoming
from holdfast.kit import clock
from holdfast.people.models import Agent, Role
from holdfast.posture import current as posture
from holdfast.shield import assess, published
from holdfast.triage import loop

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class Day:
    """A day at the desk: `say` lets somebody write now, `pass_time` moves the clock."""

    queue: Queue
    lead: Agent
    moment: datetime = START

    def say(self, text: str, *, email: str = "maria@post.example", channel: str = "web", **given: Any) -> UUID:
        incoming = Incoming(channel=channel, source="shop", sender={"email": email}, text=text, payload=given)
        return accept_now([incoming])[0].receipt

    def pass_time(self, **span: float) -> None:
        self.moment += timedelta(**span)
        published.forget()
        posture.forget()

    def assess(self) -> int:
        """Triage and assess whatever waits for it; return how many contacts were assessed."""
        while loop.once():
            pass
        found = 0
        while some := assess.assess_some():
            found += some
        return found


@pytest.fixture
def day(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Day]:
    from holdfast.triage import answering

    monkeypatch.setattr(answering, "respond_many", lambda questions: [None] * len(list(questions)))
    routing.forget()
    published.forget()
    posture.forget()
    queue = Queue.objects.create(slug="support", name="Support", fallback=True)
    lead = Agent.objects.create(email="lea@desk.example", name="Lea", role=Role.LEAD)
    here = Day(queue, lead)
    clock.set_source(lambda: here.moment)
    yield here
    clock.set_source(None)
    for kept in (routing, published, posture):
        kept.forget()


Crowd = Callable[[int], list[UUID]]
