"""Whatever happens to promises, each ends once and one way, none is made longer, and nobody is told twice."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from holdfast.kit.clock import now, set_source
from holdfast.promises import ledger, queries, timing
from holdfast.promises.contract import Kind, PromiseView, State
from holdfast.promises.errors import NotFound, Refused
from holdfast.promises.models import Mend, Notice, Promise
from holdfast.promises.watch import Watch

KINDS = st.sampled_from([Kind.UPDATE, Kind.PERSONAL, Kind.COMMITMENT, Kind.LEGAL, Kind.CALLBACK])
WHICH = st.integers(0, 2)
MINUTES = st.integers(1, 200)


class Ledger(RuleBasedStateMachine):
    """Promises are made, renewed, shortened, kept, given up; time goes both ways; watches come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.moment = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
        set_source(lambda: self.moment)
        self.run = uuid.uuid4().hex[:12]
        self.texts = True  # whether a prepared text is there
        self.seen: dict[uuid.UUID, Promise] = {}
        self.told: dict[int, datetime] = {}

    def teardown(self) -> None:
        set_source(None)
        Promise.objects.filter(subject__startswith=f"incident:{self.run}").delete()

    def _subject(self, which: int) -> str:
        return f"incident:{self.run}-{which}"

    def _open(self, kind: Kind, which: int) -> PromiseView | None:
        return queries.open_promise(kind=kind, subject=self._subject(which))

    def _hold(self, promise: PromiseView) -> bool:
        if not self.texts or not promise.subject.startswith(f"incident:{self.run}"):
            return False
        due = now() + timedelta(minutes=30)
        ledger.renew(kind=promise.kind, subject=promise.subject, about="Next", due=due, owner=None, by=None)
        return True

    def _watch(self) -> Callable[[], int]:
        return Watch({Kind.UPDATE: self._hold}).look  # always a new one: a worker that was started again

    @rule(kind=KINDS, which=WHICH, minutes=MINUTES)
    def make(self, kind: Kind, which: int, minutes: int) -> None:
        before = self._open(kind, which)
        try:
            ledger.make(
                kind=kind,
                subject=self._subject(which),
                about="Word",
                due=self.moment + timedelta(minutes=minutes),
                owner=None,
                by=None,
            )
        except Refused:
            assert before is not None
        else:
            assert before is None

    @rule(kind=KINDS, which=WHICH, minutes=MINUTES)
    def renew(self, kind: Kind, which: int, minutes: int) -> None:
        before = self._open(kind, which)
        due = self.moment + timedelta(minutes=minutes)
        made = ledger.renew(kind=kind, subject=self._subject(which), about="Word", due=due, owner=None, by=None)
        if before is not None:
            ended = Promise.objects.get(pk=before.id)
            assert ended.state == (State.KEPT if self.moment <= before.due else State.LATE)
        standing = self._open(kind, which)
        assert standing is not None
        assert (standing.id, standing.due) == (made, due)

    @rule(kind=KINDS, which=WHICH, minutes=st.integers(-200, 200))
    def another_time(self, kind: Kind, which: int, minutes: int) -> None:
        promise = self._open(kind, which)
        if promise is None:
            return
        due = promise.due + timedelta(minutes=minutes)
        try:
            ledger.shorten(promise_id=promise.id, due=due, by=None)
        except Refused:
            assert due > promise.due or due <= self.moment
        else:
            assert due <= promise.due

    @rule(kind=KINDS, which=WHICH, ago=st.integers(0, 90))
    def keep(self, kind: Kind, which: int, ago: int) -> None:
        promise = self._open(kind, which)
        at = self.moment - timedelta(minutes=ago)
        ended = ledger.keep(kind=kind, subject=self._subject(which), by=None, at=at)
        if promise is None:
            assert ended in {None, State.BROKEN}
        else:
            assert ended == (State.KEPT if at <= promise.due else State.LATE)
        assert not Promise.objects.filter(
            kind=kind, subject=self._subject(which), state=State.BROKEN, mend=None
        ).exists()

    @rule(kind=KINDS, which=WHICH)
    def cancel(self, kind: Kind, which: int) -> None:
        there = self._open(kind, which) is not None
        assert ledger.cancel(kind=kind, subject=self._subject(which), why="By mistake", by=None) == there

    @rule(which=WHICH)
    def callback_window_ends(self, which: int) -> None:
        ledger.settle_many(kind=Kind.CALLBACK, subjects=[self._subject(which)], state=State.BROKEN)

    @rule(kind=KINDS, one=WHICH, other=WHICH)
    def cases_become_one(self, kind: Kind, one: int, other: int) -> None:
        if one != other:
            ledger.move(kind=kind, source=self._subject(one), target=self._subject(other))

    @precondition(lambda self: self.seen)
    @rule(which=st.integers(0, 1000))
    def mend(self, which: int) -> None:
        pk = sorted(self.seen)[which % len(self.seen)]
        try:
            ledger.mend(promise_id=pk, by=None)
        except NotFound:
            assert Promise.objects.get(pk=pk).state != State.BROKEN

    @rule(minutes=st.one_of(st.integers(1, 40), st.sampled_from([60 * 5, 60 * 24 * 2])))
    def time_passes(self, minutes: int) -> None:
        self.moment += timedelta(minutes=minutes)

    @rule(minutes=st.integers(1, 120))
    def the_clock_is_put_back(self, minutes: int) -> None:
        self.moment -= timedelta(minutes=minutes)

    @rule()
    def texts_come_or_go(self) -> None:
        self.texts = not self.texts

    @rule()
    def a_watch_looks(self) -> None:
        self._watch()()

    @rule()
    def a_watch_looks_each_minute_for_an_hour(self) -> None:
        watch = Watch({Kind.UPDATE: self._hold})
        for _ in range(60):
            self.moment += timedelta(minutes=1)
            watch.look()
            self.nobody_is_told_twice()

    @rule()
    def two_watches_look_at_once(self) -> None:
        ready = threading.Barrier(2)
        faults: list[BaseException] = []

        def look() -> None:
            try:
                ready.wait(10)
                self._watch()()
            except BaseException as error:
                faults.append(error)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=look) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert not faults

    @invariant()
    def each_ends_once_and_none_is_made_longer(self) -> None:
        rows = list(Promise.objects.filter(subject__startswith=f"incident:{self.run}"))
        open_ones = Counter((row.kind, row.subject) for row in rows if row.state == State.OPEN)
        assert all(number == 1 for number in open_ones.values())
        for row in rows:
            before = self.seen.get(row.pk)
            assert row.due <= row.first_due
            if before is not None:
                assert row.due <= before.due
                assert row.first_due == before.first_due
                if before.state != State.OPEN:
                    assert (row.state, row.settled_at) == (before.state, before.settled_at)
            if row.state == State.KEPT:
                assert row.settled_at is not None and row.settled_at <= row.due  # noqa: PT018 - one sentence
            if row.state == State.LATE:
                assert row.settled_at is not None and row.settled_at > row.due  # noqa: PT018 - one sentence
            self.seen[row.pk] = row
        assert set(self.seen) == {row.pk for row in rows}  # nothing is ever lost
        counted = queries.tally(subject=self._subject(0))
        mine = [row for row in rows if row.subject == self._subject(0)]
        assert counted.settled + counted.open + counted.cancelled == len(mine)

    @invariant()
    def only_what_is_broken_is_mended(self) -> None:
        assert not Mend.objects.exclude(promise__state=State.BROKEN).exists()

    @invariant()
    def nobody_is_told_twice(self) -> None:
        """A notice comes in its time, and what comes later is nearer to the time."""
        rows = Notice.objects.filter(promise__subject__startswith=f"incident:{self.run}").select_related("promise")
        last: dict[uuid.UUID, int] = {}
        for row in rows.order_by("id"):
            if row.kind not in {"ahead", "due"}:
                continue
            assert last.get(row.promise_id, 10**9) > row.minutes
            last[row.promise_id] = row.minutes
            if row.pk not in self.told:  # given just now: the time was reached and no nearer one was
                self.told[row.pk] = row.at
                nearer = [m for m in (*timing.AHEAD[Kind(row.promise.kind)], 0) if m < row.minutes]
                assert row.promise.due - timedelta(minutes=row.minutes) <= row.at
                assert not nearer or row.at < row.promise.due - timedelta(minutes=max(nearer))


@pytest.mark.django_db(transaction=True)
def test_the_ledger_of_promises_is_true_whatever_happens() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Ledger,
        settings=settings(
            max_examples=12,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
