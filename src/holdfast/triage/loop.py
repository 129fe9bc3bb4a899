"""The worker's loop: claim, process, wait for the door's notice or a second."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

import psycopg
import structlog
from django.db import connection
from prometheus_client import Counter, Histogram

from holdfast.assistant import respond
from holdfast.intake.receipts import claim
from holdfast.triage.batch import process

log = structlog.get_logger(__name__)

BATCH = 250
LEASE = timedelta(seconds=60)
CHANNEL = "holdfast_intake"
_WAIT = 1.0  # seconds; a notice that was missed costs no more than this

_triaged = Counter("holdfast_contacts_triaged", "Contacts claimed and processed.")
_seconds = Histogram("holdfast_triage_batch_seconds", "One batch of contacts, from claim to commit.")


def run(stop: threading.Event, *, batch: int = BATCH, lease: timedelta = LEASE) -> None:
    """Triage until `stop` is set. Troubles of the database are waited out; nothing else gets this far."""
    listening: psycopg.Connection[Any] | None = None
    try:
        _warm_up()
        while not stop.is_set():
            try:
                if listening is None or listening.closed:
                    listening = _listen()
                if not once(batch=batch, lease=lease):
                    _wait(listening, stop)
            except Exception as error:
                log.exception("triage_failed", error=type(error).__name__)
                _drop(listening)
                listening = None
                stop.wait(_WAIT)
    finally:
        _drop(listening)


def _warm_up() -> None:
    try:
        respond.warm()
    except Exception as error:  # without the assistant everything goes to people
        log.exception("assistant_not_ready", error=type(error).__name__)


def once(*, batch: int = BATCH, lease: timedelta = LEASE) -> int:
    """Claim and process one batch; return how many contacts it had."""
    started = time.perf_counter()
    contacts = claim(batch, lease)
    if contacts:
        process(contacts)
        _triaged.inc(len(contacts))
        _seconds.observe(time.perf_counter() - started)
    return len(contacts)


def _listen() -> psycopg.Connection[Any]:
    """Listen on a connection of its own: Django's is busy with transactions."""
    settings = connection.get_connection_params()
    keep = {name: settings[name] for name in settings.keys() - {"cursor_factory", "context", "prepare_threshold"}}
    listening = psycopg.connect(**keep, autocommit=True)
    listening.execute(f"LISTEN {CHANNEL}")
    return listening


def _wait(listening: psycopg.Connection[Any], stop: threading.Event) -> None:
    until = time.monotonic() + _WAIT
    while not stop.is_set() and time.monotonic() < until:
        # Short turns, so that stopping does not take a second.
        for _ in listening.notifies(timeout=min(0.2, max(0.0, until - time.monotonic())), stop_after=1):
            return


def _drop(listening: psycopg.Connection[Any] | None) -> None:
    with suppress(Exception):
        connection.close()
    if listening is not None:
        with suppress(Exception):
            listening.close()
