"""Making, renewing, keeping and giving up promises. Each verb may be called inside the caller's transaction.

At most one promise of a kind is open towards a subject. It is never lengthened: whoever needs more time says so to
those it was promised to, before it is due, and by that keeps it and makes the next one (`renew`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from holdfast.kit import outbox
from holdfast.kit.clock import now
from holdfast.promises import timing, told
from holdfast.promises.contract import Kind, State
from holdfast.promises.errors import NotFound, Refused
from holdfast.promises.models import Mend, Notice, Promise, Shortening

TOPIC = "promise"
LONGEST = timedelta(days=3 * 366)


@transaction.atomic
def make(*, kind: Kind, subject: str, about: str, due: datetime, owner: int | None, by: int | None) -> UUID:
    """Promise something by `due`. Returns the promise's id.

    Raises `Refused` when the time is past or absurdly far, or when one of this kind is open towards the subject.
    """
    moment = now()
    _proper(about=about, due=due, at=moment)
    return _make(kind=kind, subject=subject, about=about, due=due, owner=owner, by=by, at=moment)


@transaction.atomic
def renew(*, kind: Kind, subject: str, about: str, due: datetime, owner: int | None, by: int | None) -> UUID:
    """Word went out that names the next time: it keeps the promise of the one before and makes a new one.

    The one before is kept or late by now; one that was broken is mended. Returns the new promise's id. Raises `Refused`
    as `make` does, and then the one before stands as it stood.
    """
    moment = now()
    _proper(about=about, due=due, at=moment)
    keep(kind=kind, subject=subject, by=by, at=moment)
    return _make(kind=kind, subject=subject, about=about, due=due, owner=owner, by=by, at=moment)


@transaction.atomic
def shorten(*, promise_id: UUID, due: datetime, by: int | None) -> None:
    """Promise it earlier. The same time changes nothing. Raises `NotFound`; `Refused` for a later time or one past."""
    promise = _open(promise_id)
    if due == promise.due:
        return
    if due > promise.due:
        raise Refused(
            f"This was promised for {promise.due:%Y-%m-%d %H:%M} UTC and a promise is not made longer. To name a later"
            " time, say so to those it was promised to before it is due."
        )
    moment = now()
    if due <= moment:
        raise Refused("That time is past. Choose one that lies ahead.")
    Shortening.objects.create(promise=promise, was=promise.due, due=due, at=moment, by_id=by)
    told = Notice.objects.filter(promise=promise).exclude(kind=Notice.Kind.HELD).values_list("minutes", flat=True)
    promise.due, promise.look_at = due, timing.look_at(Kind(promise.kind), due=due, told=list(told))
    promise.save(update_fields=["due", "look_at"])
    _tell("shortened", [promise])


def lengthen(*, promise_id: UUID, due: datetime, by: int | None, why: str) -> None:
    """Refuse: there is no such thing. An earlier or the same time is `shorten`."""
    raise Refused(
        "A promise is never made longer in silence. Publish word before it is due that says so and names the next time."
    )


@transaction.atomic
def hand_over(*, promise_id: UUID, owner: int) -> None:
    """Let somebody else answer for an open promise. Raises `NotFound`."""
    promise = _open(promise_id)
    promise.owner_id = owner
    promise.save(update_fields=["owner"])
    _tell("owner", [promise])


@transaction.atomic
def keep(*, kind: Kind, subject: str, by: int | None, at: datetime | None = None) -> State | None:
    """Write down that it was done, `at` a time not in the future: kept when not after its time, else late.

    One that was broken is mended and stays broken. Returns what it ended as, or nothing when none was open or broken.
    """
    moment = now()
    done_at = min(at or moment, moment)
    promise = Promise.objects.select_for_update().filter(kind=kind, subject=subject, state=State.OPEN).first()
    if promise is None:
        return State.BROKEN if _mend(kind=kind, subject=subject, at=done_at, by=by) else None
    _settle(promise, State.KEPT if done_at <= promise.due else State.LATE, at=done_at, by=by)
    _mend(kind=kind, subject=subject, at=done_at, by=by)
    return State(promise.state)


@transaction.atomic
def cancel(*, kind: Kind, subject: str, why: str, by: int | None) -> bool:
    """Give an open promise up, with its reason in one line. Returns whether one was open."""
    why = _line(why)
    if not why or len(why) > 280:
        raise Refused("Say in one line, at most 280 characters, why the promise is given up.")
    promise = Promise.objects.select_for_update().filter(kind=kind, subject=subject, state=State.OPEN).first()
    if promise is None:
        return False
    promise.why = why
    _settle(promise, State.CANCELLED, at=now(), by=by)
    return True


@transaction.atomic
def mend(*, promise_id: UUID, by: int | None, at: datetime | None = None) -> None:
    """Write down that a broken promise was done after all. Twice changes nothing. Raises `NotFound`."""
    promise = Promise.objects.filter(pk=promise_id, state=State.BROKEN).first()
    if promise is None:
        raise NotFound(promise_id)
    moment = now()
    _mend_all([promise], at=min(at or moment, moment), by=by)


@transaction.atomic
def put_away(*, notice_id: int, owner: int) -> bool:
    """Show a notice about a promise of one's own no more. Tells whether there was one."""
    rows = Notice.objects.filter(pk=notice_id, seen_at=None, promise__owner_id=owner)
    promises = list(Promise.objects.filter(notices__in=rows))
    put = rows.update(seen_at=now())
    _tell("notice", promises)
    return bool(put)


