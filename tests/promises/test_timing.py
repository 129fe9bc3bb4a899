"""When an owner is told what, as a rule without a database."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.promises.conftest import NOON

from holdfast.promises.contract import Kind
from holdfast.promises.timing import AHEAD, look_at, step

KINDS = st.sampled_from(sorted(AHEAD))
SECONDS = st.integers(-9 * 24 * 3600, 3 * 24 * 3600)


@given(KINDS, st.lists(SECONDS, max_size=8))
def test_what_was_told_is_never_followed_by_what_comes_before_it(kind: Kind, looks: list[int]) -> None:
    told: list[int] = []
    for seconds in looks:  # in any order: a clock may be put back
        found = step(kind, due=NOON, at=NOON + timedelta(seconds=seconds), told=told)
        if found is not None:
            assert all(found.minutes < before for before in told)
            assert NOON - timedelta(minutes=found.minutes) <= NOON + timedelta(seconds=seconds)
            told.append(found.minutes)


@given(KINDS, SECONDS)
def test_nothing_is_told_before_it_is_looked_for_and_something_is_then(kind: Kind, seconds: int) -> None:
    at = NOON + timedelta(seconds=seconds)
    look = look_at(kind, due=NOON, told=())
    assert look is not None
    assert (step(kind, due=NOON, at=at, told=()) is not None) == (look <= at)


def test_callbacks_are_told_to_nobody() -> None:
    assert look_at(Kind.CALLBACK, due=NOON, told=()) is None
    assert step(Kind.CALLBACK, due=NOON, at=NOON, told=()) is None
