"""Whatever happens in a line, nobody is lost, the order is the one promised, and the sums say what is there."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from holdfast.conversations import callbacks, line
from holdfast.conversations.assignments import assign, take_next
from holdfast.conversations.closures import close
from holdfast.conversations.line import HELD, PROMISED, Rank, rank_many
from holdfast.conversations.messages import post_reply
from holdfast.conversations.models import Callback, Conversation, LineCount, Place
from holdfast.conversations.places import ToJoin, join_many, standing
from holdfast.desk.models import Queue
from holdfast.kit.clock import now, set_source
from holdfast.people.models import Agent
from holdfast.promises.models import Promise

FLOOR = 4
ANY = st.integers(0, 10_000)


class Room(RuleBasedStateMachine):
    """People join one line in any band, are ranked anew, are promised a time, are taken, or go."""

    def __init__(self) -> None:
        super().__init__()
        self.moment = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
        set_source(self._tick)
        line.FLOOR = FLOOR
        self.queue = Queue.objects.create(slug=uuid.uuid4().hex[:20], name="Q").pk
        self.agent = Agent.objects.create(email=f"{uuid.uuid4()}@desk.example", name="A", role="lead").pk
        self.arrived: list[uuid.UUID] = []
        self.since_floor = 0
        self.handed_out = 0
        self.began: dict[uuid.UUID, int] = {}

    def _tick(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment

    def teardown(self) -> None:
        set_source(None)
        line.FLOOR = 33

    def _open(self) -> list[Place]:
        return list(Place.objects.filter(queue_id=self.queue, left_at=None).order_by("band", "fair_at", "id"))

    def _some(self, which: int) -> uuid.UUID:
        places = self._open()
        return places[which % len(places)].conversation_id

    @initialize()
    def somebody_is_on_duty(self) -> None:
        case = self._arrive(0)
        assert case is not None
        assign(conversation_id=case, to=self.agent, by=self.agent)

    def _arrive(self, band: int) -> uuid.UUID:
        at = now()
        row = Conversation.objects.create(
            channel="web", queue_id=self.queue, waiting_since=at, last_message_at=at, created_at=at
        )
        join_many([ToJoin(row.pk, self.queue, at, Rank(band))])
        self.arrived.append(row.pk)
        self.began[row.pk] = self.handed_out
        return row.pk

    @rule(bands=st.lists(st.integers(0, 11), min_size=1, max_size=6))
    def people_come(self, bands: list[int]) -> None:
        for band in bands:
            self._arrive(band)

    @rule(minutes=st.integers(1, 40))
    def time_passes(self, minutes: int) -> None:
        self.moment += timedelta(minutes=minutes)
        callbacks.mark_broken()
        callbacks.bring_forward()
        assert not Callback.objects.filter(state="booked", queue_id=self.queue, ends_at__lte=self.moment).exists()

    @precondition(lambda self: self._open())
    @rule(which=ANY, band=st.integers(0, 11), later=st.integers(0, 30))
    def somebody_is_ranked_anew(self, which: int, band: int, later: int) -> None:
        case = self._some(which)
        place = Place.objects.get(conversation_id=case, left_at=None)
        before = (place.band, place.fair_at)
        rank_many({case: Rank(band, place.joined_at + timedelta(minutes=later))})
        place.refresh_from_db()
        if before[0] == HELD or before[1] < place.joined_at:
            assert (place.band, place.fair_at) == before, "a promise stands above any rank"
        else:
            assert (place.band, place.fair_at) == (band, place.joined_at + timedelta(minutes=later))

    @precondition(lambda self: self._open())
    @rule(which=ANY, window=st.integers(0, 3))
    def somebody_is_promised_a_time(self, which: int, window: int) -> None:
        case = self._some(which)
        windows = callbacks.offer(conversation_id=case)
        if not windows:
            return
        chosen = windows[window % len(windows)]
        callbacks.book(conversation_id=case, starts_at=chosen.starts_at, how="call")
        assert Callback.objects.filter(conversation_id=case, state="booked").count() == 1

    @precondition(lambda self: self._open())
    @rule(which=ANY)
    def somebody_wants_no_call(self, which: int) -> None:
        callbacks.cancel(conversation_id=self._some(which))

    @rule()
    def the_next_is_taken(self) -> None:
        places = [place for place in self._open() if place.band < HELD]
        by_floor = self.since_floor >= FLOOR - 1
        first = min(places, key=lambda each: (each.joined_at, each.pk)) if by_floor and places else None
        expected = first or (places[0] if places else None)
        taken = take_next(agent_id=self.agent, queue_ids=[self.queue])
        assert (taken.pk if taken else None) == (expected.conversation_id if expected else None)
        if taken is not None:
            self.handed_out += 1
            self.since_floor = 0 if by_floor else self.since_floor + 1

    @rule(which=ANY, how=st.sampled_from(["reply", "close", "back"]))
    def the_agent_acts(self, which: int, how: str) -> None:
        mine = list(
            Conversation.objects.filter(assignee_id=self.agent, state="open", queue_id=self.queue).order_by("pk")
        )
        if len(mine) < 2:  # somebody stays on duty
            return
        case = mine[which % len(mine)]
        if how == "reply":
            post_reply(conversation_id=case.pk, by=self.agent, text="!", client_key=uuid.uuid4().hex)
        elif how == "close":
            close(conversation_id=case.pk, by=self.agent)
        elif case.waiting_since is not None:
            assign(conversation_id=case.pk, to=None, by=self.agent)

    @rule()
    def sums_are_summed_up(self) -> None:
        line.compact()

    @invariant()
    def nobody_is_lost(self) -> None:
        waiting = Conversation.objects.filter(
            pk__in=self.arrived, state="open", assignee=None, waiting_since__isnull=False
        )
        standing_now = {place.conversation_id for place in self._open()}
        assert set(waiting.values_list("pk", flat=True)) == standing_now

    @invariant()
    def the_sums_say_what_is_there(self) -> None:
        sums: dict[int, int] = {}
        for row in LineCount.objects.filter(queue_id=self.queue):
            sums[row.band] = sums.get(row.band, 0) + row.waiting
        there: dict[int, int] = {}
        for place in self._open():
            there[place.band] = there.get(place.band, 0) + 1
        assert {band: number for band, number in sums.items() if number} == there
        for position, place in enumerate(self._open()[:3], start=1):
            stands = standing(conversation_id=place.conversation_id)
            assert stands is not None
            assert stands.place == position

    @invariant()
    def a_promise_is_held_until_its_time_and_first_from_then_on(self) -> None:
        booked = {row.conversation_id: row for row in Callback.objects.filter(queue_id=self.queue, state="booked")}
        for place in self._open():
            promise = booked.get(place.conversation_id)
            if promise is not None and promise.released_at is None:
                assert place.band == HELD
            elif promise is not None:
                assert (place.band, place.fair_at) == (0, place.joined_at - PROMISED)
            else:
                assert place.band < HELD

    @invariant()
    def the_ledger_of_promises_says_the_same(self) -> None:
        booked = Callback.objects.filter(queue_id=self.queue)
        written = {row.subject: row for row in Promise.objects.filter(kind="callback")}
        for callback in booked:
            row = written[f"callback:{callback.pk}"]
            late = callback.state == "kept" and callback.settled_at is not None and callback.settled_at > row.due
            said = {"booked": "open", "kept": "late" if late else "kept"}.get(callback.state, callback.state)
            assert (row.state, row.due) == (said, callback.ends_at)

    @invariant()
    def the_floor_bounds_every_wait(self) -> None:
        """Each `FLOOR` cases handed out take the oldest away: one's own turn comes after those who joined before."""
        stood = list(Place.objects.filter(queue_id=self.queue).order_by("joined_at"))
        for place in self._open():
            times = sum(other.conversation_id == place.conversation_id for other in stood)
            promised = Callback.objects.filter(conversation_id=place.conversation_id).exists()
            if times == 1 and not promised:
                before = sum(other.joined_at < place.joined_at for other in stood)  # given back, one counts again
                assert self.handed_out - self.began[place.conversation_id] <= FLOOR * (before + 1)


@pytest.mark.django_db
def test_the_room_keeps_its_promises_whatever_happens() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Room,
        settings=settings(
            max_examples=12,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
