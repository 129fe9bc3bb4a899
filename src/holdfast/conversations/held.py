"""What somebody has in hand, and giving it up when they leave."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from holdfast.conversations.assignments import assign, to_line
from holdfast.conversations.errors import Refused, Stale
from holdfast.conversations.models import Callback, Conversation
from holdfast.people.queries import absent

_IN_HAND = [Conversation.State.OPEN, Conversation.State.SNOOZED]


@dataclass(frozen=True, slots=True)
class Held:
    """Numbers of cases: all that are not closed, those where a customer waits, snoozed, with a booked callback."""

    cases: int
    waiting: int
    snoozed: int
    promised: int


@dataclass(frozen=True, slots=True)
class InHand:
    """One case in somebody's hands; `waiting_since` when its customer waits for an answer."""

    conversation_id: UUID
    number: int
    agent_id: int
    queue_id: int | None
    waiting_since: datetime | None


def held_by(*agent_ids: int) -> Held:
    """Count what some agents have in hand together. One query."""
    counted = _of(*agent_ids).aggregate(
        cases=Count("id", distinct=True),
        waiting=Count("id", filter=Q(state=Conversation.State.OPEN, waiting_since__isnull=False), distinct=True),
        snoozed=Count("id", filter=Q(state=Conversation.State.SNOOZED), distinct=True),
        promised=Count("id", filter=Q(callbacks__state=Callback.State.BOOKED), distinct=True),
    )
    return Held(**counted)


def give_up(*, agent_id: int, to: int | None, by: int | None) -> int:
    """Give all that an agent has in hand to somebody else, or with `None` back to its lines; return how many.

    In a line each stands by when its customer began to wait, and a booked callback stays booked. Each case is a
    transaction of its own; one that changes hands meanwhile is left to who has it then. Raises `Refused` when `to`
    does not answer customers: then what came before has gone to them and the rest has not.
    """
    return _pass_on(_of(agent_id), to=to, by=by)


def in_hand(agent_ids: Collection[int], *, limit: int) -> list[InHand]:
    """Return cases that these agents have in hand, who has waited longest first, at most `limit`."""
    rows = _of(*agent_ids).order_by("waiting_since", "id")
    return [
        InHand(*row) for row in rows.values_list("id", "number", "assignee_id", "queue_id", "waiting_since")[:limit]
    ]


def give_up_all(*, agent_ids: Collection[int], to_queue: int | None, limit: int | None = None) -> int:
    """Give what these agents have in hand to the line of `to_queue`, with `None` to each case's own; return how many.

    Who has waited longest goes first, and stands there by that. Each case is a transaction of its own; one that changes
    hands meanwhile is left to who has it then.
    """
    return _pass_on(_of(*agent_ids), to=None, by=None, limit=limit, to_queue=to_queue)


def give_up_of_absent(*, limit: int = 500) -> int:
    """Give back to its lines what is with somebody who cannot answer any more; return how many, at most `limit`."""
    return _pass_on(_of(*absent()), to=None, by=None, limit=limit)


def _of(*agent_ids: int) -> QuerySet[Conversation]:
    return Conversation.objects.filter(assignee_id__in=agent_ids, state__in=_IN_HAND, merged_into=None)


def _pass_on(
    cases: QuerySet[Conversation],
    *,
    to: int | None,
    by: int | None,
    limit: int | None = None,
    to_queue: int | None = None,
) -> int:
    passed = 0
    for conversation_id, epoch in list(cases.order_by("waiting_since", "id").values_list("id", "epoch")[:limit]):
        passed += _passed(conversation_id, epoch=epoch, to=to, by=by, to_queue=to_queue)
    return passed


def _passed(conversation_id: UUID, *, epoch: int, to: int | None, by: int | None, to_queue: int | None) -> bool:
    try:
        if to_queue is not None:
            to_line(conversation_id=conversation_id, queue_id=to_queue, epoch=epoch)
        else:
            assign(conversation_id=conversation_id, to=to, by=by, epoch=epoch)
    except Stale:
        return False
    except Refused:
        if Conversation.objects.filter(pk=conversation_id, epoch=epoch, state__in=_IN_HAND, merged_into=None).exists():
            raise
        return False
    return True
