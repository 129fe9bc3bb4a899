"""Upper ends of waits are corrected by how earlier ones came out: nine in ten hold, however wrong the reckoning."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.conversations.calibration import AS_RECKONED, Corrections, Outcome, corrections_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def outcome(*, ago: float, took: float, reckoned: float = 10.0, ended: bool = True, behind: bool = False) -> Outcome:
    told_at = NOON - timedelta(minutes=ago)
    until = told_at + timedelta(minutes=took) if ended else None
    return Outcome(told_at, behind, reckoned, reckoned, took, served=ended, until=until)


def test_with_little_to_go_by_a_wait_is_told_as_reckoned() -> None:
    assert corrections_of([], at=NOON) == AS_RECKONED
    assert corrections_of([outcome(ago=12, took=5.0)] * 19, at=NOON) == AS_RECKONED


def test_what_was_told_too_long_is_shortened_and_too_short_lengthened() -> None:
    chance = random.Random(3)
    short = [outcome(ago=19, took=chance.uniform(3, 6)) for _ in range(100)]
    long = [outcome(ago=19, took=chance.uniform(12, 18)) for _ in range(100)]
    assert corrections_of(short, at=NOON).first < 0.65
    assert corrections_of(long, at=NOON).first > 1.6


def test_each_band_learns_from_its_own() -> None:
    found = corrections_of([outcome(ago=15, took=5.0, behind=True)] * 40, at=NOON)
    assert found.first == 1.0
    assert found.of(0) == 1.0
    assert found.of(3) == found.behind < 0.6


def test_who_still_waits_longer_than_was_told_counts_before_their_turn_comes() -> None:
    """Of those told a quarter of an hour ago only the quick were served: they alone would make waits look short."""
    served = [outcome(ago=15, took=5.0 + index / 10) for index in range(30)]
    waiting = [outcome(ago=15, took=15.0, ended=False)] * 30
    assert corrections_of(served, at=NOON).first < 1.0
    assert corrections_of([*served, *waiting], at=NOON).first > 1.0


@pytest.mark.parametrize("wrong", [0.5, 1.0, 1.8])
def test_nine_in_ten_hold_however_wrong_the_reckoning_is(wrong: float) -> None:
    chance = random.Random(20260302)
    told: list[tuple[float, float, float]] = []  # when, as reckoned, as told; in minutes
    ends: list[float] = []
    held: list[bool] = []
    for index in range(3_000):
        at = index / 5
        outcomes = [
            Outcome(
                NOON + timedelta(minutes=since),
                False,
                reckoned,
                high,
                min(end, at) - since,
                served=end <= at,
                until=NOON + timedelta(minutes=end) if end <= at else None,
            )
            for (since, reckoned, high), end in zip(told[-500:], ends[-500:], strict=True)
        ]
        if index % 10 == 0:
            correction = corrections_of(outcomes, at=NOON + timedelta(minutes=at)).first
        took = 20 * chance.lognormvariate(0, 0.2)
        told.append((at, 26 * wrong, 26 * wrong * correction))
        ends.append(at + took)
        held.append(took <= told[-1][2])
    assert sum(held[300:]) / len(held[300:]) == pytest.approx(0.9, abs=0.02)


@given(
    st.lists(
        st.builds(
            outcome,
            ago=st.floats(0, 240),
            took=st.floats(0, 240),
            reckoned=st.floats(0.01, 1e5),
            ended=st.booleans(),
            behind=st.booleans(),
        ),
        max_size=80,
    )
)
def test_no_outcomes_take_a_correction_beyond_its_bounds(outcomes: list[Outcome]) -> None:
    found = corrections_of(outcomes, at=NOON)
    assert isinstance(found, Corrections)
    assert all(0.3 <= each <= 4 for each in (found.first, found.behind))
