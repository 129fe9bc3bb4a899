"""How long people were busy with a conversation, read from what they did, and who left a line unserved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from holdfast.conversations import handling
from holdfast.conversations.assignments import assign
from holdfast.conversations.closures import close, reopen
from holdfast.conversations.messages import post_note, post_reply
from holdfast.conversations.models import Conversation
from holdfast.conversations.places import join, leave
from holdfast.kit import clock
from holdfast.people.models import Agent, Role

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Clock:
    moment = START

    def passes(self, **span: float) -> None:
        self.moment += timedelta(**span)


@pytest.fixture
def at(db: None) -> Iterator[Clock]:
    here = Clock()
    clock.set_source(lambda: here.moment)
    yield here
    clock.set_source(None)


def case() -> Conversation:
    return Conversation.objects.create(
        channel="chat",
        state="open",
        created_at=clock.now(),
        last_message_at=clock.now(),
        waiting_since=clock.now(),
        queue_id=1,
    )


def worked() -> dict[object, float]:
    return dict(handling.minutes_of(since=START))


def somebody(name: str = "Ana") -> int:
    return Agent.objects.create(email=f"{name}@desk.example", name=name, role=Role.AGENT).pk


def test_a_minute_of_a_person_counts_once_however_many_cases_are_open(at: Clock) -> None:
    ana, one, other = somebody(), case(), case()
    assign(conversation_id=one.pk, to=ana, by=ana)
    assign(conversation_id=other.pk, to=ana, by=ana)
    at.passes(minutes=4)
    post_reply(conversation_id=one.pk, by=ana, text="Here it is.", client_key="1")
    at.passes(minutes=3)
    post_note(conversation_id=other.pk, by=ana, text="Asked the card team.", client_key="2")
    at.passes(minutes=2)
    close(conversation_id=other.pk, by=ana)
    assert worked() == {one.pk: 4.0, other.pk: 5.0}


def test_a_long_pause_was_not_all_spent_on_the_next_answer(at: Clock) -> None:
    ana, one = somebody(), case()
    assign(conversation_id=one.pk, to=ana, by=ana)
    at.passes(hours=3)
    post_reply(conversation_id=one.pk, by=ana, text="Sorry for the wait.", client_key="1")
    assert worked() == {one.pk: 10.0}


def test_two_people_at_work_at_once_are_two(at: Clock) -> None:
    ana, ben, one, other = somebody("Ana"), somebody("Ben"), case(), case()
    assign(conversation_id=one.pk, to=ana, by=ana)
    assign(conversation_id=other.pk, to=ben, by=ben)
    at.passes(minutes=5)
    post_reply(conversation_id=one.pk, by=ana, text="Here it is.", client_key="1")
    post_reply(conversation_id=other.pk, by=ben, text="Here it is.", client_key="2")
    assert worked() == {one.pk: 5.0, other.pk: 5.0}


def test_who_gave_up_is_told_from_who_was_served_or_is_back(at: Clock) -> None:
    ana, gone, served, back, waits = somebody(), case(), case(), case(), case()
    for each in (gone, served, back, waits):
        join(conversation_id=each.pk, queue_id=1, at=at.moment)
    at.passes(minutes=10)
    leave(conversation_id=gone.pk, because="gave up waiting")
    assign(conversation_id=served.pk, to=ana, by=ana)
    close(conversation_id=back.pk, by=ana)
    assert handling.unserved(since=START) == {gone.pk, back.pk}
    reopen(conversation_id=back.pk, by=ana)
    join(conversation_id=back.pk, queue_id=1, at=at.moment)
    assert handling.unserved(since=START) == {gone.pk}
