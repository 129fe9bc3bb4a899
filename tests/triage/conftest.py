"""Contacts through the real door, and queues to route them to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from holdfast.assistant.contract import HandOver, Outcome, Reason
from holdfast.desk import routing
from holdfast.desk.models import Queue
from holdfast.intake.accept import accept_now
from holdfast.intake.contact import Incoming
from holdfast.triage import answering, loop

Accept = Callable[..., UUID]


@pytest.fixture
def queues(db: None) -> Iterator[dict[str, Queue]]:
    routing.forget()
    yield {
        slug: Queue.objects.create(slug=slug, name=slug.title(), keywords=keywords, position=position, **given)
        for position, (slug, keywords, given) in enumerate(
            [
                ("cards", {"en": ["card", "lost card"], "pt": ["cartão"]}, {}),
                ("payments", {"en": ["payment", "charged"], "id": ["pembayaran"]}, {}),
                ("other", {}, {"fallback": True}),
                ("parking", {}, {"parking": True}),
            ]
        )
    }
    routing.forget()


@pytest.fixture
def accept(queues: dict[str, Queue]) -> Accept:
    """Accept one contact and return its receipt: `accept("text", email="...", kind="bounce", thread=[...])`."""

    def _accept(text: str = "Where is my card?", **given: Any) -> UUID:
        names = ("channel", "source", "subject", "key", "at", "locale", "raw")
        fields = {name: given.pop(name) for name in names if name in given}
        sender = given.pop("sender", {"email": given.pop("email", "maria@post.example"), "name": "Maria Example"})
        incoming = Incoming(**{"channel": "email", "source": "test", **fields}, sender=sender, text=text, payload=given)
        return accept_now([incoming])[0].receipt

    return _accept


@pytest.fixture
def assistant(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The assistant at its contract: it says what the last entry says (an outcome, or an exception to raise).

    The other entries are the questions it was asked.
    """
    said: list[Any] = [HandOver(Reason.NOT_SURE, "Not a clear match.")]

    def respond_many(questions: list[Any]) -> list[Outcome]:
        asked = list(questions)
        said[0:0] = asked
        if isinstance(said[-1], Exception):
            raise said[-1]
        return [said[-1]] * len(asked)

    monkeypatch.setattr(answering, "respond_many", respond_many)
    return said


@pytest.fixture
def triage(assistant: list[Any]) -> Callable[[], int]:
    """Triage everything that waits and return how many batches it took."""

    def _triage() -> int:
        batches = 0
        while loop.once():
            batches += 1
        return batches

    return _triage
