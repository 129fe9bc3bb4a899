"""Turns as rows: begun in the batch's transaction, claimed for a while, ended once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from holdfast.assistant.models import Turn
from holdfast.conversations.bulk import insert
from holdfast.kit.clock import now

LEASE = timedelta(seconds=15)
_CLAIM = """
UPDATE assistant_turn SET claimed_until = %(until)s, attempt = attempt + 1
WHERE id IN (
    SELECT id FROM assistant_turn WHERE ended_at IS NULL AND deadline > %(now)s AND steps < %(most)s
        AND (claimed_until IS NULL OR claimed_until <= %(now)s)
    ORDER BY created_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
) RETURNING id, conversation_id, work, arguments, version, since, attempt, deadline
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToBegin:
    """Work to begin in a locked conversation, of which it knows `version`. Its customer waits since `since`."""

    conversation_id: UUID
    channel: str
    work: str
    version: int
    since: datetime
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A turn that this worker may do, until its lease is over or another attempt begins."""

    id: UUID
    conversation_id: UUID
    work: str
    arguments: Mapping[str, Any]
    version: int
    since: datetime
    attempt: int
    deadline: datetime


def patience(channel: str) -> timedelta:
    """Return how long nothing may be sent on a channel before people see the conversation."""
    written = channel in {"email", "web"}
    return timedelta(seconds=settings.ASSISTANT_DEADLINE_MAIL if written else settings.ASSISTANT_DEADLINE_CHAT)


def begin_many(works: Sequence[ToBegin]) -> None:
    """Begin turns, in the caller's transaction. The caller made sure that none is under way there."""
    moment = now()
    insert(
        [
            Turn(
                conversation_id=each.conversation_id,
                work=each.work,
                arguments=dict(each.arguments),
                version=each.version,
                since=each.since,
                created_at=moment,
                deadline=moment + patience(each.channel),
            )
            for each in works
        ]
    )


def claim(limit: int) -> list[Claimed]:
    """Take up to `limit` turns that are due, oldest first; two workers never get the same one."""
    moment = now()
    given: dict[str, Any] = {"now": moment, "until": moment + LEASE, "most": Turn.MOST_STEPS, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, given)
        return sorted((_claimed(row) for row in cursor.fetchall()), key=lambda turn: turn.id)


def waiting() -> int:
    """Return how many turns nobody has claimed."""
    return Turn.objects.filter(ended_at=None, claimed_until=None).count()


def overdue(limit: int) -> list[UUID]:
    """Return turns whose deadline is past, the longest past first."""
    rows = Turn.objects.filter(ended_at=None, deadline__lte=now()).order_by("deadline")
    return list(rows.values_list("id", flat=True)[:limit])


def open_turns(conversation_ids: Collection[UUID]) -> list[UUID]:
    """Return those conversations in which a turn is under way."""
    rows = Turn.objects.filter(conversation_id__in=list(conversation_ids), ended_at=None)
    return list(rows.values_list("conversation_id", flat=True))


def end_turns(conversation_ids: Iterable[UUID], *, outcome: str) -> int:
    """End what is under way in these locked conversations; a worker that is busy with it sends nothing any more."""
    rows = Turn.objects.filter(conversation_id__in=list(conversation_ids), ended_at=None)
    return rows.update(ended_at=now(), outcome=Turn.Outcome(outcome))


def _claimed(row: Sequence[Any]) -> Claimed:
    id_, conversation_id, work, arguments, *rest = row
    return Claimed(id_, conversation_id, work, json.loads(arguments), *rest)
