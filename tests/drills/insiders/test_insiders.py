"""Insiders who sell what they see: the same days for every house, scored from the truth; the real house, in small."""

from __future__ import annotations

import json

import pytest
from django.conf import LazySettings
from tests.guard.ledger.conftest import emptied

from holdfast.drills.crisis.scenario import ScenarioError
from holdfast.drills.insiders import baselines, command, scenario
from holdfast.drills.insiders.live import Live
from holdfast.drills.insiders.scores import Played, score
from holdfast.drills.insiders.world import Way, World
from holdfast.guard.cutoff.models import Cut
from holdfast.guard.models import RevealLog, RevealTicket
from holdfast.guard.radius.models import Report
from holdfast.guard.watching.models import Noticed, ViewerAddress
from holdfast.people.models import Agent

TASKUS = scenario.load("guard/taskus-2025")


def world(mode: str, *, seed: int = 0) -> World:
    return World(scenario.scaled(TASKUS, by=0.1), mode, seed=seed)


def small(mode: str, *, ransom: int = 9) -> World:
    """Twelve agents with ten cases a day, one of whom begins on the third day."""
    smaller = scenario.scaled(TASKUS, by=0.04)
    house = smaller.house.model_copy(update={"cases": 10, "teams": 6, "per_team": 2})
    ring = smaller.ring.model_copy(update={"hub": 2, "every": 100})
    changed = {
        "house": house,
        "ring": ring,
        "ransom": smaller.ransom.model_copy(update={"day": ransom}),
        "days": ransom + 3,
        "reports": smaller.reports.model_copy(update={"begin": 1, "leaked": 1.0, "background": 0.0}),
        "modes": {name: each.model_copy(update={"honey": 1.0}) for name, each in smaller.modes.items()},
    }
    return World(smaller.model_copy(update=changed), mode, seed=0)


def test_a_day_is_the_same_whenever_it_is_asked_for_and_another_with_another_seed() -> None:
    assert world("drip5").day(7) == world("drip5").day(7)
    assert world("drip5").day(7) != world("drip5", seed=1).day(7)


def test_the_ring_grows_within_one_employer_and_takes_what_its_way_says() -> None:
    made = world("bulk200")
    assert {made.workers[each].vendor for each in made.ring} == {0}
    assert sorted(made.ring.values()) == [10, 50, 90]
    hub = min(made.ring, key=lambda each: made.ring[each])
    before, after = made.day(9), made.day(10)
    assert not any(look.stolen for look in before.looks)
    stolen = [look for look in after.looks if look.stolen]
    assert (len(stolen), {look.way for look in stolen}, {look.worker for look in stolen}) == (
        200, {Way.SEARCHED}, {hub},
    )  # fmt: skip


def test_only_pretexts_need_leads_who_take_part() -> None:
    assert world("drip5").complicit() == set()
    made = world("pretext")
    assert made.complicit()
    assert all(made.workers[each].lead for each in made.complicit())


def test_reports_of_customers_follow_the_theft_and_go_on_everywhere() -> None:
    made = world("own_cases")
    stolen = dict.fromkeys(range(1000), 20)
    days = [made.reports(number, stolen) for number in range(130)]
    assert not any(days[:40])
    told = {each for day in days for each in day}
    assert 0.03 < len(told & stolen.keys()) / 1000 < 0.08
    assert told - stolen.keys()


def test_scores_are_counted_from_the_truth() -> None:
    made = world("bulk200")
    first, second, third = sorted(made.ring, key=lambda each: made.ring[each])
    honest = next(each.id for each in made.handlers if each.id not in made.ring)
    played = Played(
        "house",
        leaked={1: 12, 2: 12, 3: 40},
        tried=9,
        noticed={first: {3, 12, 20}, second: {20}, honest: {5}},
        cut={first: 14, third: 125, honest: 125},
        outcry=True,
        told={2, 3, 4, 5},
    )
    found = score(made, played)
    assert (found.leaked, found.over, found.under) == (3, 2, 1)
    assert (found.noticed, found.days_to_notice) == (1, 2)  # before somebody begins, nothing is noticed
    assert (found.found, found.days_to_cut, found.falsely_cut, found.wrongly_noticed) == (1, 4, 1, 1)


def test_usual_houses_lose_what_is_taken_or_hinder_the_honest() -> None:
    made = world("own_cases")
    open_, logged, by_role = (score(made, played) for played in baselines.everybody(made))
    assert open_.leaked > 1000
    assert (open_.found, logged.found) == (0, 0)  # their own cases look like anybody's
    assert by_role.hindered > 1000
    assert by_role.leaked <= open_.leaked


def test_a_wrong_scenario_or_mode_is_refused_in_a_sentence() -> None:
    with pytest.raises(ScenarioError, match="There is no mode shout"):
        world("shout")
    with pytest.raises(ScenarioError, match="above 0"):
        scenario.scaled(TASKUS, by=0)
    with pytest.raises(ScenarioError, match="There is no scenario guard/none"):
        scenario.load("guard/none")
    given = {**TASKUS.model_dump(exclude={"name"}), "synthetic": False}
    with pytest.raises(ScenarioError, match="synthetic"):
        scenario.parse(given, name="x")


def test_the_command_prints_what_it_played(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.progress import Progress

    code = command.run(
        "guard/taskus-2025", mode="drip5", seed=3, scale=0.05, as_json=True, in_memory=True, progress=Progress
    )
    told = json.loads(capsys.readouterr().out)
    assert (code, told["seed"], told["mode"], told["synthetic"]) == (0, 3, "drip5", True)
    assert [each["house"] for each in told["houses"]] == list(baselines.NAMES)


@pytest.mark.django_db(transaction=True)
def test_in_the_real_house_a_search_through_customers_shows_nothing_and_names_who_did_it() -> None:
    emptied()
    made = small("bulk200")
    played = Live(made).play()
    found = score(made, played)
    assert played.leaked == {}
    assert (found.found, found.falsely_cut) == (1, 0)
    assert found.days_to_cut == 1
    assert RevealLog.objects.filter(outcome="no_grant").count() == played.tried
    assert RevealTicket.objects.filter(redeemed_at__isnull=False).count() > 50
    assert Cut.objects.count() == Report.objects.count() == 1
    assert played.minutes_to_no_access is not None
    assert played.after_cut == 0


@pytest.mark.django_db(transaction=True)
def test_an_address_that_only_one_viewer_saw_is_written_to_and_leads_to_them(settings: LazySettings) -> None:
    settings.CANARY_DOMAIN = "letters.example"
    emptied()
    made = small("own_cases", ransom=33)
    played = Live(made).play()
    thief = Agent.objects.get(email=f"w{min(made.ring, key=made.ring.__getitem__)}@drill.example")
    assert set(ViewerAddress.objects.exclude(written_to_at=None).values_list("agent_id", flat=True)) == {thief.pk}
    assert {"honey", "contact"} <= set(Noticed.objects.filter(agent_id=thief.pk).values_list("kind", flat=True))
    assert (score(made, played).found, played.after_cut) == (1, 0)
