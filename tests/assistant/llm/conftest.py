"""A fake endpoint that the house's own settings point to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from tests.assistant.llm.fake_endpoint import FakeEndpoint, running

from holdfast.assistant.llm.client import _made


@pytest.fixture
def fake(settings: LazySettings) -> Iterator[FakeEndpoint]:
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
