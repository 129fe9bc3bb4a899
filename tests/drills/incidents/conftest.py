"""A small case, and a house on whose mail server nobody is written to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from holdfast.drills.incidents.loading import parse
from holdfast.drills.incidents.scenario import Case
from holdfast.drills.incidents.sink import Sink, mail_server


def given(**changed: Any) -> dict[str, Any]:
    """Return a case as its file would say it: two hours, sixty people, one team of each kind."""
    case: dict[str, Any] = {
        "kind": "incident",
        "title": "Cards are declined",
        "about": "A made-up case for tests.",
        "start": "2026-03-10T09:00:00Z",
        "minutes": 150,
        "step": 5,
        "sources": ["made up"],
        "broke": {"title": "Card payments are declined", "service": "Card payments", "acknowledged": ["you"]},
        "people": {"number": 60, "affected": 0.4, "lists": [{"at": 30, "missing": 0.25, "extra": 0.1}]},
        "topics": [
            {"name": "you", "asks": ["My card was declined, is it you?"], "share": 3, "phrases": ["card was declined"]},
            {"name": "fee", "asks": ["I got a late fee."], "share": 1, "phrases": ["late fee"]},
            {"name": "else", "asks": ["How do I change my address?"], "share": 1},
        ],
        "contacts": {"synthetic": True, "number": 40, "stands_for": 100, "shape": [[0, 0], [20, 5], [140, 1]]},
        "facts": [
            {"name": "share", "at": 20, "text": "About 4 in 10 payments fail.", "source": "us", "mark": "assumed"},
            {
                "name": "cause",
                "at": 60,
                "key": "cause",
                "text": "A certificate of ours had run out.",
                "source": "us",
                "mark": "assumed",
            },
        ],
        "teams": [record(), playbook()],
    }
    return {**case, **changed}


def record(**changed: Any) -> dict[str, Any]:
    says = [
        {
            "at": 30,
            "source": "made up",
            "mark": "memory",
            "next": 60,
            "text": "Some payments fail. Our provider's fault.",
        },
        {"at": 100, "source": "made up", "mark": "memory", "status": "resolved", "text": "All is well again."},
    ]
    return {
        "name": "as_it_was",
        "plays": "record",
        "about": "As it was.",
        "declares": 20,
        "says": says,
        **changed,
    }


def playbook(**changed: Any) -> dict[str, Any]:
    return {
        "name": "holdfast",
        "plays": "playbook",
        "about": "By the playbook.",
        "notices": 5,
        "cadence": [{"since": 0, "every": 30}],
        "away": [{"since": 60, "until": 75}],
        "tells": [35],
        "resolves": 100,
        **changed,
    }


def case(**changed: Any) -> Case:
    return parse(given(**changed), name="small")


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server
