"""What is usual, learnt from the first hour on."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.kit.series.baseline import Baseline, band, mean_of
from holdfast.kit.series.baselines import Baselines
from holdfast.kit.series.calendar import Calendar, minute_of
from holdfast.kit.series.packing import packed, unpacked

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def daily(at: datetime) -> float:
    """Contacts per minute of a centre with nights, days and slow weekends."""
    hour = at.hour + at.minute / 60
    busy = 10 * np.exp(0.9 * np.cos(2 * np.pi * (hour - 14) / 24))
    return float(busy * (0.5 if at.weekday() >= 5 else 1.0))


def taught(baseline: Baseline, *, days: int, start: datetime = MONDAY, seed: int = 1, rate=daily) -> Baseline:
    """Teach so many days of Poisson counts around `rate`."""
    noise = np.random.default_rng(seed)
    for minute in range(days * 1440):
        at = start + minute * MINUTE
        baseline.learn(at, float(noise.poisson(rate(at))))
    return baseline


PLAIN, DECLARED, SUSPECTED, GROWING = range(4)
"""Rows that were taught side by side for fifteen days."""


@pytest.fixture(scope="module")
def side_by_side() -> Baselines:
    """One ordinary series; two with a storm of 30 times the usual on the second Tuesday; one that grows."""
    noise, rows, nobody = np.random.default_rng(1), Baselines(), np.zeros(4, bool)
    rows.add(4)
    first = minute_of(MONDAY)
    for minute in range(15 * 1440):
        storm = 8 * 1440 + 600 <= minute < 8 * 1440 + 960
        rate = daily(MONDAY + minute * MINUTE) * np.array([1, 1, 1, 1.1 ** (minute / 10080)])
        counts = noise.poisson(rate * (np.array([1, 30, 30, 1]) if storm else 1)).astype(float)
        ignore = np.array([False, True, False, False]) if storm else nobody
        rows.learn(first + minute, counts, ignore=ignore)
    return rows


def usual(rows: Baselines, row: int, **later: int) -> float:
    """The mean that a series expects in a minute some time after its first Monday."""
    return float(rows.usual(minute_of(MONDAY + timedelta(**later)))[0][row])


def test_after_fifteen_days_every_hour_of_the_week_is_known_within_a_quarter(side_by_side: Baselines) -> None:
    for hour in range(168):
        at = MONDAY + timedelta(days=15, hours=hour, minutes=30)
        expected = usual(side_by_side, PLAIN, days=15, hours=hour, minutes=30)
        assert expected == pytest.approx(daily(at), rel=0.25)


def test_the_band_holds_eight_of_ten_minutes(side_by_side: Baselines) -> None:
    noise = np.random.default_rng(5)
    inside = 0
    for minute in range(0, 3 * 1440, 3):
        mean, spread = side_by_side.usual_over(minute_of(MONDAY) + 15 * 1440 + minute, 1)
        expected = band(float(mean[PLAIN]), float(spread[PLAIN]))
        inside += expected.low <= noise.poisson(daily(MONDAY + timedelta(days=15) + minute * MINUTE)) <= expected.high
    assert 0.72 <= inside / 1440 <= 0.9


def test_a_declared_storm_is_not_learnt(side_by_side: Baselines) -> None:
    for days in (15, 18):
        at = MONDAY + timedelta(days=days, hours=12)
        assert usual(side_by_side, DECLARED, days=days, hours=12) == pytest.approx(daily(at), rel=0.25)


def test_one_storm_nobody_declared_is_outvoted_by_the_other_weeks(side_by_side: Baselines) -> None:
    for days in (15, 18):
        at = MONDAY + timedelta(days=days, hours=12)
        assert usual(side_by_side, SUSPECTED, days=days, hours=12) == pytest.approx(daily(at), rel=0.3)


def test_growth_is_followed(side_by_side: Baselines) -> None:
    at = MONDAY + timedelta(days=15, hours=14)
    assert usual(side_by_side, GROWING, days=15, hours=14) == pytest.approx(daily(at) * 1.1 ** (15 / 7), rel=0.12)


def test_within_the_hour_the_rate_flows() -> None:
    baseline = taught(Baseline(slot_minutes=60), days=5)
    at = MONDAY + timedelta(days=5, hours=8)
    steps = [baseline.expected(at + minute * MINUTE).median for minute in range(60)]
    assert all(earlier <= later for earlier, later in itertools.pairwise(steps))
    assert steps[-1] > 1.1 * steps[0]


def test_the_first_hour_is_enough_for_a_rough_idea() -> None:
    baseline = Baseline()
    assert baseline.expected(MONDAY).spread > baseline.expected(MONDAY).median  # nothing is known yet
    noise = np.random.default_rng(2)
    for minute in range(60):
        baseline.learn(MONDAY + minute * MINUTE, float(noise.poisson(12)))
    expected = baseline.expected(MONDAY + 61 * MINUTE)
    assert expected.median == pytest.approx(12, rel=0.2)
    assert expected.low < 12 < expected.high


def test_the_second_day_already_knows_the_hours_of_the_first() -> None:
    baseline = taught(Baseline(), days=1)
    night, noon = (baseline.expected(MONDAY + timedelta(days=1, hours=hour)).median for hour in (2, 14))
    assert noon > 2.5 * night


def test_a_holiday_is_a_day_of_another_type() -> None:
    calendar = Calendar.of(holidays=[date(2026, 1, 6), date(2026, 1, 8)])

    def rate(at: datetime) -> float:
        return daily(at) * (0.2 if at.date() in calendar.holidays else 1.0)

    baseline = taught(Baseline(calendar=calendar), days=3, rate=rate)
    noon = datetime(2026, 1, 8, 14, tzinfo=UTC)
    assert baseline.expected(noon).median < 0.5 * baseline.expected(noon + timedelta(days=7)).median


def test_summer_time_moves_the_clock_and_not_the_customers() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    before = datetime(2026, 3, 23, tzinfo=UTC)  # summer time begins on 29 March

    def opens_at_nine(at: datetime) -> float:
        return 10.0 if 9 <= at.astimezone(berlin).hour < 17 else 0.5

    baseline = taught(Baseline(calendar=Calendar.of(zone="Europe/Berlin")), days=5, start=before, rate=opens_at_nine)
    after = datetime(2026, 3, 30, tzinfo=berlin)
    assert baseline.expected(after.replace(hour=9, minute=20)).median == pytest.approx(10, rel=0.2)
    assert baseline.expected(after.replace(hour=8, minute=20)).median < 2


def test_a_gap_is_not_silence() -> None:
    noise = np.random.default_rng(6)
    baseline = Baseline()
    for minute in range(8 * 1440):
        at = MONDAY + minute * MINUTE
        if not 10 <= at.hour < 13 or at.day != 6:
            baseline.learn(at, float(noise.poisson(daily(at))))
    at = MONDAY + timedelta(days=8, hours=11, minutes=10)
    assert baseline.expected(at).median == pytest.approx(daily(at), rel=0.25)


def test_an_opening_time_is_a_step() -> None:
    baseline = taught(Baseline(), days=4, rate=lambda at: 20.0 if 7 <= at.hour < 21 else 0.0)
    day = MONDAY + timedelta(days=4)
    assert baseline.expected(day + timedelta(hours=6, minutes=55)).median < 2
    assert baseline.expected(day + timedelta(hours=7, minutes=5)).median == pytest.approx(20, rel=0.2)


def test_noise_beyond_chance_widens_the_band() -> None:
    calm = taught(Baseline(), days=4, rate=lambda _: 20.0)
    shaken = Baseline()
    noise = np.random.default_rng(7)
    for block in range(4 * 288):
        factor = noise.gamma(4, 1 / 4)
        for minute in range(5):
            shaken.learn(MONDAY + (5 * block + minute) * MINUTE, float(noise.poisson(20 * factor)))
    hours = [MONDAY + timedelta(days=4, hours=hour) for hour in range(24)]
    assert sum(shaken.expected(at).spread for at in hours) > 1.3 * sum(calm.expected(at).spread for at in hours)


def test_a_longer_window_adds_up() -> None:
    baseline = taught(Baseline(), days=2)
    at = MONDAY + timedelta(days=2, hours=13)
    hour, minute = baseline.expected(at, minutes=60), baseline.expected(at)
    assert hour.median == pytest.approx(60 * minute.median, rel=0.15)
    assert hour.spread / hour.median < minute.spread / minute.median


def test_minutes_out_of_order_are_refused() -> None:
    baseline = Baseline()
    baseline.learn(MONDAY, 1)
    with pytest.raises(ValueError, match="in order"):
        baseline.learn(MONDAY, 1)


def test_the_state_survives_json_and_goes_on_the_same() -> None:
    baseline = taught(Baseline(), days=1)
    again = Baseline.load(json.loads(json.dumps(baseline.dump())))
    for one in (baseline, again):
        taught(one, days=1, start=MONDAY + timedelta(days=1), seed=2)
    at = MONDAY + timedelta(days=2, hours=9)
    assert again.expected(at) == baseline.expected(at)
    assert again.dump() == baseline.dump()


@given(mean=st.floats(0, 1e5), relative=st.floats(0, 3))
def test_the_band_is_ordered_and_never_negative(mean: float, relative: float) -> None:
    expected = band(mean, relative * mean)
    assert 0 <= expected.low <= expected.median <= expected.high
    assert mean_of(expected) == pytest.approx(mean, rel=0.01)


@settings(max_examples=40)
@given(
    moves=st.lists(
        st.tuples(st.integers(1, 2000), st.floats(0, 1e6), st.booleans(), st.booleans()), min_size=1, max_size=40
    )
)
def test_whatever_is_learnt_the_expectation_stays_a_finite_number(moves: list[tuple[int, float, bool, bool]]) -> None:
    baseline, at = Baseline(slot_minutes=30), MONDAY
    for minutes, count, ignore, reload in moves:
        at += minutes * MINUTE
        baseline.learn(at, count, ignore=ignore)
        if reload:
            baseline = Baseline.load(baseline.dump())
        expected = baseline.expected(at + MINUTE)
        assert np.isfinite([expected.low, expected.median, expected.high, expected.spread]).all()
        assert 0 <= expected.low <= expected.median <= expected.high


@given(values=st.lists(st.floats(width=32, allow_nan=False), max_size=20))
def test_packed_arrays_come_back(values: list[float]) -> None:
    array = np.array(values, dtype=np.float32)
    assert np.array_equal(unpacked(json.loads(json.dumps(packed(array)))), array)
