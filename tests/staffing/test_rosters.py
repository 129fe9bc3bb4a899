"""Rosters in the database: loaded as a whole or not at all, taken back, seen by week, and held against queues."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from holdfast.kit.clock import now
from holdfast.people.models import Agent, Team, Vendor
from holdfast.staffing import ahead, command, rosters
from holdfast.staffing.models import RosterLoad, Shift
from holdfast.staffing.queries import on_shift
from holdfast.staffing.reserve import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> Agent:
    team = Team.objects.create(name="One", vendor=Vendor.objects.create(name="Own", internal=True))
    return Agent.objects.create(email="ana@desk.example", name="Ana One", team=team)


def stamp(moment: datetime) -> str:
    return timezone.localtime(moment).isoformat(timespec="minutes")


def sheet(*spans: tuple[str, datetime, datetime]) -> str:
    return "agent,start,end\n" + "\n".join(f"{who},{stamp(begins)},{stamp(ends)}" for who, begins, ends in spans)


def test_one_wrong_line_keeps_the_whole_file_out(ana: Agent) -> None:
    begins = now() + timedelta(days=1)
    text = sheet(
        (ana.email, begins, begins + timedelta(hours=8)), ("no@x.example", begins, begins + timedelta(hours=8))
    )
    with pytest.raises(Refused, match="Nothing was loaded: 1 line cannot be"):
        rosters.load(text=text, name="week.csv", by=ana.pk, skills=None)
    assert not Shift.objects.exists()
    assert not RosterLoad.objects.exists()
    loaded = rosters.load(text=text, name="week.csv", by=ana.pk, skills=None, leave_out=True)
    assert len(loaded.shifts) == Shift.objects.count() == 1
    with pytest.raises(Refused, match="no line of the file is left"):
        rosters.load(text=text, name="again.csv", by=ana.pk, skills=None, leave_out=True)
    with pytest.raises(Refused, match="1 line cannot be"):
        rosters.load(text=text.replace("no@x.example", ""), name="x", by=ana.pk, skills=None, leave_out=True)


def test_what_is_taken_back_is_gone_but_for_what_began(ana: Agent) -> None:
    began, later = now() - timedelta(hours=1), now() + timedelta(days=1)
    text = sheet(
        (ana.email, began, began + timedelta(hours=4)),
        (ana.email, later, later + timedelta(hours=8)),
    )
    rosters.load(text=text, name="week.csv", by=ana.pk, skills=None)
    (loaded,) = rosters.loads()
    assert (loaded.shifts, loaded.to_come, loaded.by) == (2, 1, "Ana One")
    assert rosters.take_back(load_id=loaded.id) == 1
    assert rosters.loads() == []
    (shift,) = Shift.objects.all()
    assert shift.ends_at < later
    assert on_shift(now()) == {ana.pk}
    assert on_shift(now() + timedelta(days=9)) is None


def test_the_week_shows_each_shift_on_its_day(ana: Agent) -> None:
    zone = timezone.get_default_timezone()
    wednesday = datetime(2026, 7, 8, 22, 0, tzinfo=zone)
    Shift.objects.create(agent=ana, begins_at=wednesday, ends_at=wednesday + timedelta(hours=6), skills=["cards"])
    week = rosters.week(datetime(2026, 7, 10, tzinfo=zone).date())
    ((name, days),) = week.rows
    assert name == "Ana One"
    assert [len(cells) for cells in days] == [0, 0, 1, 0, 0, 0, 0]
    assert days[2][0].skills == ("cards",)
    assert [(day.people, day.hours) for day in week.days][2] == (1, 6.0)
    assert rosters.week(datetime(2026, 7, 13, tzinfo=zone).date()).rows == ()


def test_a_shift_that_names_queues_is_counted_for_these(ana: Agent) -> None:
    begins = now() - timedelta(hours=1)
    Shift.objects.create(agent=ana, begins_at=begins, ends_at=begins + timedelta(hours=8), skills=["payments"])
    ahead.forget()
    found = ahead.ahead({1: "cards", 2: "payments"}, serves={ana.pk: frozenset({1})}, waiting={1: 5, 2: 5})
    there = {line.queue_id: line.needs[0].scheduled for line in found.lines}
    assert there == {1: 0, 2: 1}
    ahead.forget()


def test_the_command_checks_and_loads_a_file(ana: Agent, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begins = now() + timedelta(days=1)
    file = tmp_path / "week.csv"
    file.write_text(sheet((ana.email, begins, begins + timedelta(hours=8)), ("no@x.example", begins, begins)))
    assert command.main(["roster", str(file), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["loaded"], found["shifts"], found["wrong_lines"]) == (False, 1, 1)
    assert command.main(["roster", str(file), "--load"]) == 1
    assert "Line 3: It ends before it begins." in capsys.readouterr().err
    assert not Shift.objects.exists()
    file.write_text(sheet((ana.email, begins, begins + timedelta(hours=8))))
    assert command.main(["roster", str(file), "--load"]) == 0
    assert "Loaded: 1 shifts of 1 people, 8.0 hours." in capsys.readouterr().out
    assert command.main(["roster", str(tmp_path / "none.csv")]) == 1
    assert "cannot be read" in capsys.readouterr().err