@transaction.atomic
def break_overdue(*, before: datetime, limit: int = 500) -> int:
    """Write down as broken what is open although its time and the grace of its kind were over at `before`.

    Callbacks are left to their own room. Returns how many.
    """
    open_ones = Promise.objects.select_for_update(skip_locked=True).filter(state=State.OPEN, due__lt=before)
    rows = open_ones.exclude(kind=Kind.CALLBACK).order_by("due")[:limit]
    over = [each for each in rows if timing.over(Kind(each.kind), due=each.due, at=before)]
    for promise in over:
        _settle(promise, State.BROKEN, at=max(now(), promise.due), by=None)
    Notice.objects.bulk_create(
        [Notice(promise=each, kind=Notice.Kind.BROKEN, at=now()) for each in over], ignore_conflicts=True
    )
    return len(over)


@transaction.atomic
def settle_many(*, kind: Kind, subjects: Sequence[str], state: State, by: int | None = None, why: str = "") -> int:
    """End the open promises of a kind towards many subjects in one statement, for rooms that do so in bulk.

    `KEPT` ends each as kept or late by now, `BROKEN` only those whose time has come. Returns how many ended.
    """
    if not subjects:
        return 0
    moment = now()
    rows = Promise.objects.filter(kind=kind, subject__in=subjects, state=State.OPEN)
    ended = {"settled_at": moment, "noted_at": moment, "settled_by_id": by}
    if state == State.KEPT:
        number = rows.filter(due__gte=moment).update(state=State.KEPT, **ended)
        number += rows.filter(due__lt=moment).update(state=State.LATE, **ended)
    elif state == State.BROKEN:
        number = rows.filter(due__lte=moment).update(state=State.BROKEN, **ended)
    else:
        number = rows.update(state=state, why=_line(why) or "given up", **ended)
    if number:
        told.forget()
        outbox.publish([(TOPIC, {"kind": str(state), "of": str(kind), "number": number})])
    return number


@transaction.atomic
def move(*, kind: Kind, source: str, target: str) -> bool:
    """Let an open promise hold towards another subject, as when two cases become one. One of its own comes first.

    Returns whether it moved; otherwise it is cancelled, for the other one stands.
    """
    if Promise.objects.filter(kind=kind, subject=target, state=State.OPEN).exists():
        cancel(kind=kind, subject=source, why="Another promise of this kind stands.", by=None)
        return False
    return bool(Promise.objects.filter(kind=kind, subject=source, state=State.OPEN).update(subject=target))


def _make(
    *, kind: Kind, subject: str, about: str, due: datetime, owner: int | None, by: int | None, at: datetime
) -> UUID:
    look_at = timing.look_at(kind, due=due, told=())
    promise = Promise(
        kind=kind,
        subject=subject,
        about=_line(about),
        owner_id=owner,
        made_at=at,
        made_by_id=by,
        first_due=due,
        due=due,
        look_at=look_at,
    )
    try:
        with transaction.atomic():
            promise.save(force_insert=True)
    except IntegrityError as error:
        if "one_open_promise_each" not in str(error):
            raise
        raise Refused("There is an open promise of this kind already. Keep it first, or give it up.") from None
    _tell("made", [promise])
    return promise.pk


def _proper(*, about: str, due: datetime, at: datetime) -> None:
    if not _line(about) or len(_line(about)) > 200:
        raise Refused("Say in one line, at most 200 characters, what is promised.")
    if due <= at:
        raise Refused("That time is past. Promise one that lies ahead.")
    if due > at + LONGEST:
        raise Refused("Nobody can promise that far ahead. Choose a time within three years.")


def _open(promise_id: UUID) -> Promise:
    promise = Promise.objects.select_for_update().filter(pk=promise_id, state=State.OPEN).first()
    if promise is None:
        raise NotFound(promise_id)
    return promise


def _settle(promise: Promise, state: State, *, at: datetime, by: int | None) -> None:
    promise.state, promise.settled_at, promise.noted_at, promise.settled_by_id = state, at, now(), by
    promise.save(update_fields=["state", "settled_at", "noted_at", "settled_by", "why"])
    _tell(str(state), [promise])


def _mend(*, kind: Kind, subject: str, at: datetime, by: int | None) -> bool:
    broken = Promise.objects.filter(kind=kind, subject=subject, state=State.BROKEN, mend=None)
    return _mend_all(list(broken), at=at, by=by)


def _mend_all(promises: Sequence[Promise], *, at: datetime, by: int | None) -> bool:
    rows = [Mend(promise=each, at=at, noted_at=now(), by_id=by) for each in promises]
    Mend.objects.bulk_create(rows, ignore_conflicts=True)
    if promises:
        _tell("mended", promises)
    return bool(promises)


def _tell(what: str, promises: Sequence[Promise]) -> None:
    told.forget()
    outbox.publish([(TOPIC, {"kind": what, "of": each.kind, "promise": str(each.pk)}) for each in promises])


def _line(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())
