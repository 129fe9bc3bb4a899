"""The ladder: asked once, kindly, with a way to appeal, only under a flood; and a crowd gets its answer together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from django.test import Client
from tests.shield.conftest import Day
from tests.shield.test_house import FLOOD, publish, texts_in_line

from holdfast.conversations.assignments import assign
from holdfast.conversations.models import Assignment, Conversation, Message, Place
from holdfast.notify.deliveries import enqueue_many
from holdfast.notify.models import Delivery
from holdfast.posture.changes import change
from holdfast.posture.effects import Name
from holdfast.shield import appeals, friction, queries, scorer
from holdfast.shield.digest import answer_all, digest
from holdfast.shield.models import Assessment, BulkAnswer, Step

ASKING = replace(FLOOD, log_ratios={}, flood_share=0.85)
"""Whoever is not explained is asked, and a fitting answer brings them to the first bands."""


@pytest.fixture
def siege(day: Day) -> Day:
    publish(day, ASKING)
    change(to=Name.SIEGE, by=day.lead.pk, why="A flood.", playbook="flood")
    day.pass_time(seconds=1)
    return day


def ask(day: Day) -> list[Message]:
    """Assess whoever came, and ask what is to be asked."""
    day.assess()
    day.pass_time(seconds=1)
    friction.take_some(deliver=enqueue_many)
    return list(Message.objects.filter(details__kind="step").order_by("created_at"))


def page_of(message: Message) -> str:
    """The path of the page that a message links to."""
    return "/line/" + message.text.split("/line/")[1].split("/")[0] + "/"


def band_of(contact: UUID) -> int:
    return Assessment.objects.get(pk=contact).band


def test_in_calm_nobody_is_asked_anything(day: Day) -> None:
    publish(day, ASKING)
    day.say("Stop the pipeline now")
    assert ask(day) == []
    assert not Step.objects.exists()


@pytest.mark.parametrize(
    ("locale", "words"), [("en", "Is this wrong"), ("id-ID", "Apakah ini keliru"), ("pt-BR", "Isto está errado")]
)
def test_who_is_not_explained_is_asked_once_in_their_language_with_a_way_to_appeal(
    siege: Day, locale: str, words: str
) -> None:
    contact = siege.say("Stop the pipeline now")
    Conversation.objects.update(locale=locale)
    siege.assess()
    Conversation.objects.update(locale=locale)
    (message,) = ask(siege)
    assert words in message.text
    assert "/line/" in message.text
    assert not message.internal
    assert Delivery.objects.filter(message=message).count() == 1
    assert Place.objects.filter(left_at=None).count() == 1, "the place is kept"
    assert Assessment.objects.get(pk=contact).friction == "confirm_topic"
    assert ask(siege) == [message], "nobody is asked twice"


@pytest.mark.parametrize(("reply", "came", "better"), [("Yes, please", "pass", True), ("no thanks", "fail", False)])
def test_an_answer_in_words_is_evidence(siege: Day, reply: str, came: str, better: bool) -> None:
    contact = siege.say("Stop the pipeline now", thread=["api:1"])
    ask(siege)
    before = Assessment.objects.get(pk=contact)
    siege.pass_time(minutes=1)
    siege.say(reply, thread=["api:1"])
    siege.assess()
    siege.assess()
    after = Assessment.objects.get(pk=contact)
    assert Step.objects.get(kind="confirm_topic").answer == came
    assert after.challenge == came
    assert (after.score < before.score) is better
    assert after.asked_score == before.score
    siege.pass_time(minutes=3)
    scorer.tick()
    assert Assessment.objects.get(pk=contact).asked_score is None, "its answer was counted"


def test_one_click_on_the_page_is_an_answer_too(siege: Day, client: Client) -> None:
    contact = siege.say("Stop the pipeline now")
    (message,) = ask(siege)
    shown = client.get(page_of(message))
    assert shown.status_code == 200
    assert "Do you still need help" in shown.content.decode()
    assert client.post(page_of(message), {"do": "yes"}).status_code == 302
    siege.assess()
    assert Assessment.objects.get(pk=contact).challenge == "pass"
    assert "Do you still need help" not in client.get(page_of(message)).content.decode()
    assert client.post(page_of(message), {"do": "no"}).status_code == 302
    assert Step.objects.get().answer == "pass", "the first answer holds"


def test_whoever_appeals_stands_as_in_calm_and_is_asked_nothing_more(siege: Day, client: Client) -> None:
    contact = siege.say("Stop the pipeline now", email="a@post.example")
    (message,) = ask(siege)
    assert band_of(contact) > 0
    for _ in range(2):
        assert client.post(page_of(message), {"do": "appeal"}).status_code == 302
    place = Place.objects.get(left_at=None)
    assert (place.band, place.fair_at) == (0, place.joined_at)
    (told,) = appeals.newest(since=place.joined_at)
    assert told.conversation_id == place.conversation_id
    assert Message.objects.filter(details__kind="appeal", internal=True).count() == 1
    Assessment.objects.update(assessed_at=None)
    ask(siege)
    row = Assessment.objects.get(pk=contact)
    assert (row.band, row.friction, row.reasons) == (0, "none", [appeals.REASON])
    assert "You are asked nothing more" in client.get(page_of(message)).content.decode()


def test_leads_see_what_was_asked_and_what_came_of_it(siege: Day, client: Client) -> None:
    start = siege.moment
    for n in range(3):
        siege.say(f"Stop the pipeline now {n}", email=f"a{n}@post.example")
    messages = ask(siege)
    client.post(page_of(messages[0]), {"do": "yes"})
    client.post(page_of(messages[1]), {"do": "appeal"})
    assert list(queries.asked(start)) == [queries.Asked("confirm_topic", asked=3, passed=1, failed=0, silent=1)]
    assert queries.appeals(start) == 1
    siege.assess()
    explained, undecided, not_explained = queries.bands(start)
    assert explained + undecided + not_explained == 3
    assert explained >= 1, "who appealed stands as in calm"
    (seen,) = queries.minutes(start.replace(hour=0))
    assert (seen.rate, seen.surge) == (300, True)


def test_a_page_with_a_made_up_token_is_not_there(siege: Day, client: Client) -> None:
    assert client.get("/line/made-up/").status_code == 404
    assert client.post("/line/made-up/", {"do": "appeal"}).status_code == 404


def test_silence_is_never_held_against_anybody(siege: Day) -> None:
    contact = siege.say("Stop the pipeline now")
    ask(siege)
    before = Assessment.objects.get(pk=contact)
    siege.pass_time(hours=5)
    friction.take_some(deliver=enqueue_many)
    assert Step.objects.get().answer == "none"
    after = Assessment.objects.get(pk=contact)
    assert (after.challenge, after.score, after.band) == ("", before.score, before.band)


def test_while_nobody_can_prove_who_they_are_nobody_is_asked(siege: Day) -> None:
    publish_down = replace(ASKING, identity_down=True)
    siege.pass_time(minutes=1)
    publish(siege, publish_down)
    contact = siege.say("Stop the pipeline now")
    assert ask(siege) == []
    assert band_of(contact) == 0


def test_a_time_is_chosen_on_the_page_and_the_place_is_held(siege: Day, client: Client) -> None:
    busy = siege.say("Where is my card", email="busy@post.example")
    siege.assess()
    held = Place.objects.get(conversation_id=Assessment.objects.get(pk=busy).conversation_id)
    assign(conversation_id=held.conversation_id, to=siege.lead.pk, by=siege.lead.pk)
    assert Assignment.objects.count() == 1
    siege.pass_time(seconds=6)  # who is on duty is known for a few seconds
    siege.say("Stop the pipeline now", email="a@post.example")
    message = ask(siege)[-1]
    page = client.get(page_of(message))
    window = page.context["screen"].windows[0]
    assert client.post(page_of(message), {"do": "book", "at": window.starts_at.isoformat()}).status_code == 302
    shown = client.get(page_of(message)).content.decode()
    assert "We come back to you between" in shown
    assert "Or choose another time" in shown
    assert client.post(page_of(message), {"do": "book", "at": "2001-01-01T00:00:00Z"}).status_code == 422
    assert client.post(page_of(message), {"do": "unbook"}).status_code == 302
    assert "We come back to you between" not in client.get(page_of(message)).content.decode()


def crowd(day: Day, number: int, text: str) -> Sequence[UUID]:
    return [day.say(f"{text} number {n}", email=f"{text[:3]}{n}@post.example") for n in range(number)]


def test_a_crowd_is_counted_and_answered_together(siege: Day) -> None:
    start = siege.moment
    crying = crowd(siege, 6, "You must stop funding the new pipeline across our valley")
    other = siege.say("I cannot find the form for my holiday insurance", email="other@post.example")
    siege.assess()
    Assessment.objects.update(band=8)
    said = digest(since=start)
    assert [len(each.contacts) for each in said] == [6]
    assert set(said[0].samples) <= set(crying)
    taken = Conversation.objects.get(pk=Assessment.objects.get(pk=crying[0]).conversation_id)
    assign(conversation_id=taken.pk, to=siege.lead.pk, by=siege.lead.pk)
    key = uuid4()
    asked = {"sample": said[0].samples[0], "since": start, "by": siege.lead.pk, "text": "We heard you.", "key": key}
    assert answer_all(**asked, deliver=enqueue_many) == 5
    assert answer_all(**asked, deliver=enqueue_many) == 0
    assert BulkAnswer.objects.get().answered == 5
    assert Delivery.objects.filter(message__text="We heard you.").count() == 5
    assert texts_in_line() == ["I cannot find the form for my holiday insurance"]
    taken.refresh_from_db()
    assert taken.state == "open", "a person has it, and answers it"
    assert band_of(other) == 8
