"""What is owed: promises in groups, broken ones first and only while they are not mended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from tests.desk.conftest import BACKEND, Desk, make_desk

from holdfast.bridge import owed
from holdfast.conversations.messages import post_reply
from holdfast.conversations.models import Callback, Conversation, Place, ToldWait
from holdfast.kit.clock import now
from holdfast.posture import current as posture
from holdfast.posture.changes import change
from holdfast.posture.effects import Name


@pytest.fixture
def desk(db: None) -> Desk:
    posture.forget()
    return make_desk()


def promise(conversation: Conversation, *, begins: timedelta, state: str = "booked") -> None:
    starts_at = now().replace(second=0, microsecond=0) + begins
    Callback.objects.create(
        conversation=conversation,
        queue_id=conversation.queue_id or 0,
        how="call",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=20),
        state=state,
        booked_at=now(),
        settled_at=now() if state == "broken" else None,
    )


def test_callbacks_of_one_window_are_one_line_and_what_is_far_away_is_none(desk: Desk) -> None:
    for n, queue in enumerate([desk.cards, desk.payments, desk.cards]):
        promise(desk.talk(f"matter {n}", queue=queue), begins=timedelta(minutes=30))
    promise(desk.talk("tomorrow"), begins=timedelta(hours=20))
    assert [each.detail for each in owed.promises()] == ["2 Cards, 1 Payments"]


def test_a_broken_promise_stays_until_it_is_mended(desk: Desk) -> None:
    conversation = desk.talk("You said you would call")
    promise(conversation, begins=timedelta(minutes=-40), state="broken")
    change(to=Name.SURGE, by=desk.lead.pk, why="Many write.")
    broken, public = owed.promises()
    assert (broken.case, broken.due < now(), public.what) == (conversation.number, True, "Next public update")
    client = Client()
    client.force_login(desk.lead, BACKEND)
    assert "late" in client.get("/bridge/").content.decode()
    post_reply(conversation_id=conversation.pk, by=desk.ana.pk, text="Here we are.", client_key="1")
    assert [each.what for each in owed.promises()] == ["Next public update"]


def test_told_waits_are_held_against_what_came(desk: Desk) -> None:
    client = Client()
    client.force_login(desk.lead, BACKEND)
    assert "told waits" not in client.get("/bridge/").content.decode()
    for minutes in (5, 50):
        desk.talk("hello", at=now() - timedelta(minutes=60))
        place = Place.objects.order_by("-id").first()
        assert place is not None
        place.left_at, place.left_because = place.joined_at + timedelta(minutes=minutes), "assigned"
        place.save()
        ToldWait.objects.create(place=place, at=place.joined_at, low=2, middle=6, high=10)
    assert "told waits held for 50\u2009% of 2" in client.get("/bridge/").content.decode()
