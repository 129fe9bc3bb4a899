"""What people ask about, added up from real rows: once a minute, once for each matter, against the weeks before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from holdfast.bridge import asking
from holdfast.bridge.models import Asking
from holdfast.conversations.models import Conversation, Message
from holdfast.kit.ids import uuid7
from holdfast.kit.models import OutboxEvent
from holdfast.shield.models import Assessment

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 18, 12, 0, 10, tzinfo=timezone.get_default_timezone())


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    set_clock(monkeypatch, NOON)
    asking.forget()
    yield
    asking.forget()


def set_clock(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(asking, "now", lambda: moment)


def say(text: str, *, at: datetime, number: int = 1, intent: str = "", band: int | None = None) -> None:
    for n in range(number):
        moment = at + timedelta(milliseconds=n)
        case = Conversation.objects.create(channel="chat", intent=intent, created_at=moment, last_message_at=moment)
        contact = uuid7()
        Message.objects.create(
            conversation=case, author="customer", text=text, created_at=moment, contact_id=contact, version=1
        )
        Message.objects.create(
            conversation=case, author="customer", text="loan loan loan", created_at=moment + timedelta(seconds=1)
        )
        if band is not None:
            Assessment.objects.create(
                contact_id=contact, conversation_id=case.pk, at=moment, assessed_at=moment, band=band
            )


def topics() -> dict[str, asking.Asked]:
    found = asking.page()
    assert found is not None
    return {row.title: row for row in found.topics}


def test_topics_are_counted_today_in_steps_and_against_the_same_hours_of_weeks_before() -> None:
    say("My card was declined", at=NOON - timedelta(minutes=15), number=4)
    say("My card was declined", at=NOON - timedelta(hours=5), number=3)
    say("My card was declined", at=NOON - timedelta(hours=13), number=3)
    for week in (1, 2, 3):
        say("card declined", at=NOON - timedelta(weeks=week, minutes=30), number=week)
    say("How do I change my address", at=NOON - timedelta(minutes=5))
    assert asking.add_up()
    row = topics()["My card was declined"]
    assert (row.today, row.number, row.lately[-2], row.usual) == (7, 4, 4, 2)
    rest = topics()[""]
    assert (rest.today, rest.number) == (1, 1)


def test_a_minute_is_added_up_once_and_the_next_one_reads_only_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    say("Where is my transfer", at=NOON - timedelta(minutes=5), number=3)
    assert asking.add_up()
    assert not asking.add_up()
    assert OutboxEvent.objects.filter(topic="minute").count() == 1
    set_clock(monkeypatch, NOON + timedelta(minutes=1))
    say("Where is my transfer", at=NOON, number=2)
    say("Where is my transfer", at=NOON - timedelta(minutes=4))  # filed late
    assert asking.add_up()
    assert topics()["Where is my transfer"].today == 6
    asking.forget()
    Asking.objects.update(until=NOON - timedelta(minutes=3))
    assert asking.add_up()
    assert topics()["Where is my transfer"].today == 6


def test_whether_it_is_explained_and_since_when_it_is_new_is_told() -> None:
    say("Card declined", at=NOON - timedelta(minutes=100), number=10, band=0)
    say("Refuse the Saltmarsh loan", at=NOON - timedelta(minutes=25), number=20, band=7)
    say("Refuse the Saltmarsh loan", at=NOON - timedelta(minutes=25), number=3, band=3)
    assert asking.add_up()
    loan = topics()["Refuse the Saltmarsh loan"]
    assert (loan.explained, loan.undecided, loan.not_explained) == (0, 3, 20)
    assert loan.new_since == NOON.replace(second=0) - timedelta(minutes=30)
    assert topics()["Card declined"].explained == 10
    assert topics()["Card declined"].new_since is None


def test_intents_name_their_topic_and_after_midnight_today_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    midnight = (NOON + timedelta(days=1)).replace(hour=0, minute=0, second=0)
    say("whatever was said", at=midnight - timedelta(minutes=30), number=3, intent="card-declined")
    say("other words", at=midnight + timedelta(minutes=10), number=2, intent="card-declined")
    set_clock(monkeypatch, midnight + timedelta(minutes=20, seconds=10))
    assert asking.add_up()
    assert (topics()["Card declined"].today, topics()["Card declined"].number) == (2, 5)


def test_what_nobody_added_up_for_ten_minutes_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asking.page() is None
    assert asking.add_up()
    assert asking.page() is not None
    set_clock(monkeypatch, NOON + timedelta(minutes=11))
    assert asking.page() is None
