"""The watch: what owners are told when, prepared texts, two watches at once, clocks that are moved."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, connections
from tests.promises.conftest import NOON, Clock

from holdfast.kit import clock
from holdfast.promises import ledger, queries, timing
from holdfast.promises.contract import Kind, PromiseView, State
from holdfast.promises.models import Notice, Promise
from holdfast.promises.watch import Watch, run

SUBJECT = "incident:0190b0c0-0000-7000-8000-000000000001"


def promise(minutes: float = 30, *, kind: Kind = Kind.UPDATE, subject: str = SUBJECT) -> None:
    due = clock.now() + timedelta(minutes=minutes)
    ledger.make(kind=kind, subject=subject, about="The next word", due=due, owner=None, by=None)


def notices() -> list[tuple[str, int]]:
    return list(Notice.objects.order_by("id").values_list("kind", "minutes"))


def holding(promise: PromiseView) -> bool:
    """What the room of incidents does: publish a text that names the next time."""
    due = clock.now() + timedelta(minutes=30)
    ledger.renew(kind=promise.kind, subject=promise.subject, about="The next word", due=due, owner=None, by=None)
    return True


@pytest.mark.django_db
def test_the_owner_is_told_at_ten_and_five_minutes_and_when_it_is_due_each_once(time: Clock) -> None:
    promise()
    watch = Watch({})
    seen = []
    for _ in range(60 * 40):
        time.on(seconds=1)
        if watch.look():
            seen.append((time.at - NOON).total_seconds() / 60)
    assert seen[:3] == [20, 25, 30]
    assert notices() == [("ahead", 10), ("ahead", 5), ("due", 0)]
    time.on(minutes=6)
    watch.look()
    assert notices()[-1] == ("broken", 0)
    assert queries.history(SUBJECT)[0].state == State.BROKEN


@pytest.mark.django_db
def test_a_watch_that_slept_over_the_time_tells_only_what_still_makes_sense(time: Clock) -> None:
    promise()
    time.on(minutes=32)
    Watch({}).look()
    Watch({}).look()
    assert notices() == [("due", 0)]


@pytest.mark.django_db
def test_a_clock_that_is_put_back_repeats_nothing_and_one_put_forth_skips(time: Clock) -> None:
    promise()
    time.on(minutes=26)
    Watch({}).look()
    for minutes in (-20, 14, 2, 5):
        time.on(minutes=minutes)
        Watch({}).look()
    assert notices() == [("ahead", 5)]
    time.on(minutes=3)
    Watch({}).look()
    assert notices() == [("ahead", 5), ("due", 0)]


@pytest.mark.django_db
def test_a_shortened_promise_is_told_by_its_new_time(time: Clock) -> None:
    promise(60)
    made = queries.open_promises()[0]
    time.on(minutes=10)
    Watch({}).look()
    assert notices() == []
    ledger.shorten(promise_id=made.id, due=time.at + timedelta(minutes=4), by=None)
    Watch({}).look()
    assert notices() == [("ahead", 5)]


@pytest.mark.django_db
def test_the_prepared_text_stands_there_at_the_time_and_the_promise_is_kept(time: Clock) -> None:
    promise()
    watch = Watch({Kind.UPDATE: holding})
    while time.at < NOON + timedelta(minutes=31):
        time.on(seconds=1)
        watch.look()
    first, second = queries.history(SUBJECT)
    assert first.state == State.KEPT
    assert timedelta(0) <= first.due - (first.settled_at or NOON) <= timing.HOLD_AHEAD
    assert second.state == State.OPEN
    assert notices() == [("ahead", 10), ("ahead", 5), ("held", 0)]


@pytest.mark.django_db
def test_after_sleeping_over_time_and_grace_the_text_makes_it_late_rather_than_broken(time: Clock) -> None:
    promise()
    time.on(hours=3)
    Watch({Kind.UPDATE: holding}).look()
    assert [each.state for each in queries.history(SUBJECT)] == [State.LATE, State.OPEN]


@pytest.mark.django_db
def test_without_a_prepared_text_people_are_told_and_it_is_looked_for_again(time: Clock) -> None:
    promise()
    asked = []

    def hold(found: PromiseView) -> bool:
        asked.append(time.at)
        return len(asked) > 2 and holding(found)

    watch = Watch({Kind.UPDATE: hold})
    time.on(minutes=30)
    for _ in range(60):
        watch.look()
        time.on(seconds=1)
    assert [(at - asked[0]).total_seconds() for at in asked] == [0, 15, 30]
    assert notices() == [("due", 0), ("held", 0)]


@pytest.mark.django_db
def test_a_text_that_fails_takes_nothing_with_it(time: Clock) -> None:
    promise()
    promise(kind=Kind.PERSONAL, subject="conversation:1")

    def hold(found: PromiseView) -> bool:
        holding(found)
        raise RuntimeError("the mail is on fire")

    time.on(minutes=30)
    Watch({Kind.UPDATE: hold}).look()
    assert [each.state for each in queries.history(SUBJECT)] == [State.OPEN]
    assert notices() == [("due", 0), ("due", 0)]


@pytest.mark.django_db
def test_callbacks_are_left_to_their_own_room(time: Clock) -> None:
    promise(kind=Kind.CALLBACK, subject="callback:1")
    time.on(days=2)
    assert Watch({}).look() == 0
    assert queries.open_promises()


@pytest.mark.django_db(transaction=True)
def test_two_watches_at_once_send_the_text_once_and_tell_once(time: Clock) -> None:
    promise()
    time.on(minutes=30)
    begun, go_on, sent = threading.Event(), threading.Event(), []

    def slow(found: PromiseView) -> bool:
        begun.set()
        go_on.wait(10)
        sent.append(found.id)
        return holding(found)

    def other() -> None:
        try:
            Watch({Kind.UPDATE: slow}).look()
        finally:
            connections.close_all()

    thread = threading.Thread(target=other)
    thread.start()
    assert begun.wait(10)
    assert Watch({Kind.UPDATE: holding}).look() == 0  # the other one looks
    go_on.set()
    thread.join(10)
    assert Watch({Kind.UPDATE: holding}).look() == 0
    assert len(sent) == 1
    assert notices() == [("held", 0)]


@pytest.mark.django_db(transaction=True)
def test_a_watch_whose_connection_died_leaves_the_others_free(time: Clock) -> None:
    promise()
    time.on(minutes=30)

    def dies(found: PromiseView) -> bool:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return True

    def other() -> None:
        try:
            Watch({Kind.UPDATE: dies}).look()
        except Exception:
            pass
        finally:
            connections.close_all()

    thread = threading.Thread(target=other)
    thread.start()
    thread.join(10)
    assert Watch({Kind.UPDATE: holding}).look() == 1
    assert [each.state for each in queries.history(SUBJECT)] == [State.KEPT, State.OPEN]


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.django_db(transaction=True)
def test_the_part_of_the_worker_goes_on_after_a_fault_and_ends_when_told(
    time: Clock, stop: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    promise()
    time.on(minutes=30)
    monkeypatch.setattr("holdfast.promises.watch._EVERY", 0.01)
    monkeypatch.setattr("holdfast.promises.watch._AFTER_A_FAULT", 0.01)
    faults = [RuntimeError("once")]
    looked = threading.Event()
    real = Watch.look

    def look(self: Watch) -> int:
        if faults:
            raise faults.pop()
        found = real(self)
        looked.set()
        return found

    monkeypatch.setattr(Watch, "look", look)

    def part() -> None:
        try:
            run(stop)
        finally:
            connection.close()

    thread = threading.Thread(target=part)
    thread.start()
    assert looked.wait(10)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert notices() == [("due", 0)]
    assert Promise.objects.get().state == State.OPEN
