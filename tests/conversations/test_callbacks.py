"""A callback: promised only with people behind it, the place kept meanwhile, and kept or visibly broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

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
from holdfast.posture import current as posture
from holdfast.posture.changes import change
from holdfast.posture.effects import Name

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
    posture.forget()
    yield source
    clock.set_source(None)
    posture.forget()


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
    window = callbacks.openings(conversation_id=case.pk)[which]
    return callbacks.book(conversation_id=case.pk, starts_at=window.starts_at, how="call")


@pytest.mark.usefixtures("on_duty")
def test_times_are_offered_by_themselves_only_while_the_posture_says_so(
    time: Time, house: House, in_line: InLine
) -> None:
    case = in_line()
    found = callbacks.openings(conversation_id=case.pk)
    assert found
    assert callbacks.offer(conversation_id=case.pk) == callbacks.offer_in(house.cards.pk, at=time.moment) == []
    change(to=Name.SURGE, by=house.lead.pk, why="Very many write.", playbook="usual")
    posture.forget()
    assert callbacks.offer(conversation_id=case.pk) == callbacks.offer_in(house.cards.pk, at=time.moment) == found


@pytest.mark.usefixtures("on_duty")
def test_another_time_is_no_second_promise_and_the_same_time_is_no_news(
    time: Time, house: House, in_line: InLine
) -> None:
    case = in_line()
    first = book(case)
    again = callbacks.book(conversation_id=case.pk, starts_at=first.starts_at)
    assert again == first
    assert Message.objects.filter(conversation=case, details__kind="callback").count() == 1
    assert first.starts_at not in [each.starts_at for each in callbacks.openings(conversation_id=case.pk)]
    other = book(case)
    assert other.starts_at == first.ends_at
    assert callbacks.counts(since=time.moment - timedelta(hours=1))["booked"] == 1


@pytest.mark.usefixtures("on_duty")
def test_an_offer_is_taken_once(house: House, in_line: InLine) -> None:
    case = in_line()
    start = callbacks.openings(conversation_id=case.pk)[0].starts_at
    promise = callbacks.book(conversation_id=case.pk, starts_at=start, offer="one")
    assert callbacks.book(conversation_id=case.pk, starts_at=start, offer="one") == promise
    callbacks.cancel(conversation_id=case.pk)
    with pytest.raises(callbacks.OfferTaken):
        callbacks.book(conversation_id=case.pk, starts_at=start, offer="one")


@pytest.mark.parametrize(("channel", "how"), [("phone", "call"), ("email", "write"), ("chat", "write")])
@pytest.mark.usefixtures("on_duty")
def test_who_phoned_is_called_and_who_wrote_is_written_to(in_line: InLine, channel: str, how: str) -> None:
    case = in_line(channel=channel)
    start = callbacks.openings(conversation_id=case.pk)[0].starts_at
    assert callbacks.book(conversation_id=case.pk, starts_at=start).how == how


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("transactional_db", "on_duty")
def test_many_who_choose_one_time_together_never_get_more_than_there_is(house: House, in_line: InLine) -> None:
    cases, together = [in_line() for _ in range(12)], Barrier(12)
    start = callbacks.openings(conversation_id=cases[0].pk)[0].starts_at
    came: list[str] = []

    def choose(case: Conversation) -> None:
        together.wait()
        try:
            callbacks.book(conversation_id=case.pk, starts_at=start)
            came.append("booked")
        except Refused as refused:
            came.append(refused.sentence)
        finally:
            connection.close()

    threads = [Thread(target=choose, args=[case]) for case in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(came) == {"booked": 3, "That time has been taken. Choose another one.": 9}
    assert Callback.objects.filter(state="booked", starts_at=start).count() == 3
    assert Place.objects.filter(left_at=None).count() == 12, "nobody lost their place"


def taken(house: House) -> Conversation | None:
    return take_next(agent_id=house.ana.pk, queue_ids=[house.cards.pk])


def test_nothing_is_offered_where_nobody_is_on_duty(time: Time, house: House, in_line: InLine) -> None:
    case = in_line()
    assert callbacks.openings(conversation_id=case.pk) == []
    with pytest.raises(Refused, match="Nobody"):
        callbacks.book(conversation_id=case.pk, starts_at=time.moment + timedelta(hours=1), how="call")


@pytest.mark.usefixtures("on_duty")
def test_a_window_takes_no_more_than_those_on_duty_can_keep(time: Time, house: House, in_line: InLine) -> None:
    assert capacity(house.cards.pk, at=time.moment) == 3
    cases = [in_line() for _ in range(4)]
    first = callbacks.openings(conversation_id=cases[0].pk)[0]
    assert (first.starts_at, first.ends_at - first.starts_at) == (datetime(2026, 11, 24, 14, 30, tzinfo=UTC), LENGTH)
    assert [each.left for each in callbacks.openings(conversation_id=cases[0].pk)] == [3] * 4
    for case in cases[:3]:
        book(case)
    with pytest.raises(Refused, match="taken"):
        callbacks.book(conversation_id=cases[3].pk, starts_at=first.starts_at, how="call")
    assert callbacks.openings(conversation_id=cases[3].pk)[0].starts_at == first.ends_at
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
    start = callbacks.openings(conversation_id=case.pk)[0].starts_at
    assign(conversation_id=case.pk, to=house.ana.pk, by=house.ana.pk)
    assert callbacks.openings(conversation_id=case.pk) == []
    with pytest.raises(Refused, match="in line"):
        callbacks.book(conversation_id=case.pk, starts_at=start, how="call")
