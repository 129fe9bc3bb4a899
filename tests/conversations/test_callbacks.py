"""A callback: promised only with people behind it, the place kept meanwhile, and kept or visibly broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from holdfast.conversations import callbacks
from holdfast.conversations.assignments import assign, take_next, transfer
from holdfast.conversations.callback_windows import LENGTH, capacity
from holdfast.conversations.closures import close
from holdfast.conversations.errors import Refused
from holdfast.conversations.line import Rank, rank_many
from holdfast.conversations.merges import merge
from holdfast.conversations.messages import post_reply
from holdfast.conversations.models import Assignment, Callback, Conversation, Message, Place
from holdfast.conversations.places import standing
from holdfast.kit import clock

from .conftest import House

InLine = Callable[..., Conversation]


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment

    def to(self, moment: datetime) -> None:
        self.moment = moment


@pytest.fixture
def time() -> Iterator[Time]:
    source = Time()
    clock.set_source(source)
    yield source
    clock.set_source(None)


@pytest.fixture
def on_duty(time: Time, house: House, in_line: InLine) -> None:
    """Ana and Ben each finished a case of ten minutes just now: two people make three callbacks in half an hour."""
    for agent in (house.ana, house.ben):
        case = in_line()
        taken = assign(conversation_id=case.pk, to=agent.pk, by=agent.pk)
        assert taken is not None
        close(conversation_id=case.pk, by=agent.pk)
        started = time.moment - timedelta(minutes=20)
        Assignment.objects.filter(pk=taken.pk).update(started_at=started, ended_at=started + timedelta(minutes=10))


def book(case: Conversation, *, which: int = 0) -> callbacks.Promise:
    window = callbacks.offer(conversation_id=case.pk)[which]
    return callbacks.book(conversation_id=case.pk, starts_at=window.starts_at, how="call")


def taken(house: House) -> Conversation | None:
    return take_next(agent_id=house.ana.pk, queue_ids=[house.cards.pk])


def test_nothing_is_offered_where_nobody_is_on_duty(time: Time, house: House, in_line: InLine) -> None:
    case = in_line()
    assert callbacks.offer(conversation_id=case.pk) == []
    with pytest.raises(Refused, match="Nobody"):
        callbacks.book(conversation_id=case.pk, starts_at=time.moment + timedelta(hours=1), how="call")


@pytest.mark.usefixtures("on_duty")
def test_a_window_takes_no_more_than_those_on_duty_can_keep(time: Time, house: House, in_line: InLine) -> None:
    assert capacity(house.cards.pk, at=time.moment) == 3
    cases = [in_line() for _ in range(4)]
    first = callbacks.offer(conversation_id=cases[0].pk)[0]
    assert (first.starts_at, first.ends_at - first.starts_at) == (datetime(2026, 11, 24, 14, 30, tzinfo=UTC), LENGTH)
    assert [each.left for each in callbacks.offer(conversation_id=cases[0].pk)] == [3] * 4
    for case in cases[:3]:
        book(case)
    with pytest.raises(Refused, match="taken"):
        callbacks.book(conversation_id=cases[3].pk, starts_at=first.starts_at, how="call")
    assert callbacks.offer(conversation_id=cases[3].pk)[0].starts_at == first.ends_at
    callbacks.cancel(conversation_id=cases[0].pk)
    assert book(cases[3]).starts_at == first.starts_at
    assert callbacks.counts(since=time.moment - timedelta(hours=1)) == {
        "booked": 3,
        "kept": 0,
        "broken": 0,
        "cancelled": 1,
    }


@pytest.mark.usefixtures("on_duty")
def test_a_booked_place_is_held_and_comes_first_when_its_time_has_come(
    time: Time, house: House, in_line: InLine
) -> None:
    booked, other, late = in_line("one"), in_line("two"), in_line("three")
    promise = book(booked)
    words = Message.objects.get(conversation=booked, details__kind="callback").text
    assert "between 14:30 and 15:00" in words
    assert not Message.objects.get(conversation=booked, details__kind="callback").internal
    rank_many({booked.pk: Rank(5), other.pk: Rank(0)})
    assert callbacks.bring_forward() == 0
    assert taken(house) == other
    rank_many({late.pk: Rank(7)})
    time.to(promise.starts_at)
    assert [each.id for each in callbacks.due()] == [promise.id]
    assert callbacks.bring_forward() == 1
    assert callbacks.bring_forward() == 0
    rank_many({booked.pk: Rank(9), late.pk: Rank(0)})
    stands = standing(conversation_id=booked.pk)
    assert stands is not None
    assert stands.place == 1, "no rank is above a promise"
    assert taken(house) == booked


@pytest.mark.usefixtures("on_duty")
def test_an_answer_in_time_keeps_the_promise_and_silence_breaks_it(time: Time, house: House, in_line: InLine) -> None:
    answered, forgotten, called = (in_line() for _ in range(3))
    promises = [book(case) for case in (answered, forgotten, called)]
    time.to(promises[0].starts_at + timedelta(minutes=1))
    callbacks.bring_forward()
    post_reply(conversation_id=answered.pk, by=house.ana.pk, text="Here we are.", client_key="k")
    callbacks.keep(conversation_id=called.pk, by=house.ben.pk)
    time.to(promises[0].ends_at)
    assert callbacks.mark_broken() == 1
    states = {row.conversation_id: row.state for row in Callback.objects.all()}
    assert states == {answered.pk: "kept", forgotten.pk: "broken", called.pk: "kept"}
    assert [each.conversation_id for each in callbacks.broken(since=promises[0].starts_at)] == [forgotten.pk]
    assert taken(house) in (forgotten, called)
    assert callbacks.callback_of(forgotten.pk) is None


@pytest.mark.usefixtures("on_duty")
def test_a_window_that_passed_while_nobody_looked_leaves_nobody_held(time: Time, house: House, in_line: InLine) -> None:
    case = in_line()
    time.to(book(case).ends_at)
    assert callbacks.mark_broken() == 1
    assert callbacks.bring_forward() == 0
    assert taken(house) == case


@pytest.mark.usefixtures("on_duty")
def test_given_up_it_stands_where_it_stood(time: Time, house: House, in_line: InLine) -> None:
    first, second = in_line("one"), in_line("two")
    book(first)
    assert callbacks.callback_of(first.pk) is not None
    callbacks.cancel(conversation_id=first.pk)
    callbacks.cancel(conversation_id=first.pk)
    assert [taken(house), taken(house)] == [first, second]


@pytest.mark.usefixtures("on_duty")
def test_a_hold_survives_being_handed_around(time: Time, house: House, in_line: InLine) -> None:
    case = in_line()
    promise = book(case)
    assign(conversation_id=case.pk, to=house.ana.pk, by=house.lead.pk)
    assign(conversation_id=case.pk, to=None, by=house.lead.pk)
    assert taken(house) is None
    transfer(conversation_id=case.pk, by=house.lead.pk, summary="A loan.", to_queue=house.loans.pk)
    assert take_next(agent_id=house.lin.pk, queue_ids=[house.loans.pk]) is None
    time.to(promise.starts_at)
    callbacks.bring_forward()
    assign(conversation_id=case.pk, to=house.ana.pk, by=house.lead.pk)
    assign(conversation_id=case.pk, to=None, by=house.lead.pk)
    place = Place.objects.get(conversation=case, left_at=None)
    assert place.fair_at < place.joined_at


@pytest.mark.usefixtures("on_duty")
def test_merged_into_another_case_the_promise_goes_along(time: Time, house: House, in_line: InLine) -> None:
    source, target = in_line(), in_line()
    promise = book(source)
    merge(source_id=source.pk, target_id=target.pk, by=house.lead.pk)
    carried = callbacks.callback_of(target.pk)
    assert carried is not None
    assert carried.id == promise.id
    assert taken(house) is None, "the target is held now"


@pytest.mark.usefixtures("on_duty")
def test_only_who_stands_in_line_is_called_back(time: Time, house: House, in_line: InLine) -> None:
    case = in_line()
    start = callbacks.offer(conversation_id=case.pk)[0].starts_at
    assign(conversation_id=case.pk, to=house.ana.pk, by=house.ana.pk)
    assert callbacks.offer(conversation_id=case.pk) == []
    with pytest.raises(Refused, match="in line"):
        callbacks.book(conversation_id=case.pk, starts_at=start, how="call")
