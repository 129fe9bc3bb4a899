"""The shield in the house: every contact is assessed, counted once, and stands where it should. In calm: nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from django.db import connections
from tests.shield.conftest import Day

from holdfast.conversations.assignments import take_next
from holdfast.conversations.models import Place
from holdfast.kit.models import OutboxEvent
from holdfast.operations.client import HttpOperations
from holdfast.posture.changes import change
from holdfast.posture.effects import Name
from holdfast.posture.models import Proposal
from holdfast.shield import assess, need, published, scorer, steps
from holdfast.shield.evidence import Evidence
from holdfast.shield.judge import Judge
from holdfast.shield.model import Model
from holdfast.shield.models import Assessment, Memory, Minute, Step, Topic
from holdfast.shield.scoring import score
from holdfast.shield.traits import Traits

FLOOD = Model(
    alarm="flood",
    flood_share=0.9,
    need={"yes": -3.0, "no": 1.0},
    challenge={"pass": -2.0, "fail": 1.0},
    log_ratios={"verification": {"0": 1.0, "2": -1.0}},
)


def publish(day: Day, model: Model) -> None:
    """Publish a model as the scorer would."""
    version = Minute.objects.count() + 1
    Minute.objects.create(
        version=version,
        minute=day.moment.replace(second=0, microsecond=0),
        rate=300,
        expected=10,
        surge=True,
        flood_share=model.flood_share,
        low=0,
        high=1,
        model=replace(model, version=version).to_json(),
    )
    published.forget()


def texts_in_line() -> list[str]:
    return [
        place.conversation.preview for place in Place.objects.filter(left_at=None).order_by("band", "fair_at", "id")
    ]


def test_in_calm_every_contact_is_assessed_and_nobody_moves(day: Day) -> None:
    for n in range(5):
        day.say(f"Where is my parcel {n}?", email=f"c{n}@post.example")
        day.pass_time(seconds=1)
    assert day.assess() == 5
    rows = list(Assessment.objects.all())
    assert {(row.band, row.friction, row.score) for row in rows} == {(0, "none", 0.0)}
    assert [place.fair_at == place.joined_at and place.band == 0 for place in Place.objects.all()] == [True] * 5
    assert texts_in_line() == [f"Where is my parcel {n}?" for n in range(5)]


def test_no_text_and_no_identity_is_kept_with_an_assessment(day: Day) -> None:
    day.say("My zuurmarker card is lost", email="zuurmarker@post.example")
    day.assess()
    (row,) = Assessment.objects.all()
    assert "zuurmarker" not in json.dumps(row.traits)


@pytest.mark.parametrize("room", [Name.CALM, Name.SURGE])
def test_a_flood_moves_nobody_while_the_posture_does_not_order_the_line_by_need(day: Day, room: Name) -> None:
    publish(day, FLOOD)
    change(to=room, by=day.lead.pk, why="So.")
    day.say("Stop it now")
    day.assess()
    assert Place.objects.get().band == 0
    assert Assessment.objects.get().friction == "none"


def test_in_a_siege_who_is_explained_goes_first_and_the_decision_can_be_made_again(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(day, FLOOD)
    change(to=Name.SIEGE, by=day.lead.pk, why="A flood.", playbook="flood")
    first = day.say("Stop it now", email="crowd@post.example")
    day.pass_time(seconds=1)
    second = day.say("My payment failed", email="need@post.example")
    known = {first: False, second: True}
    gathered = assess._gather
    monkeypatch.setattr(
        assess,
        "_gather",
        lambda rows: {key: replace(found, need=known[key]) for key, found in gathered(rows).items()},
    )
    day.assess()
    assert texts_in_line() == ["My payment failed", "Stop it now"]
    row = Assessment.objects.get(pk=first)
    again = score(Traits.from_json(row.traits), published.model())
    assert (again.band, round(again.score, 6), list(again.reasons)) == (row.band, round(row.score, 6), row.reasons)
    assert row.band > 0

    assess.answered(contact_id=first, challenge="pass")
    day.assess()
    assert Assessment.objects.get(pk=first).score < row.score
    case = take_next(agent_id=day.lead.pk, queue_ids=[day.queue.pk])
    assert case is not None
    assert case.preview == "My payment failed"


def test_asking_for_news_during_a_flood_moves_nobody_back(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(day, FLOOD)
    change(to=Name.SIEGE, by=day.lead.pk, why="A flood.", playbook="flood")
    chat = {"thread": ["chat:session"], "thread_own": ["chat:session"]}
    first = day.say("My payment failed", email="need@post.example", **chat)
    gathered = assess._gather
    monkeypatch.setattr(
        assess,
        "_gather",
        lambda rows: {key: replace(found, need=key == first) for key, found in gathered(rows).items()},
    )
    day.assess()
    stood = Place.objects.values_list("band", "fair_at").get()
    assert stood[0] == 0

    day.pass_time(minutes=2)
    again = day.say("Stop it now", email="need@post.example", **chat)
    day.assess()
    assert Assessment.objects.get(pk=again).band > 0
    assert Assessment.objects.values_list("conversation_id").distinct().count() == 1
    assert Place.objects.values_list("band", "fair_at").get() == stood


def test_a_model_that_cannot_be_read_leaves_everybody_in_the_order_of_arrival(day: Day) -> None:
    publish(day, FLOOD)
    Minute.objects.update(model={"nonsense": True})
    published.forget()
    change(to=Name.SIEGE, by=day.lead.pk, why="A flood.")
    day.say("first")
    assert day.assess() == 1
    assert Assessment.objects.get().band == 0
    assert (Place.objects.get().band, texts_in_line()) == (0, ["first"])
    day.pass_time(minutes=3)
    (report,) = scorer.tick()[-1:]
    assert report.rate >= 0
    published.forget()
    assert published.model().version == Minute.objects.count(), "the next minute's model can be read again"


def test_a_memory_that_cannot_be_read_is_begun_anew(day: Day) -> None:
    day.say("Where is my card?")
    day.assess()
    day.pass_time(minutes=2)
    assert scorer.tick()
    Memory.objects.update(state={"of": "another version"})
    day.pass_time(minutes=1)
    assert scorer.tick()
    assert Memory.objects.get().state != {"of": "another version"}


def test_a_matter_declared_while_minutes_are_closed_is_in_the_next_model(day: Day) -> None:
    for _ in range(2):
        day.pass_time(minutes=2)
        scorer.tick()
    topic = Topic.objects.create(words=["cards are declined"], since=day.moment)
    day.pass_time(minutes=1)
    scorer.tick()
    published.forget()
    assert [each.id for each in published.model().declared] == [str(topic.pk)]
    Topic.objects.update(until=day.moment)
    day.pass_time(minutes=1)
    scorer.tick()
    published.forget()
    assert published.model().declared[0].until is not None


def test_a_contact_that_cannot_be_read_is_passed_over_and_the_rest_is_judged(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = assess.traits_of

    def fragile(evidence: object) -> Traits:
        if "poison" in evidence.text:  # type: ignore[attr-defined]
            raise ValueError("It cannot be read.")
        return plain(evidence)  # type: ignore[arg-type]

    monkeypatch.setattr(assess, "traits_of", fragile)
    poisoned = day.say("poison", email="a@post.example")
    day.say("Where is my card?", email="b@post.example")
    assert day.assess() == 2
    assert Assessment.objects.get(pk=poisoned).reasons == [assess.NOT_ASSESSED]
    assert Assessment.objects.exclude(pk=poisoned).get().traits is not None
    day.pass_time(minutes=2)
    scorer.tick()
    assert not Assessment.objects.filter(counted_in=None).exists()


def test_every_contact_is_counted_in_one_minute_and_minutes_have_no_gaps(day: Day) -> None:
    arrived = 0
    for minute in range(8):
        for n in range(minute % 3):
            day.say(f"Where is my card {n}?", email=f"m{minute}n{n}@post.example")
            arrived += 1
        if minute % 2:
            day.assess()  # now and then the assessor comes late
        day.pass_time(minutes=1)
        scorer.tick()
        assert scorer.tick() == []
    day.assess()
    day.pass_time(minutes=1)
    scorer.tick()
    minutes = list(Minute.objects.order_by("version"))
    assert [each.version for each in minutes] == list(range(1, len(minutes) + 1))
    assert {(b.minute - a.minute).total_seconds() for a, b in pairwise(minutes)} == {60.0}
    assert sum(each.rate for each in minutes) == arrived
    assert not Assessment.objects.filter(counted_in=None).exists()
    assert OutboxEvent.objects.filter(topic="minute").count() == len(minutes)


def test_a_new_scorer_goes_on_from_the_memory_of_the_old_one(day: Day) -> None:
    for minute in range(12):
        for n in range(4):
            day.say(f"Where is my card {n}?", email=f"m{minute}n{n}@post.example")
        day.assess()
        day.pass_time(minutes=1)
    day.pass_time(minutes=1)
    scorer.tick()  # nobody was there for a quarter of an hour
    assert Minute.objects.count() == 1
    before = Memory.objects.get().state
    day.pass_time(minutes=5)
    assert len(scorer.tick()) == 5
    assert Memory.objects.get().state != before


@pytest.mark.django_db(transaction=True)
def test_of_two_scorers_one_closes_the_minute(day: Day, transactional_db: None) -> None:
    day.say("Where is my card?")
    day.assess()
    day.pass_time(minutes=2)
    other = connections["default"].copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [scorer._LOCK])
            assert scorer.tick() == []
            cursor.execute("ROLLBACK")
        assert len(scorer.tick()) == 1
    finally:
        other.close()
    assert Minute.objects.count() == 1


def test_the_house_and_a_replay_judge_one_stream_alike_answers_included(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    gathered, seen, known = assess._gather, {}, {}

    def gather(rows: list[Assessment]) -> dict[UUID, Evidence]:
        found = {key: replace(each, need=known.get(key, True)) for key, each in gathered(rows).items()}
        seen.update(found)
        return found

    monkeypatch.setattr(assess, "_gather", gather)
    judge, bands, alarms, asked = Judge(), [], set(), []
    for minute in range(27):
        for n in range(60 if minute >= 18 else 5):
            flood = minute >= 18 and n >= 5
            text = f"Stop the harbour loan at once {n}" if flood else f"My card {n} was declined at the bakery"
            known[day.say(text, email=f"m{minute}n{n}@post.example")] = not flood
        day.assess()
        mine = {}
        for row in Assessment.objects.filter(at=day.moment).order_by("at", "pk"):
            decision = judge.judge(seen[row.pk])
            mine[str(row.pk)] = decision.band
            bands.append((row.band, decision.band, row.score, decision.score))
        if asked:  # those asked a minute ago: one fits, one does not, one says nothing
            for contact_id, came in zip(asked, ("pass", "fail", None), strict=False):
                if came is None:
                    Step.objects.create(
                        contact_id=contact_id, conversation_id=uuid4(), kind="confirm_topic", planned_at=day.moment,
                        asked_at=day.moment, expires_at=day.moment,
                    )  # fmt: skip
                    judge.silent(seen[contact_id])
                else:
                    assess.answered(contact_id=contact_id, challenge=came)
                    assess.assess_some()
                    judge.again(replace(seen[contact_id], challenge=came))
                    bands.append((Assessment.objects.get(pk=contact_id).band, judge.again(seen[contact_id]).band, 0, 0))
            steps.expire()
        asked = [] if minute < 21 else [UUID(id) for id, band in mine.items() if band > 0][:3]
        day.pass_time(minutes=1)
        day.pass_time(seconds=4)
        scorer.tick()
        published.forget()
        day.pass_time(seconds=-4)
        alarms.add(published.model().alarm)
        judge.pass_time(day.moment)
        assert published.model().challenge == judge.model.challenge
    assert alarms == {"none", "flood"}
    assert max(band for band, *_ in bands) > 3
    assert [(band, round(score, 6)) for band, _, score, _ in bands] == [(band, round(s, 6)) for _, band, _, s in bands]
    details = Minute.objects.order_by("-version")[0].details
    assert (details["passed"], details["failed"], details["silent"]) == (5, 5, 5)
    assert not Assessment.objects.filter(asked_score__isnull=False).exists()


def test_a_surge_is_proposed_to_people_and_taken_back_when_it_is_over(day: Day) -> None:
    for minute in range(25):
        for n in range(200 if 15 <= minute < 20 else 3):
            day.say(f"Where is my card {n}?", email=f"m{minute}n{n}@post.example")
        day.assess()
        day.pass_time(minutes=1)
        scorer.tick()
        if minute == 19:
            assert Proposal.objects.filter(to="surge", decided_at=None).exists()
    for _ in range(25):
        day.pass_time(minutes=1)
        scorer.tick()
    assert not Proposal.objects.filter(to="surge", decided_at=None).exists()


def test_need_is_unknown_without_the_companys_systems_and_while_they_are_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert need.needs(["TW-1"]) == {}
    away = HttpOperations(base_url="http://127.0.0.1:9", token="x", timeout=0.2)
    monkeypatch.setattr(need, "operations", lambda: away)
    assert need.needs(["TW-1"]) == {}
