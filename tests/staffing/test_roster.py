"""Whom to call in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.staffing.roster import Person, Rules, whom_to_call

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def person(number: int, *skills: str, notice: float = 1, **more: object) -> Person:
    return Person(id=number, name=f"P{number}", skills=frozenset(skills), notice=notice * HOUR, **more)  # type: ignore[arg-type]


def test_the_soonest_are_called_first_and_what_stays_missing_is_said() -> None:
    people = [person(1, "cards", notice=3), person(2, "cards", notice=1), person(3, "loans")]
    found = whom_to_call(people, need={"cards": 1, "fraud": 2}, at=NOW)
    assert [(call.person.id, call.skill, call.begins) for call in found.calls] == [(2, "cards", NOW + HOUR)]
    assert found.missing == {"fraud": 2}


def test_who_knows_much_is_kept_for_what_only_they_know() -> None:
    people = [person(1, "cards", "fraud", notice=0.5), person(2, "cards", notice=2)]
    found = whom_to_call(people, need={"cards": 1, "fraud": 1}, at=NOW)
    assert {(call.person.id, call.skill) for call in found.calls} == {(1, "fraud"), (2, "cards")}
    assert found.missing == {}


def test_among_equals_those_who_worked_least_are_asked() -> None:
    people = [person(1, "cards", worked_hours=30), person(2, "cards", worked_hours=5)]
    (call,) = whom_to_call(people, need={"cards": 1}, at=NOW).calls
    assert call.person.id == 2


@pytest.mark.parametrize(
    ("barred", "why"),
    [
        (person(1, "cards", on_duty=True), "is on duty already"),
        (person(1, "cards", last_ended=NOW - 4 * HOUR), "rests until 02 Mar 16:00"),
        (person(1, "cards", worked_hours=47), "has worked 47 of 48 hours this week"),
        (person(1, "cards", away_until=NOW + 48 * HOUR), "is away until 04 Mar 09:00"),
        (person(1, "cards", notice=9), "would come at 02 Mar 18:00, too late"),
    ],
)
def test_nobody_is_called_beyond_what_is_right(barred: Person, why: str) -> None:
    found = whom_to_call([barred], need={"cards": 1}, at=NOW, by=NOW + 6 * HOUR)
    assert found.calls == ()
    assert [(passed.person, passed.why) for passed in found.passed_over] == [(barred, why)]
    assert found.missing == {"cards": 1}


def test_rest_counts_until_they_would_begin() -> None:
    rested_by_then = person(1, "cards", notice=8, last_ended=NOW - 4 * HOUR)
    assert len(whom_to_call([rested_by_then], need={"cards": 1}, at=NOW).calls) == 1


def test_a_shift_ends_where_the_week_does() -> None:
    (call,) = whom_to_call([person(1, "cards", worked_hours=44)], need={"cards": 1}, at=NOW).calls
    assert call.hours == 4


def test_a_negative_need_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        whom_to_call([], need={"cards": -1}, at=NOW)


reserve = st.lists(
    st.builds(
        Person,
        id=st.integers(0, 10_000),
        name=st.just("P"),
        skills=st.frozensets(st.sampled_from(["cards", "loans", "fraud"])),
        notice=st.integers(0, 24).map(lambda hours: hours * HOUR),
        worked_hours=st.floats(0, 60),
        last_ended=st.none() | st.integers(0, 30).map(lambda hours: NOW - hours * HOUR),
        on_duty=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda one: one.id,
)


@settings(max_examples=80, deadline=None)
@given(people=reserve, cards=st.integers(0, 4), fraud=st.integers(0, 4))
def test_nobody_is_called_twice_unskilled_or_unrested(people: list[Person], cards: int, fraud: int) -> None:
    rules, need = Rules(), {"cards": cards, "fraud": fraud}
    found = whom_to_call(people, need=need, at=NOW)
    ids = [call.person.id for call in found.calls]
    assert len(ids) == len(set(ids))
    for call in found.calls:
        assert call.skill in call.person.skills
        assert not call.person.on_duty
        assert call.person.last_ended is None or call.begins - call.person.last_ended >= rules.rest
        assert call.person.worked_hours + call.hours <= rules.week_hours
    for skill, number in need.items():
        assert [call.skill for call in found.calls].count(skill) + found.missing.get(skill, 0) == number
    # Whoever could still fill a gap would have been called.
    idle = {one.id for one in people} - set(ids) - {passed.person.id for passed in found.passed_over}
    assert not any(found.missing.keys() & one.skills for one in people if one.id in idle)
