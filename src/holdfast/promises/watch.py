"""The watch over open promises, a part of the worker: owners are told ahead, at the time, and what broke is broken.

Every worker may run one. An advisory lock lets one of them look at a time; it goes with its connection when a worker
dies. What is told is a row that exists once, so a restart repeats nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import connection, transaction

from holdfast.kit import outbox
from holdfast.kit.clock import now
from holdfast.promises import ledger, timing
from holdfast.promises.contract import Kind, PromiseView, State
from holdfast.promises.models import Notice, Promise
from holdfast.promises.queries import shown

Hold = Callable[[PromiseView], bool]
"""Sends a prepared text in place of a word that is due, and renews the promise by it; tells whether it did."""

_log = structlog.get_logger(__name__)
_EVERY = 1.0  # seconds
_AFTER_A_FAULT = 2.0  # seconds
_AGAIN = timedelta(seconds=15)  # until a text is looked for again where there was none
_BATCH = 500
_LOCK = 0x70726F6D  # an advisory lock: one watch looks at a time


def run(stop: threading.Event, *, hold: Mapping[Kind, Hold] | None = None) -> None:
    """Look after open promises every second until `stop` is set."""
    watch = Watch(hold or {})
    while not stop.is_set():
        try:
            watch.look()
        except Exception as error:
            _log.exception("promises_watch_failed", error=type(error).__name__)
            with suppress(Exception):
                connection.close()
            stop.wait(_AFTER_A_FAULT)
        else:
            stop.wait(_EVERY)


class Watch:
    """One watch. It remembers only when it last looked for a prepared text."""

    def __init__(self, hold: Mapping[Kind, Hold]) -> None:
        self._hold = dict(hold)
        self._tried: dict[UUID, datetime] = {}

    def look(self) -> int:
        """Send prepared texts that are due, break what is over, give the notices that are due; return how many.

        Does nothing while another watch looks.
        """
        with _alone() as alone:
            if not alone:
                return 0
            held = self._send_prepared()
            return held + _break() + _give_notices()

    def _send_prepared(self) -> int:
        # Before anything is broken: a worker that slept over the time makes a promise late rather than broken.
        # No row is locked while the text goes out, or whoever publishes at this moment could wait for us and we for
        # them; the text's own room locks what it needs, and only one watch looks at a time.
        moment, sent = now(), 0
        rows = Promise.objects.filter(kind__in=list(self._hold), state=State.OPEN, due__lte=moment + timing.HOLD_AHEAD)
        for promise in rows.order_by("due")[:_BATCH]:
            last = self._tried.get(promise.pk)
            if last is not None and last <= moment < last + _AGAIN:  # a clock that was put back does not delay us
                continue
            self._tried[promise.pk] = moment
            sent += self._send(promise)
        self._tried = {key: at for key, at in self._tried.items() if abs(moment - at) < 4 * _AGAIN}
        return sent

    def _send(self, promise: Promise) -> bool:
        try:
            with transaction.atomic():
                if not self._hold[Kind(promise.kind)](shown(promise)):
                    return False
                _note(promise, Notice.Kind.HELD, 0)
        except Exception as error:  # people are told at the time all the same
            _log.exception("prepared_text_failed", promise=str(promise.pk), error=type(error).__name__)
            return False
        return True


def _break() -> int:
    return ledger.break_overdue(before=now(), limit=_BATCH)


@transaction.atomic
def _give_notices() -> int:
    moment = now()
    open_ones = Promise.objects.select_for_update(skip_locked=True).filter(state=State.OPEN, look_at__lte=moment)
    given = 0
    for promise in open_ones.order_by("look_at", "id")[:_BATCH]:
        told = _told(promise)
        step = timing.step(Kind(promise.kind), due=promise.due, at=moment, told=told)
        if step is not None:
            given += _note(promise, Notice.Kind.DUE if step.due else Notice.Kind.AHEAD, step.minutes)
            told.append(step.minutes)
        promise.look_at = timing.look_at(Kind(promise.kind), due=promise.due, told=told)
        promise.save(update_fields=["look_at"])
    return given


def _told(promise: Promise) -> list[int]:
    kinds = [Notice.Kind.AHEAD, Notice.Kind.DUE]
    return list(Notice.objects.filter(promise=promise, kind__in=kinds).values_list("minutes", flat=True))


def _note(promise: Promise, kind: Notice.Kind, minutes: int) -> bool:
    _, new = Notice.objects.get_or_create(promise=promise, kind=kind, minutes=minutes, defaults={"at": now()})
    if new:
        outbox.publish([(ledger.TOPIC, {"kind": "notice", "of": promise.kind, "promise": str(promise.pk)})])
    return new


@contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        got = bool(cursor.fetchone()[0])
    try:
        yield got
    finally:
        if got:
            with suppress(Exception), connection.cursor() as cursor:  # a dead connection has given it back itself
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
