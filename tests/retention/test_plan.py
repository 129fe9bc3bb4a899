"""The plan: off until somebody looked, a day's wait after each change, and whatever does not add up is off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.retention.conftest import DAY, ago, at, closed, known

from holdfast.guard.ledger.models import Act
from holdfast.people.models import Agent
from holdfast.retention import command, looking, plan, working
from holdfast.retention.models import Look, Plan, Release


def test_there_is_no_plan_before_a_look_and_none_acts_in_its_first_day(admin: Agent) -> None:
    with pytest.raises(plan.Refused, match="Look first"):
        plan.keep(look_id=uuid4(), by=admin.pk)
    look = looking.look(days=plan.DEFAULT, by=admin.pk)
    plan.keep(look_id=look, by=admin.pk)
    closed(known(900), days=800)
    assert "changed less than a day ago" in working.work(seconds=5).idle
    with at(datetime.now(UTC) + DAY + timedelta(minutes=1)):
        assert working.work(seconds=60).went["cases"] == 1
    assert Act.objects.get(kind="retention_plan").details.startswith("on: cases 730, customers 730")


def test_a_look_is_good_for_an_hour_and_for_who_asked_for_it(admin: Agent) -> None:
    look = looking.look(days=plan.DEFAULT, by=admin.pk)
    with pytest.raises(plan.Refused):
        plan.keep(look_id=look, by=admin.pk + 1)
    with at(datetime.now(UTC) + timedelta(hours=2)), pytest.raises(plan.Refused):
        plan.keep(look_id=look, by=admin.pk)


def test_changing_it_begins_the_wait_anew_and_ends_a_run(turned_on: Callable[..., Plan], admin: Agent) -> None:
    turned_on()
    for n in range(3):
        closed(known(900), days=800 + n)
    assert working.work(seconds=0, limit=1).more
    plan.keep(look_id=looking.look(days={**plan.DEFAULT, "cases": 90}, by=admin.pk), by=admin.pk)
    assert "changed less than a day ago" in working.work(seconds=5).idle
    assert Release.objects.get().end == "stopped"
    with pytest.raises(plan.Refused, match="in force already"):
        plan.keep(look_id=Look.objects.latest("at").pk, by=admin.pk)


@pytest.mark.parametrize(
    "days",
    [
        {},
        {**plan.DEFAULT, "cases": 89},
        {**plan.DEFAULT, "cases": 3_651},
        {**plan.DEFAULT, "cases": "730"},
        {**plan.DEFAULT, "cases": 730.5},
        {**plan.DEFAULT, "cases": True},
        {**plan.DEFAULT, "more": 1},
        [730],
        None,
    ],
)
def test_a_plan_that_does_not_add_up_is_refused_and_one_that_stands_so_counts_as_off(admin: Agent, days: Any) -> None:
    with pytest.raises(plan.Refused):
        plan.checked(days)
    look = Look.objects.get(pk=looking.look(days=plan.DEFAULT, by=admin.pk))
    Plan.objects.create(at=ago(3), by_id=admin.pk, on=True, days=[] if days is None else days, look=look)
    stands = plan.in_force()
    assert (stands.on, bool(stands.fault)) == (False, True)
    closed(known(900), days=800)
    assert working.work(seconds=5).idle == stands.fault


def test_the_operator_counts_runs_and_turns_off(
    turned_on: Callable[..., Plan], capsys: pytest.CaptureFixture[str], admin: Agent
) -> None:
    assert command.main(["--run"]) == 1
    assert "Retention is off" in capsys.readouterr().err
    turned_on()
    for _ in range(3):
        closed(known(900), days=800)
    assert command.main(["--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "Closed conversations, 730 days: 3 would go." in said
    assert "Customers without a case, 730 days: 3 would go." in said, "with their last case, in the same run"
    assert command.main(["--run"]) == 0
    assert "Done. 3 conversations" not in (told := capsys.readouterr().out)
    assert "Done. 3 cases, 6 messages, 3 contacts, 3 customers" in told
    assert (command.main(["--off"]), command.main(["--off"])) == (0, 1)
    assert not plan.in_force().on
