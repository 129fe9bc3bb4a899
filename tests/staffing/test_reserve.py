"""The reserve in the database: who is on it, and calling people in within the law."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from holdfast.kit.series.baseline import Expected
from holdfast.people.models import Agent
from holdfast.staffing import queries, reserve
from holdfast.staffing.forecast import Storm
from holdfast.staffing.models import Shift

NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Steady:
    """Ten a minute, always."""

    def expected(self, at: datetime, *, minutes: int = 1) -> Expected:
        return Expected(median=10.0 * minutes, low=8.0 * minutes, high=13.0 * minutes, spread=2.0 * minutes)


def agent(name: str) -> Agent:
    return Agent.objects.create_user(f"{name.lower()}@desk.example", name=name)


def shift(of: Agent, begins: datetime, hours: float) -> None:
    Shift.objects.create(agent=of, begins_at=begins, ends_at=begins + hours * HOUR)


@pytest.mark.django_db
def test_the_reserve_knows_skills_notice_and_hours_worked() -> None:
    ada, lead = agent("Ada"), agent("Lea")
    reserve.join(agent_id=ada.pk, skills=["fraud", "cards", "cards"], notice=2 * HOUR)
    shift(ada, NOW - 30 * HOUR, 8)
    shift(ada, NOW - 9 * 24 * HOUR, 8)  # more than a week ago
    (found,) = queries.reserve(NOW)
    assert (found.name, found.skills, found.notice) == ("Ada", frozenset({"cards", "fraud"}), 2 * HOUR)
    assert (found.worked_hours, found.last_ended, found.on_duty) == (8.0, NOW - 22 * HOUR, False)
    assert lead.pk not in {one.id for one in queries.reserve(NOW)}


@pytest.mark.django_db
def test_calling_in_makes_a_shift_and_the_next_list_leaves_them_out() -> None:
    ada, bea, lead = agent("Ada"), agent("Bea"), agent("Lea")
    for one in (ada, bea):
        reserve.join(agent_id=one.pk, skills=["cards"], notice=HOUR)
    first = queries.call_list(need={"cards": 1}, at=NOW).calls[0]
    reserve.call_in(agent_id=first.person.id, begins_at=first.begins, hours=first.hours, by=lead.pk)
    again = queries.call_list(need={"cards": 2}, at=NOW)
    assert [call.person.id for call in again.calls] == [({ada.pk, bea.pk} - {first.person.id}).pop()]
    assert again.missing == {"cards": 1}
    assert "is due at" in again.passed_over[0].why
    assert Shift.objects.get(agent_id=first.person.id).called_in


@pytest.mark.django_db
def test_rest_the_week_and_the_longest_shift_are_kept() -> None:
    ada = agent("Ada")
    reserve.join(agent_id=ada.pk, skills=["cards"], notice=HOUR)
    shift(ada, NOW - 12 * HOUR, 8)
    with pytest.raises(reserve.Refused, match=r"^Ada rests until 04 Mar 16:00\.$"):
        reserve.call_in(agent_id=ada.pk, begins_at=NOW, hours=4, by=ada.pk)
    with pytest.raises(reserve.Refused, match="at most 8 hours"):
        reserve.call_in(agent_id=ada.pk, begins_at=NOW + 8 * HOUR, hours=12, by=ada.pk)
    for day in range(2, 6):
        shift(ada, NOW - day * 24 * HOUR, 9)
    with pytest.raises(reserve.Refused, match=r"may work 4\.0 hours then, not 6"):
        reserve.call_in(agent_id=ada.pk, begins_at=NOW + 8 * HOUR, hours=6, by=ada.pk)


@pytest.mark.django_db
def test_who_left_or_stepped_away_is_not_called() -> None:
    ada, bea = agent("Ada"), agent("Bea")
    for one in (ada, bea):
        reserve.join(agent_id=one.pk, skills=["cards"], notice=HOUR)
    reserve.leave(agent_id=ada.pk)
    reserve.step_away(agent_id=bea.pk, until=NOW + 48 * HOUR)
    found = queries.call_list(need={"cards": 1}, at=NOW)
    assert found.calls == ()
    assert [passed.why for passed in found.passed_over] == ["is away until 06 Mar 09:00"]
    with pytest.raises(reserve.Refused, match="not on the reserve"):
        reserve.call_in(agent_id=ada.pk, begins_at=NOW, hours=2, by=bea.pk)


@pytest.mark.django_db
def test_a_shift_that_ends_before_it_begins_cannot_be_kept() -> None:
    ada = agent("Ada")
    with pytest.raises(IntegrityError), transaction.atomic():
        Shift.objects.create(agent=ada, begins_at=NOW, ends_at=NOW)


def test_an_ordinary_outlook_has_no_verdict() -> None:
    found = queries.outlook(Steady(), at=NOW, aht=360, on_duty=80, hours=4)
    assert len(found.needs) == 8
    assert {need.required for need in found.needs} <= set(range(66, 70))
    assert found.verdict is None


def test_in_a_storm_the_outlook_says_that_people_are_not_the_answer() -> None:
    storm = Storm(begins=NOW + HOUR, ends=NOW + 3 * HOUR, times=30)
    found = queries.outlook(Steady(), at=NOW, aht=360, on_duty=72, on_reserve=20, storms=[storm])
    assert found.verdict is not None
    assert not found.verdict.solvable
    assert found.verdict.extra_contacts == pytest.approx(29 * 600 * 2, rel=0.02)
    assert found.needs[0].gap is not None
    assert found.needs[0].gap <= 0 < (found.needs[3].gap or 0)
