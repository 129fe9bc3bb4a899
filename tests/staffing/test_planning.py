"""What measures change, what intervals need, and when people are not the answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.kit.series.baseline import Expected
from holdfast.staffing.forecast import Interval, Storm, forecast, learnt
from holdfast.staffing.planning import Load, Measures, Target, plan, surge, what_if
from holdfast.staffing.wording import counted, duration, percent, seconds, share

QUIET = Load(per_hour=600, aht=360, patience=720)
MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


class Steady:
    """Ten a minute, always."""

    def expected(self, at: datetime, *, minutes: int = 1) -> Expected:
        return Expected(median=10.0 * minutes, low=8.0 * minutes, high=13.0 * minutes, spread=2.0 * minutes)


def test_thirty_times_the_usual_is_no_matter_of_staffing() -> None:
    found = surge(Load(per_hour=600, aht=360), times=30, hours=2, agents=72, callable_agents=40, target=Target())
    assert not found.solvable
    assert found.required == 1819
    assert found.extra_contacts == pytest.approx(34_800)
    assert found.extra_work_hours == pytest.approx(3_480)
    assert found.hours_to_clear == pytest.approx(3480 / 52)
    assert found.sentences[0].startswith("Staffing cannot solve this: 300 contacts a minute of 6 min need 1,819 people")
    assert found.deflection_needed == pytest.approx(1 - 102 / 1800, abs=0.004)  # 112 people carry some 102 Erlangs
    needs = f"needs no person, and leaves the way to one open, for {percent(found.deflection_needed)} of the contacts"
    assert any(needs in line for line in found.sentences)


def test_the_deflection_it_names_is_enough_and_no_more_than_needed() -> None:
    found = surge(QUIET, times=30, hours=1, agents=72, target=Target())
    for less, keeps in ((0.0, True), (0.002, False)):
        live = Load(per_hour=18_000 * (1 - found.deflection_needed + less), aht=360, patience=720)
        assert (live.required(Target()) <= 72) is keeps


def test_a_small_surge_is_solved_by_calling_people_in() -> None:
    found = surge(Load(per_hour=600, aht=360), times=1.2, hours=1, agents=72, callable_agents=40, target=Target())
    assert found.solvable
    assert found.sentences == (
        "Staffing can solve this: 12 contacts a minute of 6 min need 80 people to answer 80 % within 20 s; "
        "72 are there and 40 can be called in: call in 8.",
    )


def test_a_near_miss_says_how_near() -> None:
    found = surge(Load(per_hour=600, aht=360), times=1.1, hours=1, agents=72, target=Target())
    assert "It is close: 2 more people would be enough." in found.sentences


def test_a_centre_that_is_full_on_an_ordinary_day_never_keeps_its_callbacks() -> None:
    found = surge(Load(per_hour=600, aht=360), times=5, hours=1, agents=60, target=Target())
    assert found.hours_to_clear is None
    assert any("never be kept" in line for line in found.sentences)


def test_deflection_and_shorter_handling_relieve_the_line() -> None:
    found = what_if(QUIET, agents=50, target=Target(), measures=Measures(deflected=0.3, shorter_handling=0.1))
    assert found.after.offered == pytest.approx(60 * 0.7 * 0.9)
    assert found.after.service_level > 0.98 > 0.2 > found.before.service_level
    assert found.required_after < found.required_before


def test_callbacks_empty_the_line_and_keep_the_work() -> None:
    few = what_if(QUIET, agents=50, target=Target(), measures=Measures(called_back=0.5))
    assert few.after.service_level > few.before.service_level
    assert few.callback_work == pytest.approx(30)
    assert few.callback_spare == pytest.approx(20, abs=0.5)
    assert "stay undone" in few.sentences[-1]
    many = what_if(QUIET, agents=65, target=Target(), measures=Measures(called_back=0.5))
    assert "can be kept" in many.sentences[-1]


def test_a_second_site_counts_like_people_here() -> None:
    added, second = (
        what_if(QUIET, agents=40, target=Target(), measures=measures)
        for measures in (Measures(agents=25), Measures(second_site=25))
    )
    assert added == second


@pytest.mark.parametrize(
    "wrong",
    [
        Measures(deflected=1.2),
        Measures(called_back=-0.1),
        Measures(deflected=0.7, called_back=0.7),
        Measures(agents=-99),
    ],
)
def test_impossible_measures_are_refused(wrong: Measures) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        what_if(QUIET, agents=50, target=Target(), measures=wrong)


def test_a_forecast_multiplies_the_usual_by_declared_storms() -> None:
    storm = Storm(begins=MORNING + HALF_HOUR, ends=MORNING + 1.5 * HALF_HOUR, times=5)
    first, second, third = forecast(Steady(), start=MORNING, intervals=3, storms=[storm])
    assert first.contacts == third.contacts == pytest.approx(300, rel=0.02)
    assert second.contacts == pytest.approx(3 * first.contacts)  # half of it is storm
    assert (second.low, second.high) == (pytest.approx(720), pytest.approx(1170))


def test_a_forecast_learns_the_hours_of_past_days() -> None:
    def calls(at: datetime) -> float:
        return 300.0 if 8 <= at.hour < 18 else 30.0

    history = [(MORNING + number * HALF_HOUR, calls(MORNING + number * HALF_HOUR)) for number in range(48 * 7)]
    usual = learnt(history, minutes=30)
    ahead = forecast(usual, start=MORNING + timedelta(days=7), intervals=48)
    for one in ahead:
        if one.start.hour not in {7, 8, 17, 18}:
            assert one.contacts == pytest.approx(calls(one.start), rel=0.2)
        assert one.low <= one.contacts <= one.high


def test_each_interval_says_what_it_needs_and_what_is_missing() -> None:
    intervals = [
        Interval(start=MORNING + place * HALF_HOUR, minutes=30, contacts=calls, low=0.8 * calls, high=1.3 * calls)
        for place, calls in enumerate((100.0, 300.0))
    ]
    calm, busy = plan(intervals, aht=180, target=Target(), scheduled=[14, 20])
    assert (calm.required, calm.gap) == (14, 0)
    assert calm.service is not None
    assert calm.service.service_level == pytest.approx(0.8884, abs=1e-4)
    assert busy.gap == busy.required - 20 > 0
    assert busy.required_high > busy.required


def test_shrinkage_asks_for_more_people_and_counts_fewer() -> None:
    interval = Interval(start=MORNING, minutes=30, contacts=100, low=80, high=120)
    (need,) = plan([interval], aht=180, target=Target(), scheduled=[20], shrinkage=0.3)
    assert need.required == 20
    assert need.service is not None
    assert need.service.agents == 14


def test_a_plan_with_the_wrong_number_of_people_is_refused() -> None:
    with pytest.raises(ValueError, match="each interval"):
        plan([], aht=180, target=Target(), scheduled=[3])


@settings(max_examples=40, deadline=None)
@given(times=st.floats(1, 50), agents=st.integers(0, 200), hours=st.floats(0.1, 48))
def test_a_verdict_never_contradicts_itself(times: float, agents: int, hours: float) -> None:
    found = surge(QUIET, times=times, hours=hours, agents=agents, target=Target())
    assert found.solvable == (found.required <= agents)
    assert 0 <= found.deflection_needed <= 1
    assert (found.deflection_needed == 0) == found.solvable
    assert found.sentences[0].startswith("Staffing can solve" if found.solvable else "Staffing cannot solve")


@pytest.mark.parametrize(
    ("text", "value"),
    [("180", 180), ("180s", 180), ("3m", 180), ("1h30m", 5400), ("2.5 min", 150), ("1d", 86_400), ("0", 0)],
)
def test_durations_are_read_as_people_write_them(text: str, value: float) -> None:
    assert seconds(text) == value


def test_a_bare_number_has_the_unit_it_is_given() -> None:
    assert seconds("30", bare="m") == 1800
    assert seconds("30s", bare="m") == 30


@pytest.mark.parametrize("text", ["", "x", "-3", "3 apples", "1h30", "1e3", "3mm", "nan"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        seconds(text)


@pytest.mark.parametrize(("text", "value"), [("0.8", 0.8), ("80%", 0.8), ("80", 0.8), ("1", 1), ("0", 0), ("1%", 0.01)])
def test_shares_are_read_as_people_write_them(text: str, value: float) -> None:
    assert share(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "x", "-1", "120", "nan", "inf%"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a share"):
        share(text)


def test_numbers_are_written_for_people() -> None:
    assert [duration(value) for value in (2.345, 20, 90, 360, 3600, 5400)] == [
        "2.35 s", "20 s", "1.5 min", "6 min", "1 h", "1 h 30 min"
    ]  # fmt: skip
    assert [percent(value) for value in (0.8, 0.941, 0.003, 1.0)] == ["80 %", "94.1 %", "0.3 %", "100 %"]
    assert [counted(value, "hour") for value in (1, 0.5, 1740)] == ["1 hour", "0.5 hours", "1,740 hours"]
