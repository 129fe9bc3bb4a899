"""What a customer asks to have done is told from what an article answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from holdfast.assistant import intents
from holdfast.assistant.contract import Action, ForAssistant, HandOver
from holdfast.assistant.respond import respond
from holdfast.drills.tidewater.content import articles
from holdfast.kit.ids import uuid7
from holdfast.knowledge import search
from holdfast.knowledge.models import Article

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _learned(settings: Any, db: None) -> Iterator[None]:
    settings.OPERATIONS_URL = "http://bank.invalid"
    settings.SUPPORT_LANGUAGES = ["en"]
    for each in [each for each in articles() if each.locale == "en"][:12]:
        Article.objects.create(
            slug=each.slug,
            locale="en",
            title=each.title,
            body=each.body,
            asks=list(each.asks),
            topic="cards",
            version=1,
        )
    search.forget()
    intents.warm()
    yield
    search.forget()


def _asked(text: str) -> object:
    return respond(ForAssistant(uuid7(), text, locale="en"))


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("please freeze my card now", "freeze_card"),
        ("could you unfreeze the card again", "unfreeze_card"),
        ("I have not got my refund, where is it", "refund_status"),
        ("send me my pin again", "resend_pin"),
    ],
)
def test_a_wish_begins_an_action(text: str, action: str) -> None:
    outcome = _asked(text)
    assert isinstance(outcome, Action)
    assert (outcome.name, outcome.locale) == (action, "en")


@pytest.mark.parametrize(
    "text", ["what is the weather like", "I want to talk to a person about freezing my card", "🙂"]
)
def test_nothing_is_done_that_nobody_asked_for(text: str) -> None:
    assert isinstance(_asked(text), HandOver)


def test_without_the_companys_systems_nothing_is_looked_for(settings: Any) -> None:
    settings.OPERATIONS_URL = ""
    assert not isinstance(_asked("please freeze my card now"), Action)
