"""A clock that stands still until it is moved, on a Tuesday at noon, and an incident in which data got out."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from tests.incidents.conftest import House, make_house
from tests.promises.conftest import Clock

from holdfast.kit import clock
from holdfast.posture import current as posture


@pytest.fixture
def time() -> Iterator[Clock]:
    source = Clock()
    clock.set_source(source)
    yield source
    clock.set_source(None)


@pytest.fixture
def house(db: None, time: Clock) -> House:
    posture.forget()
    return make_house()


@pytest.fixture
def leak(house: House) -> UUID:
    return house.declare("Statements were sent to the wrong people", harm="data")
