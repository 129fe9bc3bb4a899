"""Noting which cases pages put before an agent, values masked: once a day, for each way it was shown.

A page is never late or broken for it: what cannot be noted is left out, and said in the log of the process.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import DatabaseError, connection, transaction

from holdfast.guard.cutoff.models import Covered
from holdfast.guard.radius.models import Sighting
from holdfast.kit.clock import now

How = Sighting.How
_log = structlog.get_logger(__name__)
KEPT = timedelta(days=400)
"""Longer than any of the known cases took to come out; what was seen is of use to nobody after that."""
_MOST = 200_000  # remembered in one process, some 30 MB; then it begins anew
# One statement whatever the number: a list of fifty is noted while somebody waits for it.
_INSERT = """
    INSERT INTO guard_radius_sighting (conversation_id, customer_id, day, agent_id, how, first_at)
    SELECT shown.*, %s, %s, %s, %s FROM unnest(%s::uuid[], %s::uuid[]) AS shown ON CONFLICT DO NOTHING
"""
_noted: set[tuple[int, date, UUID, str]] = set()
_lock = threading.Lock()


def note_people(*, agent_id: int, how: How, customers: Iterable[UUID]) -> None:
    """Note that a page showed these customers outside of any case: `note`, with the customer in the case's place."""
    note(agent_id=agent_id, how=how, cases=[(each, each) for each in customers])


def note(*, agent_id: int, how: How, cases: Iterable[tuple[UUID, UUID | None]]) -> None:
    """Note that these cases (each with its customer) were shown to an agent in this way. Cases of nobody are left out.

    What this process noted today already costs no query.
    """
    moment = now()
    day = moment.date()
    new = {
        (agent_id, day, conversation_id, str(how)): customer_id
        for conversation_id, customer_id in cases
        if customer_id is not None and (agent_id, day, conversation_id, str(how)) not in _noted
    }
    if not new:
        return
    shown = [case for _, _, case, _ in new], list(new.values())
    try:
        with _by_itself(), connection.cursor() as cursor:
            cursor.execute(_INSERT, [day, agent_id, str(how), moment, *shown])
    except DatabaseError as error:
        _log.error("sightings_lost", count=len(new), error=type(error).__name__)
        return
    with _lock:
        if len(_noted) > _MOST:
            _noted.clear()
        _noted.update(new)


def _by_itself() -> AbstractContextManager[Any]:
    """Keep a failure from the transaction around this; without one, a statement is a transaction already."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()


def forget() -> int:
    """Delete what was noted longer ago than `KEPT`, but for whose evidence is held; return how many rows."""
    held = Covered.objects.filter(cut__hold_lifted_at=None).values("agent_id")
    gone, _ = Sighting.objects.filter(day__lt=now().date() - KEPT).exclude(agent_id__in=held).delete()
    return gone
