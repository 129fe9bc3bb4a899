"""Places in line. The joining time is kept when a case moves, and so is its band. `line.py` has the order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from holdfast.conversations.changes import done, locked
from holdfast.conversations.errors import Refused
from holdfast.conversations.line import CALM, Rank, before, lengths
from holdfast.conversations.models import Conversation, Place
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a conversation stands now: `place` 1 is next. `waiting` counts the whole line, itself included."""

    place: int
    joined_as: int
    joined_at: datetime
    waiting: int


@dataclass(frozen=True, slots=True)
class ToJoin:
    conversation_id: UUID
    queue_id: int
    at: datetime
    rank: Rank = CALM


@transaction.atomic
def join(*, conversation_id: UUID, queue_id: int, at: datetime) -> Place:
    """Stand in the line of `queue_id` since `at`. Standing there already changes nothing.

    Raises `NotFound`, and `Refused` when a person has the conversation or it is not open.
    """
    conversation = locked(conversation_id)
    if conversation.state != Conversation.State.OPEN or conversation.assignee_id is not None:
        raise Refused("Only an open conversation that nobody has can stand in line.")
    place = open_place(conversation_id)
    if place is not None and place.queue_id == queue_id:
        return place
    joined = move(conversation, queue_id=queue_id, at=at)
    done(conversation, kind="line", chat="line")
    return joined


@transaction.atomic
def leave(*, conversation_id: UUID, because: str) -> None:
    """Leave the line. Not standing in one changes nothing. Raises `NotFound`."""
    conversation = locked(conversation_id)
    if step_out(conversation, because=because):
        done(conversation, kind="line", chat="line")


def standing(*, conversation_id: UUID) -> Standing | None:
    """Return where the conversation stands now, `None` when it is in no line."""
    place = open_place(conversation_id)
    if place is None:
        return None
    ahead, waiting = before(place)
    return Standing(ahead + 1, place.joined_as, place.joined_at, waiting)


def join_many(joins: Sequence[ToJoin]) -> None:
    """Put many conversations in line with one statement per step; the caller holds them and publishes the events.

    Who stands already stays where they are.
    """
    if not joins:
        return
    ordered = sorted(joins, key=lambda each: (each.at, each.conversation_id))
    ids = [each.conversation_id for each in ordered]
    queues = [each.queue_id for each in ordered]
    waiting = lengths(sorted(set(queues)))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO conversations_place"
            " (id, conversation_id, queue_id, joined_at, band, fair_at, joined_as, left_because)"
            " SELECT id, conversation_id, queue_id, joined_at, band, coalesce(fair_at, joined_at),"
            "  length + row_number() OVER (PARTITION BY queue_id ORDER BY joined_at, id), ''"
            " FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[], %s::timestamptz[], %s::int[], %s::timestamptz[],"
            "  %s::int[])"
            "  AS new(id, conversation_id, queue_id, joined_at, band, fair_at, length)"
            " ON CONFLICT (conversation_id) WHERE left_at IS NULL DO NOTHING",
            [
                [uuid7() for _ in ids],
                ids,
                queues,
                [each.at for each in ordered],
                [each.rank.band for each in ordered],
                [each.rank.fair_at for each in ordered],
                [waiting[queue_id] for queue_id in queues],
            ],
        )
    file_many(dict(zip(ids, queues, strict=True)))


def file_many(queues: Mapping[UUID, int]) -> None:
    """Say which queue each conversation belongs to, in one statement, without putting it in line."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE conversations_conversation AS conversation SET queue_id = new.queue_id"
            " FROM unnest(%s::uuid[], %s::bigint[]) AS new(id, queue_id) WHERE conversation.id = new.id"
            " AND conversation.queue_id IS DISTINCT FROM new.queue_id",
            [list(queues), list(queues.values())],
        )


def open_place(conversation_id: UUID) -> Place | None:
    """Return the place the conversation has now."""
    return Place.objects.filter(conversation_id=conversation_id, left_at=None).first()


def step_out(conversation: Conversation, *, because: str) -> Place | None:
    """Inside a verb: end the place of a locked conversation and return it."""
    place = open_place(conversation.pk)
    if place is not None:
        place.left_at = now()
        place.left_because = because
        place.save(update_fields=["left_at", "left_because"])
    return place


def step_in(conversation: Conversation, *, since: datetime | None = None) -> Place | None:
    """Inside a verb: give a locked conversation a place when a customer waits in it and nobody has it.

    It stands since the customer began to wait, or since `since` when that is earlier.
    """
    waits = conversation.waiting_since is not None and conversation.queue_id is not None
    if not waits or conversation.state != Conversation.State.OPEN or conversation.assignee_id is not None:
        return None
    at = min(filter(None, (conversation.waiting_since, since)), default=now())
    standing_now = open_place(conversation.pk)
    if standing_now is not None and standing_now.joined_at <= at:
        return standing_now
    return move(conversation, queue_id=conversation.queue_id or 0, at=at)


def move(conversation: Conversation, *, queue_id: int, at: datetime) -> Place:
    """Inside a verb: stand in the line of `queue_id` since `at`, or since an earlier place that ends with this."""
    left = step_out(conversation, because="moved")
    conversation.queue_id = queue_id
    joined_at = min(at, left.joined_at) if left else at
    # Who stood in the order of arrival does so with the earlier time; who was given a fair time keeps that.
    fair_at = left.fair_at if left and left.fair_at != left.joined_at else joined_at
    place = Place(
        conversation=conversation,
        queue_id=queue_id,
        joined_at=joined_at,
        band=left.band if left else 0,
        fair_at=fair_at,
    )
    place.joined_as = before(place)[0] + 1
    place.save(force_insert=True)
    return place
