"""The formulas against published values, and against what must hold for any load."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.staffing import erlang
from holdfast.staffing.erlang import Service, required, service, waits_longer_than

MINUTE = 60.0


def test_a_hundred_calls_in_half_an_hour_with_fourteen_agents() -> None:
    given_ = service(rate=100 / 1800, aht=180, agents=14, within=20)
    assert given_.waiting == pytest.approx(0.1741, abs=5e-5)
    assert given_.service_level == pytest.approx(0.8884, abs=5e-5)
    assert given_.asa == pytest.approx(7.84, abs=5e-3)
    assert given_.offered == pytest.approx(10)
    assert given_.occupancy == pytest.approx(10 / 14)


def test_one_call_a_minute_of_five_minutes_with_eight_agents() -> None:
    given_ = service(rate=1 / MINUTE, aht=5 * MINUTE, agents=8, within=20)
    assert given_.waiting == pytest.approx(0.1673, abs=5e-5)
    assert given_.asa == pytest.approx(0.279 * MINUTE, abs=0.03)
    assert given_.service_level == pytest.approx(0.863, abs=5e-4)


def test_fifty_agents_without_and_with_impatience() -> None:
    patient = service(rate=48 / MINUTE, aht=MINUTE, agents=50, within=20)
    assert patient.asa == pytest.approx(20.8, abs=0.05)
    assert patient.service_level == pytest.approx(0.643, abs=5e-4)
    leaving = service(rate=48 / MINUTE, aht=MINUTE, agents=50, within=20, patience=2 * MINUTE)
    assert leaving.abandoned == pytest.approx(0.0309, abs=5e-5)
    assert leaving.wait == pytest.approx(3.71, abs=5e-3)
    assert leaving.occupancy == pytest.approx(0.930, abs=5e-4)
    share = waits_longer_than(rate=48 / MINUTE, aht=MINUTE, agents=50, seconds=12.5, patience=2 * MINUTE)
    assert share == pytest.approx(0.099, abs=5e-4)


@pytest.mark.parametrize(
    ("times", "by_level", "by_abandonment"), [(1, 67, 60), (3, 191, 173), (10, 615, 571), (30, 1819, 1711)]
)
def test_agents_needed_from_a_quiet_day_to_thirty_times_as_much(times: int, by_level: int, by_abandonment: int) -> None:
    rate, aht = times * 10 / MINUTE, 6 * MINUTE
    assert required(rate=rate, aht=aht, service_level=0.8, within=20) == by_level
    assert required(rate=rate, aht=aht, max_abandoned=0.05, patience=12 * MINUTE) == by_abandonment


def test_seventy_two_agents_lose_almost_everybody_at_thirty_times() -> None:
    assert service(rate=300 / MINUTE, aht=360, agents=72, patience=720).abandoned == pytest.approx(0.96, abs=5e-3)


def test_an_overload_of_patient_people_has_no_end() -> None:
    overloaded = service(rate=1, aht=60, agents=60)
    assert not overloaded.stable
    assert (overloaded.asa, overloaded.queue, overloaded.service_level) == (None, None, 0.0)


def test_very_great_patience_is_erlang_c() -> None:
    patient, almost = (service(rate=100 / 1800, aht=180, agents=14, patience=p) for p in (None, 1e7))
    assert almost.service_level == pytest.approx(patient.service_level, abs=1e-4)
    assert almost.asa == pytest.approx(patient.asa, rel=1e-2)


def test_nothing_offered_needs_nobody() -> None:
    assert service(rate=0, aht=60, agents=0).service_level == 1
    assert required(rate=0, aht=60, service_level=0.8) == 0


def test_nobody_there_answers_nobody() -> None:
    empty = service(rate=1, aht=60, agents=0, patience=60)
    assert (empty.service_level, empty.abandoned) == (0.0, pytest.approx(1.0))
    assert service(rate=1, aht=60, agents=0).service_level == 0


loads = st.fixed_dictionaries(
    {
        "rate": st.floats(0.001, 5),
        "aht": st.floats(5, 900),
        "agents": st.integers(1, 400),
        "within": st.floats(0, 600),
        "patience": st.floats(5, 3600),
    }
)


@settings(max_examples=150, deadline=None)
@given(load=loads)
def test_shares_are_shares_and_nobody_is_counted_twice(load: dict[str, float]) -> None:
    found: Service = service(**load)  # type: ignore[arg-type]
    for share in (found.waiting, found.service_level, found.abandoned, found.occupancy):
        assert -1e-9 <= share <= 1 + 1e-9
    assert found.service_level + found.abandoned <= 1 + 1e-6
    # What agents are busy with is what was not abandoned.
    assert found.occupancy * load["agents"] == pytest.approx(found.offered * (1 - found.abandoned), rel=1e-6, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(load=loads)
def test_one_more_agent_never_makes_it_worse(load: dict[str, float]) -> None:
    fewer = service(**load)  # type: ignore[arg-type]
    more = service(**{**load, "agents": load["agents"] + 1})  # type: ignore[arg-type]
    assert more.service_level >= fewer.service_level - 1e-9
    assert more.abandoned <= fewer.abandoned + 1e-9


@settings(max_examples=40, deadline=None)
@given(load=loads, level=st.floats(0.05, 0.99))
def test_what_is_required_is_enough_and_one_less_is_not(load: dict[str, float], level: float) -> None:
    load = {name: value for name, value in load.items() if name != "agents"}
    agents = required(service_level=level, **load)  # type: ignore[arg-type]
    assert service(agents=agents, **load).service_level >= level  # type: ignore[arg-type]
    if agents:
        assert service(agents=agents - 1, **load).service_level < level  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": -1.0},
        {"rate": math.nan},
        {"aht": 0.0},
        {"aht": math.inf},
        {"agents": -1},
        {"within": -1.0},
        {"patience": 0.0},
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        service(**{"rate": 1.0, "aht": 60.0, "agents": 5, **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "targets",
    [
        {},
        {"service_level": 1.0},
        {"service_level": 80.0},
        {"max_abandoned": 0.05},
        {"max_abandoned": 2.0, "patience": 9.0},
    ],
)
def test_targets_that_make_no_sense_are_refused(targets: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        required(rate=1.0, aht=60.0, **targets)


def test_a_load_beyond_any_centre_is_said_to_be_unsolvable() -> None:
    with pytest.raises(erlang.Unsolvable):
        required(rate=1e5, aht=600, service_level=0.8)
