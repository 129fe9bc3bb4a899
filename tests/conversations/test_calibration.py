"""Upper ends of waits are corrected by how earlier ones came out: nine in ten hold, however wrong the reckoning."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.conversations.calibration import Corrections, Outcome, Turns

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def outcome(*, ago: float, took: float, reckoned: float = 10.0, ended: bool = True, behind: bool = False) -> Outcome:
    told_at = NOON - timedelta(minutes=ago)
    until = told_at + timedelta(minutes=took) if ended else None
    return Outcome(told_at, behind, reckoned, reckoned, took, served=ended, until=until)


def correction(outcomes: Sequence[Outcome], *, band: int = 0, high: float = 10.0) -> float:
    return Corrections(outcomes, NOON).of(band, high)


def test_with_little_to_go_by_a_wait_is_told_as_reckoned() -> None:
    assert correction([]) == 1.0
    assert correction([outcome(ago=12, took=5.0)] * 19) == 1.0


def test_what_was_told_too_long_is_shortened_and_too_short_lengthened() -> None:
    chance = random.Random(3)
    short = [outcome(ago=19, took=chance.uniform(3, 6)) for _ in range(100)]
    long = [outcome(ago=19, took=chance.uniform(12, 18)) for _ in range(100)]
    assert correction(short) < 0.65
    assert correction(long) > 1.6


def test_each_band_learns_from_its_own() -> None:
    found = Corrections([outcome(ago=15, took=5.0, behind=True)] * 40, NOON)
    assert found.of(0, 10.0) == 1.0
    assert found.of(3, 10.0) < 0.6


def test_a_quiet_hour_says_nothing_about_a_crisis() -> None:
    """Waits of two minutes that took one: somebody who is to wait an hour is told what was reckoned."""
    quiet = Corrections([outcome(ago=15, took=1.0, reckoned=2.0)] * 100, NOON)
    assert quiet.of(0, 2.5) < 0.6
    assert quiet.of(0, 60.0) == 1.0


def test_who_still_waits_longer_than_was_told_counts_before_their_turn_comes() -> None:
    """Of those told a quarter of an hour ago only the quick were served: they alone would make waits look short."""
    served = [outcome(ago=15, took=5.0 + index / 10) for index in range(30)]
    waiting = [outcome(ago=15, took=15.0, ended=False)] * 30
    assert correction(served) < 1.0
    assert correction([*served, *waiting]) > 1.0


def test_the_turn_of_somebody_who_left_came_when_somebody_behind_them_was_served() -> None:
    def at(minutes: float) -> datetime:
        return NOON + timedelta(minutes=minutes)

    turns = Turns([(at(10), at(1)), (at(11), at(4)), (at(12), at(2)), (at(13), at(5))])
    assert turns.came(at(3), after=at(3)) == at(11)
    assert turns.came(at(4), after=at(4)) == at(13)
    assert turns.came(at(5), after=at(5)) is None, "nobody who came later was served yet"
    assert turns.came(at(0), after=at(10.5)) is None, "it had come before the wait was told"


@pytest.mark.parametrize("wrong", [0.5, 1.0, 1.8])
def test_nine_in_ten_hold_however_wrong_the_reckoning_is(wrong: float) -> None:
    chance = random.Random(20260302)
    told: list[tuple[float, float, float]] = []  # when, as reckoned, as told; in minutes
    ends: list[float] = []
    held: list[bool] = []
    for index in range(3_000):
        at = index / 5
        if index % 10 == 0:
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
            correction = Corrections(outcomes, NOON + timedelta(minutes=at)).of(0, 26 * wrong)
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
    found = Corrections(outcomes, NOON)
    assert all(0.3 <= found.of(band, high) <= 4 for band in (0, 3) for high in (0.01, 5.0, 1e4))
