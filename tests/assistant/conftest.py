"""Customers who write to the assistant, agents who take over, and actions that answer as a test says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
from django.conf import LazySettings
from tests.assistant.llm.fake_endpoint import FakeEndpoint, running

from holdfast.assistant import acting_given
from holdfast.assistant.acting_steps import Acting, Done, Pending, Step
from holdfast.assistant.contract import Action, ForAssistant, HandOver, Outcome, Reason
from holdfast.assistant.llm.client import _made
from holdfast.assistant.models import Turn
from holdfast.conversations.models import Conversation, Message, Place
from holdfast.desk import routing
from holdfast.desk.models import Queue
from holdfast.intake.accept import accept_now
from holdfast.intake.contact import Incoming
from holdfast.people.models import Agent, Team, Vendor
from holdfast.triage import answering, loop


@dataclass
class Systems:
    """The company's systems at their contract. `answers` are steps to give, or functions that make one or raise."""

    answers: list[Step | Callable[[], Step]] = field(default_factory=list)
    calls: list[tuple[str, str, Acting]] = field(default_factory=list)

    def begin(self, action: str, text: str, *, who: Acting, locale: str) -> Step:
        self.calls.append((action, text, who))
        return self._next()

    def go_on(self, pending: Pending | Mapping[str, object], text: str, *, who: Acting, locale: str) -> Step:
        waiting = pending if isinstance(pending, Pending) else Pending.load(acting_given.opened(pending))
        self.calls.append((waiting.action, text, who))
        return self._next()

    def _next(self) -> Step:
        answer = self.answers.pop(0) if self.answers else Step(say="Done.", done=Done("freeze_card", "14:03"))
        return answer if isinstance(answer, Step) else answer()


@dataclass
class Talk:
    """One customer in one chat, or by mail."""

    channel: str = "chat"
    session: str = field(default_factory=lambda: uuid4().hex)

    def say(self, text: str, *, kind: str = "message") -> UUID:
        """Write, and let triage look; return the receipt."""
        key = f"chat:{self.session}" if self.channel == "chat" else f"mail:{self.session}@x.example"
        sender = {"chat": self.session} if self.channel == "chat" else {"email": f"{self.session}@x.example"}
        payload = {"kind": kind, "thread": [key], "thread_own": [key]}
        incoming = Incoming(channel=self.channel, source="test", sender=sender, text=text, payload=payload)
        receipt = accept_now([incoming])[0].receipt
        while loop.once():
            pass
        return receipt

    @property
    def case(self) -> Conversation:
        key = f"chat:{self.session}" if self.channel == "chat" else f"mail:{self.session}@x.example"
        return Conversation.objects.get(thread_keys__key=key)

    @property
    def turn(self) -> Turn:
        return Turn.objects.filter(conversation=self.case).latest("created_at")

    @property
    def in_line(self) -> bool:
        return Place.objects.filter(conversation=self.case, left_at=None).exists()

    def said(self, author: str, *, internal: bool = False) -> list[str]:
        rows = Message.objects.filter(conversation=self.case, author=author, internal=internal)
        return list(rows.order_by("created_at").values_list("text", flat=True))


@pytest.fixture
def house(db: None) -> Iterator[None]:
    """Queues to stand in."""
    routing.forget()
    Queue.objects.create(slug="cards", name="Cards", keywords={"en": ["card"]}, position=0)
    Queue.objects.create(slug="other", name="Other", fallback=True, position=1)
    Queue.objects.create(slug="parking", name="Parking", parking=True, position=2)
    yield
    routing.forget()


@pytest.fixture
def agent(house: None) -> Agent:
    team = Team.objects.create(name="T", vendor=Vendor.objects.create(name="V"))
    return Agent.objects.create(email="ana@desk.example", name="Ana", role="lead", team=team)


@pytest.fixture
def systems() -> Systems:
    return Systems()


@pytest.fixture
def freezing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a customer writes is understood as a wish to freeze a card; the steps before that are the real ones."""
    real = answering.respond_many

    def respond_many(asked: list[ForAssistant]) -> list[Outcome]:
        gate = {Reason.NO_ARTICLE, Reason.NOT_SURE}
        outcomes = real(asked)
        return [
            Action("freeze_card", locale="en") if isinstance(o, HandOver) and o.reason in gate else o for o in outcomes
        ]

    monkeypatch.setattr(answering, "respond_many", respond_many)


@pytest.fixture
def fake(settings: LazySettings) -> Iterator[FakeEndpoint]:
    """A fake endpoint of a language model that the house's own settings point to."""
    with running() as fake:
        settings.LLM_URL = fake.url
        settings.LLM_MODEL = "fake-1"
        settings.LLM_KEY = "sk-marker-key-0001"
        settings.LLM_DEADLINE = 1.0
        settings.LLM_CONCURRENCY = 4
        settings.LLM_PRICE_IN, settings.LLM_PRICE_OUT, settings.LLM_MAX_COST = 2.0, 10.0, 1.0
        _made.cache_clear()
        yield fake
        _made.cache_clear()
