"""Callbacks that were there before the ledger of promises stand in it; and what is promised ends with its case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module

import pytest
from django.db import connection

from holdfast.conversations.crowds import close_many
from holdfast.conversations.models import Callback, Conversation
from holdfast.conversations.personal import promise
from holdfast.conversations.promised import of
from holdfast.kit.clock import now
from holdfast.promises import ledger, queries
from holdfast.promises.contract import Kind, State

from .conftest import House

InLine = Callable[..., Conversation]
BACKFILL = import_module("holdfast.conversations.migrations.0011_callbacks_in_the_ledger").FORWARD


def callback(
    house: House, case: Conversation, state: str, *, ends_at: datetime, settled_at: datetime | None
) -> Callback:
    return Callback.objects.create(
        conversation=case,
        queue_id=1,
        how="call" if state != "kept" else "write",
        starts_at=ends_at - timedelta(minutes=30),
        ends_at=ends_at,
        state=state,
        booked_at=ends_at - timedelta(hours=2),
        settled_at=settled_at,
        by=house.ana if state == "kept" else None,
    )


@pytest.mark.django_db
def test_callbacks_of_before_stand_in_the_ledger_as_they_ended(house: House, in_line: InLine) -> None:
    ends = now() - timedelta(hours=1)
    before, after = ends - timedelta(minutes=5), ends + timedelta(minutes=5)
    rows = {
        callback(house, in_line(), "booked", ends_at=ends, settled_at=None).pk: State.OPEN,
        callback(house, in_line(), "kept", ends_at=ends, settled_at=before).pk: State.KEPT,
        callback(house, in_line(), "kept", ends_at=ends, settled_at=after).pk: State.LATE,
        callback(house, in_line(), "broken", ends_at=ends, settled_at=after).pk: State.BROKEN,
        callback(house, in_line(), "cancelled", ends_at=ends, settled_at=before).pk: State.CANCELLED,
        callback(house, in_line(), "cancelled", ends_at=ends, settled_at=None).pk: State.CANCELLED,
    }
    with connection.cursor() as cursor:
        cursor.execute(BACKFILL)
    for pk, state in rows.items():
        (written,) = queries.history(f"callback:{pk}")
        assert (written.state, written.due) == (state, ends)
    (open_one,) = queries.open_promises(kinds=[Kind.CALLBACK])
    assert ledger.settle_many(kind=Kind.CALLBACK, subjects=[open_one.subject], state=State.BROKEN) == 1


@pytest.mark.django_db
def test_cases_that_close_together_give_up_what_was_promised_in_them(house: House, in_line: InLine) -> None:
    cases = [in_line() for _ in range(3)]
    for case in cases[:2]:
        promise(conversation_id=case.pk, by=house.ana.pk, due=now() + timedelta(hours=1))
    close_many([case.pk for case in cases], by=house.ana.pk)
    assert [queries.history(of(case.pk))[0].state for case in cases[:2]] == [State.CANCELLED, State.CANCELLED]
