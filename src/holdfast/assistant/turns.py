"""The part of the worker that does turns: claimed in small batches, each done in a thread, and never the last resort.

`deadlines` is another part: it puts in line whatever is late, so that nothing that hangs here hides a customer.
"""

from __future__ import annotations

import queue
import threading
import time
from contextlib import suppress

import structlog
from django.db import connection
from prometheus_client import Counter, Gauge

from holdfast.assistant import acting, speaking, working
from holdfast.assistant.turn_rows import Claimed, claim, waiting
from holdfast.assistant.working import Acts

log = structlog.get_logger(__name__)

PLACES = 8
"""Turns at a time and process. One that hangs has its place until its connector gives up."""
_EVERY = 0.2  # seconds between looks; a chat waits so much longer at most
_SWEPT_EVERY = 0.5  # seconds
_AFTER_A_FAULT = 2.0  # seconds

_done = Counter("holdfast_turns", "Turns of the assistant that came to an end here.")
_late = Counter("holdfast_turns_late", "Turns past their deadline, whose conversations were put in line.")
_waiting = Gauge("holdfast_turns_waiting", "Turns that nobody has begun.")


def run(stop: threading.Event, *, acts: Acts = acting, places: int = PLACES) -> None:
    """Do turns until `stop` is set."""
    todo: queue.SimpleQueue[Claimed] = queue.SimpleQueue()
    free = threading.Semaphore(places)
    for number in range(places):
        # Daemons: one that hangs in a connector does not keep the process from stopping.
        place = threading.Thread(target=_place, args=(todo, free, stop, acts), name=f"turn-{number}", daemon=True)
        place.start()
    while not stop.is_set():
        try:
            taken = _hand_out(todo, free)
        except Exception as error:
            log.exception("turns_failed", error=type(error).__name__)
            with suppress(Exception):
                connection.close()
            stop.wait(_AFTER_A_FAULT)
        else:
            if not taken:
                stop.wait(_EVERY)


def once(*, acts: Acts = acting, limit: int = PLACES) -> int:
    """Claim and do one small batch here, one after another; return how many."""
    claimed = claim(limit)
    for turn in claimed:
        working.do(turn, acts=acts)
    return len(claimed)


def deadlines(stop: threading.Event) -> None:
    """Put late conversations in line until `stop` is set: the dead man's switch, which waits for nothing slow."""
    while not stop.is_set():
        try:
            if late := speaking.sweep():
                _late.inc(late)
                log.warning("turns_late", conversations=late)
        except Exception as error:
            log.exception("deadlines_failed", error=type(error).__name__)
            with suppress(Exception):
                connection.close()
        stop.wait(_SWEPT_EVERY)


def _hand_out(todo: queue.SimpleQueue[Claimed], free: threading.Semaphore) -> int:
    """Claim as many turns as there are free places; return how many."""
    room = 0
    while free.acquire(blocking=False):
        room += 1
    claimed: list[Claimed] = []
    try:
        claimed = claim(room) if room else []
        _waiting.set(waiting())
    finally:
        for _ in range(room - len(claimed)):
            free.release()
    for turn in claimed:
        todo.put(turn)
    return len(claimed)


def _place(todo: queue.SimpleQueue[Claimed], free: threading.Semaphore, stop: threading.Event, acts: Acts) -> None:
    while not stop.is_set():
        try:
            turn = todo.get(timeout=1.0)
        except queue.Empty:
            continue
        started = time.perf_counter()
        try:
            working.do(turn, acts=acts)
        except Exception as error:  # the turn stays open; its deadline brings people
            log.exception("turn_fell_over", turn=str(turn.id), error=type(error).__name__)
            with suppress(Exception):
                connection.close()
        finally:
            free.release()
            _done.inc()
            log.debug("turn_done", turn=str(turn.id), seconds=round(time.perf_counter() - started, 3))
    with suppress(Exception):
        connection.close()
