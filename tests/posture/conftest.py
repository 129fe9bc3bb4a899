"""Somebody who may change the posture, and a process that has read nothing yet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from holdfast.kit import clock
from holdfast.people.models import Agent, Role
from holdfast.posture import current


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    current.forget()
    yield
    current.forget()
    clock.set_source(None)


@pytest.fixture
def lead(db: None) -> Agent:
    return Agent.objects.create(email="lea@desk.example", name="Lea", role=Role.LEAD)
