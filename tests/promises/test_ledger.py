"""The ledger's verbs, one by one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests.promises.conftest import NOON, Clock

from holdfast.kit import clock
from holdfast.promises import ledger, queries
from holdfast.promises.contract import Kind, State, Tally
from holdfast.promises.errors import NotFound, Refused
from holdfast.promises.models import Promise, Shortening

pytestmark = pytest.mark.django_db
SUBJECT = "incident:0190b0c0-0000-7000-8000-000000000001"


def promise(minutes: int = 30, **given: Any) -> Any:
    asked = {
        "kind": Kind.UPDATE,
        "subject": SUBJECT,
        "about": "The next word on card payments",
        "due": clock.now() + timedelta(minutes=minutes),
        "owner": None,
        "by": None,
    }
    return ledger.make(**{**asked, **given})


def test_a_promise_done_in_time_is_kept_and_one_second_later_is_late(time: Clock) -> None:
    promise()
    time.on(minutes=30)
    assert ledger.keep(kind=Kind.UPDATE, subject=SUBJECT, by=None) == State.KEPT
    promise()
    time.on(minutes=30, seconds=1)
    assert ledger.keep(kind=Kind.UPDATE, subject=SUBJECT, by=None) == State.LATE
    assert queries.tally(subject=SUBJECT) == Tally(kept=1, late=1, broken=0, open=0)


def test_a_second_open_promise_of_a_kind_is_refused_and_the_first_stands(time: Clock) -> None:
    first = promise()
    with pytest.raises(Refused, match="open promise of this kind"):
        promise(minutes=60)
    assert [each.id for each in queries.open_promises(subject=SUBJECT)] == [first]
    promise(kind=Kind.PERSONAL)  # another kind towards the same subject is another promise


def test_renewing_keeps_the_one_before_and_makes_the_next(time: Clock) -> None:
    promise()
    time.on(minutes=20)
    due = time.at + timedelta(minutes=60)
    ledger.renew(kind=Kind.UPDATE, subject=SUBJECT, about="The next word", due=due, owner=None, by=None)
    first, second = queries.history(SUBJECT)
    assert (first.state, first.settled_at) == (State.KEPT, time.at)
    assert (second.state, second.due) == (State.OPEN, due)


def test_a_refused_renewal_leaves_the_one_before_open(time: Clock) -> None:
    promise()
    with transaction.atomic(), pytest.raises(Refused, match="past"):
        ledger.renew(kind=Kind.UPDATE, subject=SUBJECT, about="Word", due=time.at, owner=None, by=None)
    assert queries.history(SUBJECT)[0].state == State.OPEN


def test_a_promise_is_shortened_and_never_lengthened(time: Clock) -> None:
    made = promise()
    earlier = time.at + timedelta(minutes=12)
    ledger.shorten(promise_id=made, due=earlier, by=None)
    shown = queries.open_promise(kind=Kind.UPDATE, subject=SUBJECT)
    assert shown is not None
    assert (shown.due, shown.first_due) == (earlier, NOON + timedelta(minutes=30))
    assert Shortening.objects.get().was == NOON + timedelta(minutes=30)
    with pytest.raises(Refused, match="not made longer"):
        ledger.shorten(promise_id=made, due=earlier + timedelta(seconds=1), by=None)
    with pytest.raises(Refused, match="never made longer"):
        ledger.lengthen(promise_id=made, due=earlier + timedelta(hours=1), by=None, why="No news")
    with pytest.raises(Refused, match="past"):
        ledger.shorten(promise_id=made, due=time.at, by=None)


@pytest.mark.parametrize(
    "change", [{"due": NOON + timedelta(hours=2)}, {"first_due": NOON + timedelta(hours=2)}], ids=["due", "first_due"]
)
def test_the_database_itself_refuses_a_later_time(time: Clock, change: dict[str, datetime]) -> None:
    made = promise()
    with transaction.atomic(), pytest.raises(IntegrityError, match="never made longer"):
        Promise.objects.filter(pk=made).update(**change)


def test_the_database_itself_refuses_a_second_end(time: Clock) -> None:
    made = promise()
    ledger.cancel(kind=Kind.UPDATE, subject=SUBJECT, why="Declared by mistake", by=None)
    with transaction.atomic(), pytest.raises(IntegrityError, match="ends once"):
        Promise.objects.filter(pk=made).update(state=State.KEPT, settled_at=NOON)


def test_cancelling_needs_a_reason_and_counts_neither_as_kept_nor_as_broken(time: Clock) -> None:
    promise()
    with pytest.raises(Refused, match="why"):
        ledger.cancel(kind=Kind.UPDATE, subject=SUBJECT, why=" \x00 ", by=None)
    assert ledger.cancel(kind=Kind.UPDATE, subject=SUBJECT, why="Declared by mistake", by=None)
    assert not ledger.cancel(kind=Kind.UPDATE, subject=SUBJECT, why="Again", by=None)
    counted = queries.tally(subject=SUBJECT)
    assert (counted.settled, counted.cancelled, counted.kept_share) == (0, 1, None)


def test_an_overdue_promise_is_broken_after_its_grace_and_stays_so_when_mended(time: Clock) -> None:
    promise()
    time.on(minutes=45)
    assert ledger.break_overdue(before=time.at) == 0  # its fifteen minutes of grace are not over
    time.on(seconds=1)
    assert ledger.break_overdue(before=time.at) == 1
    assert [each.subject for each in queries.unmended()] == [SUBJECT]
    assert ledger.keep(kind=Kind.UPDATE, subject=SUBJECT, by=None) == State.BROKEN
    assert not queries.unmended()
    assert (queries.history(SUBJECT)[0].state, queries.history(SUBJECT)[0].mended_at) == (State.BROKEN, time.at)


def test_mending_by_id_works_once_and_only_on_what_is_broken(time: Clock) -> None:
    made = promise()
    with pytest.raises(NotFound):
        ledger.mend(promise_id=made, by=None)
    time.on(hours=1)
    ledger.break_overdue(before=time.at)
    ledger.mend(promise_id=made, by=None)
    time.on(hours=1)
    ledger.mend(promise_id=made, by=None)
    assert queries.history(SUBJECT)[0].mended_at == NOON + timedelta(hours=1)


def test_what_was_done_earlier_is_written_down_as_done_then_and_never_in_the_future(time: Clock) -> None:
    promise()
    time.on(minutes=31)
    ledger.keep(kind=Kind.UPDATE, subject=SUBJECT, by=None, at=NOON + timedelta(minutes=29))
    promise()
    ledger.keep(kind=Kind.UPDATE, subject=SUBJECT, by=None, at=NOON + timedelta(days=400))
    first, second = queries.history(SUBJECT)
    assert (first.state, first.settled_at) == (State.KEPT, NOON + timedelta(minutes=29))
    assert second.settled_at == time.at


def test_many_are_settled_in_bulk_each_by_its_own_time(time: Clock) -> None:
    for n, minutes in enumerate((10, 20, 30)):
        promise(kind=Kind.CALLBACK, subject=f"callback:{n}", minutes=minutes)
    time.on(minutes=20)
    subjects = [f"callback:{n}" for n in range(3)]
    assert ledger.settle_many(kind=Kind.CALLBACK, subjects=subjects, state=State.BROKEN) == 2
    assert ledger.settle_many(kind=Kind.CALLBACK, subjects=subjects, state=State.KEPT) == 1
    assert queries.tally(kinds=[Kind.CALLBACK]) == Tally(kept=1, late=0, broken=2, open=0)


def test_a_promise_moves_with_its_case_unless_the_other_has_its_own(time: Clock) -> None:
    promise(kind=Kind.PERSONAL, subject="conversation:a")
    assert ledger.move(kind=Kind.PERSONAL, source="conversation:a", target="conversation:b")
    promise(kind=Kind.PERSONAL, subject="conversation:c", minutes=5)
    assert not ledger.move(kind=Kind.PERSONAL, source="conversation:c", target="conversation:b")
    assert [each.subject for each in queries.open_promises()] == ["conversation:b"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [({"minutes": 0}, "past"), ({"about": " \n"}, "what is promised"), ({"minutes": 60 * 24 * 365 * 4}, "three years")],
)
def test_what_cannot_be_promised_is_said_in_one_sentence(time: Clock, wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        promise(**wrong)
