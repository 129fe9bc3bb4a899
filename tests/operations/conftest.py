"""A running demo bank, and a house that knows where it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from tests.operations.bank import TOKEN, RunningBank, running

from holdfast.operations.client import operations


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with running() as url:
        yield url


@pytest.fixture
def bank(service: str, settings: LazySettings) -> Iterator[RunningBank]:
    """The bank, behaving; no client is left from another test."""
    settings.OPERATIONS_URL, settings.OPERATIONS_TOKEN = service, TOKEN
    operations.cache_clear()
    here = RunningBank(service)
    here.faults()
    yield here
    here.faults()
    operations.cache_clear()
