"""Events are written in order, in the transaction of what happened, and wake the readers once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from holdfast.kit import outbox

pytestmark = pytest.mark.django_db(transaction=True)


def _listening() -> psycopg.Connection[tuple[object, ...]]:
    settings = connection.get_connection_params()
    keep = {name: settings[name] for name in settings.keys() - {"cursor_factory", "context", "prepare_threshold"}}
    listening = psycopg.connect(**keep, autocommit=True)
    listening.execute(f"LISTEN {outbox.CHANNEL}")
    return listening


def _read(start: outbox.Cursor, number: int) -> Sequence[tuple[outbox.Cursor, str, dict[str, Any]]]:
    """Read as a reader does, who looks again: events wait for whatever transaction is open on the same server."""
    deadline = time.monotonic() + 60
    while len(events := outbox.after(start)) < number and time.monotonic() < deadline:
        time.sleep(0.02)
    return events


def test_events_are_read_as_they_were_written_and_in_order() -> None:
    start = outbox.latest()
    odd = {"words": 'a "quote", a \\ and é', "none": None, "list": [1, {"a": []}]}
    with transaction.atomic():
        outbox.publish([("desk", {"number": number}) for number in range(50)])
        outbox.publish([("chat", odd)])
    events = _read(start, 51)
    assert [payload["number"] for _, _, payload in events[:-1]] == list(range(50))
    assert events[-1][1:] == ("chat", odd)
    assert [cursor.id for cursor, _, _ in events] == sorted(cursor.id for cursor, _, _ in events)


def test_many_events_of_one_transaction_wake_the_readers_once_and_none_never() -> None:
    with _listening() as listening:
        outbox.publish([])
        with transaction.atomic():
            outbox.publish([("desk", {"number": 1}), ("desk", {"number": 2})])
            outbox.publish([("desk", {"number": 3})])
        assert len(list(listening.notifies(timeout=5, stop_after=1))) == 1
        assert list(listening.notifies(timeout=0.2)) == []


def test_what_is_rolled_back_was_never_told() -> None:
    start = outbox.latest()
    with _listening() as listening:
        with transaction.atomic():
            outbox.publish([("desk", {"number": 1})])
            transaction.set_rollback(True)
        assert list(listening.notifies(timeout=0.2)) == []
    assert outbox.after(start) == []


def test_outside_a_transaction_events_are_there_at_once() -> None:
    start = outbox.latest()
    outbox.publish([("desk", {"number": 1}), ("desk", {"number": 2})])
    assert [payload["number"] for _, _, payload in _read(start, 2)] == [1, 2]
