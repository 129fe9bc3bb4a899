"""The simulated day against the formulas, and against a plain reading of the rules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.staffing.erlang import service
from holdfast.staffing.simulation import Calls, Group, Played, Shift, day, play, play_skills

NEVER = 1e9


def calls(*rows: tuple[float, float, float]) -> Calls:
    arrival, handling, patience = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return Calls(arrival, handling, patience)


def test_a_long_run_agrees_with_erlang_a() -> None:
    noise = np.random.default_rng(1)
    number = 150_000
    made = Calls(
        np.cumsum(noise.exponential(1.25, number)), noise.exponential(60, number), noise.exponential(120, number)
    )
    played = play(made, [Shift(0, 50)])
    expected = service(rate=0.8, aht=60, agents=50, within=20, patience=120)
    assert played.abandoned() == pytest.approx(expected.abandoned, abs=0.004)
    assert played.service_level(within=20) == pytest.approx(expected.service_level, abs=0.012)
    assert played.asa() == pytest.approx(expected.asa, rel=0.12)
    assert played.wait.mean() == pytest.approx(expected.wait, rel=0.12)


def test_who_comes_first_is_served_first_and_who_is_tired_of_waiting_leaves() -> None:
    played = play(calls((0, 10, 5), (1, 10, 20), (2, 10, 3), (3, 10, 18)), [Shift(0, 1)])
    assert played.wait.tolist() == [0, 9, 3, 17]
    assert played.answered.tolist() == [True, True, False, True]


def test_a_later_shift_brings_people_and_a_smaller_one_lets_them_finish() -> None:
    made = calls((0, 100, NEVER), (1, 10, NEVER), (50, 10, NEVER), (120, 30, NEVER), (121, 30, NEVER))
    played = play(made, [Shift(0, 1), Shift(40, 2), Shift(110, 1)])
    # The second waits for the shift at 40... which only whoever comes after it meets; the first agent is busy to 100.
    assert played.wait[1] == pytest.approx(99)
    assert played.wait[2] == 0
    assert played.wait[3:].tolist() == [0, 29]


def test_without_anybody_all_give_up() -> None:
    played = play(calls((0, 5, 7), (1, 5, 9)), [Shift(0, 0)])
    assert played.abandoned() == 1
    assert played.wait.tolist() == [7, 9]


def test_a_made_up_day_has_the_means_it_was_asked_for() -> None:
    made = day(seed=4, per_interval=[300] * 48, interval=1800, aht=240, patience=90)
    assert len(made) == pytest.approx(14_400, rel=0.03)
    assert made.handling.mean() == pytest.approx(240, rel=0.03)
    assert made.patience.mean() == pytest.approx(90, rel=0.03)


def test_the_same_seed_plays_the_same_day() -> None:
    one, other = (day(seed=9, per_interval=[50, 80], interval=900, aht=60, patience=None) for _ in range(2))
    assert np.array_equal(one.arrival, other.arrival)
    assert np.array_equal(play(one, [Shift(0, 4)]).wait, play(other, [Shift(0, 4)]).wait)


def test_contacts_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="order"):
        calls((5, 1, 1), (4, 1, 1))


def test_one_skill_is_the_plain_queue() -> None:
    made = day(seed=2, per_interval=[120] * 4, interval=900, aht=120, patience=200)
    plain = play(made, [Shift(0, 14)])
    skilled = play_skills(made, skill=["any"] * len(made), groups=[Group(14, frozenset({"any"}))])
    assert np.array_equal(plain.answered, skilled.answered)
    assert np.allclose(plain.wait, skilled.wait)


def test_who_knows_little_is_asked_first_and_urgent_matters_overtake() -> None:
    made = calls((0, 100, NEVER), (1, 100, NEVER), (2, 10, NEVER), (3, 10, NEVER))
    groups = [Group(1, frozenset({"cards", "fraud"})), Group(1, frozenset({"cards"}))]
    played = play_skills(made, skill=["cards", "fraud", "cards", "fraud"], groups=groups, priority={"fraud": 5})
    # Cards go to the one who knows nothing else, so fraud finds the other free.
    assert played.wait[:2].tolist() == [0, 0]
    assert played.wait[2] == 98
    assert played.wait[3] == 98


def test_priority_overtakes_in_the_same_group() -> None:
    made = calls((0, 10, NEVER), (1, 10, NEVER), (2, 10, NEVER))
    played = play_skills(
        made, skill=["cards", "cards", "fraud"], groups=[Group(1, frozenset({"cards", "fraud"}))], priority={"fraud": 1}
    )
    assert played.wait.tolist() == [0, 19, 8]


def test_a_skill_nobody_has_is_never_answered() -> None:
    played = play_skills(calls((0, 1, 30)), skill=["law"], groups=[Group(3, frozenset({"cards"}))])
    assert played.answered.tolist() == [False]
    assert played.wait.tolist() == [30]


rows = st.lists(
    st.tuples(st.integers(0, 300), st.integers(1, 80), st.integers(0, 120)).map(lambda r: tuple(map(float, r))),
    min_size=1,
    max_size=60,
)


@settings(max_examples=80, deadline=None)
@given(rows=rows, agents=st.integers(0, 5))
def test_no_agent_serves_two_at_once_and_nobody_waits_while_one_is_idle(
    rows: list[tuple[float, float, float]], agents: int
) -> None:
    made = calls(*sorted(rows))
    played: Played = play(made, [Shift(0, agents)])
    starts = made.arrival + played.wait
    for number in range(len(made)):
        answered = played.answered
        busy = int((answered & (starts < starts[number]) & (starts + made.handling > starts[number])).sum())
        together = int((answered & (starts == starts[number])).sum())
        assert busy + (together if answered[number] else 0) <= agents
        if answered[number] and played.wait[number] > 0:
            before = starts[number] - 1e-6  # just before it was answered everybody was busy
            assert int((answered & (starts <= before) & (starts + made.handling > before)).sum()) == agents
        assert played.wait[number] <= made.patience[number]
