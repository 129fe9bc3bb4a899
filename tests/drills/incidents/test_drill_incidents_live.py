"""A small case through the real house: door, triage, verbs, watch, campaign and mails."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.drills.incidents.conftest import case, playbook, record

from holdfast.drills.crisis.scratch import emptied
from holdfast.drills.incidents.live import Live
from holdfast.drills.incidents.scenario import Case
from holdfast.drills.incidents.scores import score
from holdfast.drills.incidents.sink import Sink
from holdfast.drills.incidents.table import as_json, lasted, sentences, table
from holdfast.drills.incidents.timeline import By, Timeline
from holdfast.drills.incidents.world import make
from holdfast.kit import clock

pytestmark = pytest.mark.django_db(transaction=True)


def few() -> Case:
    people = {"number": 40, "affected": 0.4, "lists": [{"at": 30, "missing": 0.25, "extra": 0.15}]}
    contacts = {"synthetic": True, "number": 16, "stands_for": 100, "shape": [[0, 0], [20, 5], [90, 1]]}
    return case(step=45, people=people, contacts=contacts)


def play(sink: Sink, number: int) -> Timeline:
    world = make(few(), seed=1)
    return Live(world, world.case.teams[number], sink=sink).play().timeline


def test_by_the_playbook_promises_are_kept_also_by_holding_texts_and_the_same_seed_plays_the_same(sink: Sink) -> None:
    played = play(sink, 1)
    made = score(played)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1), "the house has its own clock again"
    assert made.first_public == 8, "noticed at 5, written in 3"
    assert (made.late, made.broken, made.refused, made.lost, made.twice, made.strangers) == (0, 0, 0, 0, 0, 0)
    assert made.kept == made.words, "each word kept the promise of the one before"
    assert made.holding == 1
    assert [each.by for each in played.words][-1] is By.TEAM
    assert played.over is not None
    assert made.longest_gap is not None
    assert made.longest_gap <= 30
    listed = set(make(few(), seed=1).newest_list(36))
    assert made.told_affected == len(listed)
    assert made.told_affected + made.told_unaffected == 40, "everybody is told once what concerns them"
    assert made.told_wrongly_affected == len(listed - played.truth.affected) > 0
    assert made.told_wrongly_unaffected == len(played.truth.affected - listed) > 0
    assert made.answered == 1
    assert {each.topic for each in played.questions if each.topic} == {"you", "fee"}
    assert made.unanswered == sum(each.topic == "fee" for each in played.questions)
    emptied()
    assert score(play(sink, 1)) == made


def test_what_the_house_refuses_of_a_record_is_named_and_counts_as_said_elsewhere(sink: Sink) -> None:
    played = play(sink, 0)
    made = score(played)
    assert (made.first_public, made.words, made.elsewhere) == (30, 2, 2)
    assert played.over == 100
    assert dict(made.rules)["apology"] == 2
    assert {"blame", "apology"} <= set(played.refusals[0].rules)
    assert "prevention" in played.refusals[1].rules
    assert made.broken == 1, "the first word was owed, and never came from this house"
    assert (made.kept, made.late) == (0, 1), "what was promised elsewhere for minute 90 came at 100"
    assert made.answered is None
    told = as_json(few(), seed=1, scale=1.0, plays=[(made, played)])
    assert json.loads(json.dumps(told))["teams"][0]["refusals"][0]["minute"] == 30
    assert (told["seed"], told["scale"], told["synthetic"], told["each_stands_for"]) == (1, 1.0, True, 100)
    assert told["teams"][0]["judged_words"] == 2
    assert table([made], title="x").row_count > 10
    assert any("2 texts refused" in each for each in sentences(made, played))


def test_times_are_told_as_people_say_them() -> None:
    assert [lasted(each) for each in (None, 28, 150, 4_320)] == ["never", "28 min", "2.5 h", "3.0 days"]


def test_words_that_are_mended_go_out_and_the_house_holds_what_they_promise(sink: Sink) -> None:
    says = [
        {"at": 30, "source": "us", "mark": "memory", "text": "Some payments fail. We will give an update in 45 min."}
    ]
    teams = [record(says=says), record(name="mended", says=[], like="as_it_was", mended=True), playbook()]
    small = case(
        teams=teams, minutes=170, step=85, contacts={"synthetic": True, "number": 3, "shape": [[0, 1], [20, 1]]}
    )
    world = make(small, seed=1)
    made = score(Live(world, world.case.teams[1], sink=sink).play().timeline)
    assert (made.refused, made.elsewhere, made.first_public) == (1, 0, 30)
    assert made.holding == 3, "then the promise breaks, so that somebody looks"
    assert (made.late, made.broken) == (0, 1)
