"""Who connects a model is told whether it works, or what to look at."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from tests.assistant.llm import fake_endpoint as does
from tests.assistant.llm.fake_endpoint import Behaviour, FakeEndpoint, answers

from holdfast.assistant.llm.client import _made
from holdfast.assistant.llm.trial import tried

GOOD = '{"sentences": [{"text": "Seeds keep for 3 years.", "passages": ["P1"]}]}'


def test_a_model_that_works_is_told_with_figures(fake: FakeEndpoint) -> None:
    fake.says(GOOD)
    found = tried()
    assert found is not None
    good, sentence = found
    assert good
    assert sentence.startswith("The language model answered from a passage in ")
    assert sentence.endswith("200 tokens read, 20 written.")


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (answers(b"{}", status=401), "it refused the key (401)"),
        (answers(b"{}", status=404), "it does not know the address or the model (404)"),
        (answers(b"{}", status=503), "status_503"),
        (does.silent, "no answer within HOLDFAST_LLM_DEADLINE"),
        (does.noise, "broken_off"),
        (answers(b"<html>", kind="text/html"), "its answer is no JSON"),
        (does.says("Three years."), "it answers, but not what it was asked for; another model may do better"),
        (does.says('{"sentences": []}'), "it answers, but not what it was asked for; another model may do better"),
        (does.says(GOOD.replace("3", "9")), "it answers, but not what it was asked for; another model may do better"),
    ],
)
def test_otherwise_what_is_wrong_is_told(fake: FakeEndpoint, behave: Behaviour, reason: str) -> None:
    fake.behave = behave
    assert tried() == (False, f"The language model is of no use: {reason}.")


def test_without_a_model_nothing_is_said(fake: FakeEndpoint, settings: LazySettings) -> None:
    settings.LLM_URL = ""
    _made.cache_clear()
    assert tried() is None
