"""One answer for many conversations at once, and closing them together. Whoever a person has keeps that person.

The statements are the same whatever the number; a chunk of a few hundred is a good size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from holdfast.conversations.answers import current
from holdfast.conversations.bulk import insert
from holdfast.conversations.changes import announce, preview_of
from holdfast.conversations.models import Callback, Closure, Conversation, Message, Place, Snooze
from holdfast.conversations.promised import closed_many
from holdfast.intake import receipts
from holdfast.kit.clock import now

_ANSWER = """
UPDATE conversations_conversation AS held SET version = version + 1, waiting_since = NULL, last_author = 'agent',
 last_message_at = greatest(%s, last_message_at + interval '1 microsecond'), preview = new.preview
FROM unnest(%s::uuid[], %s::text[]) AS new(id, preview) WHERE held.id = new.id
RETURNING held.id, version, last_message_at
"""
_CLOSE = """
UPDATE conversations_conversation SET state = 'closed', waiting_since = NULL, snoozed_until = NULL,
 version = version + 1 WHERE id = ANY(%s::uuid[])
"""


@dataclass(frozen=True, slots=True)
class Free:
    """A locked, open conversation that is in no person's hands. `promised`: a callback is booked for it."""

    id: UUID
    channel: str
    locale: str
    promised: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdAnswer:
    """An answer in one conversation. The same `key` is never said twice in one."""

    conversation_id: UUID
    text: str
    key: str
    details: Mapping[str, Any] = field(default_factory=dict)


def hold_free(conversation_ids: Sequence[UUID]) -> list[Free]:
    """Lock those open conversations that nobody has and nobody is busy with, until the caller's transaction ends.

    What was merged into another is left out, and so is what somebody has locked: it is for the next time.
    """
    rows = Conversation.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        pk__in=list(conversation_ids), assignee=None, merged_into=None, state__in=["open", "snoozed"]
    )
    held = list(rows.only("id", "channel", "locale").order_by("pk"))
    booked = Callback.objects.filter(conversation__in=held, state=Callback.State.BOOKED)
    promised = set(booked.values_list("conversation_id", flat=True))
    return [Free(each.pk, each.channel, each.locale, each.pk in promised) for each in held]


def answer_many(answers: Sequence[CrowdAnswer], *, by: int, reason: str) -> list[UUID]:
    """Answer conversations that the caller has locked, in a person's name; return the ids of the new messages.

    Nobody waits there any more: receipts become answered for `reason` and the line is left, except where a callback is
    booked, which is still kept. Deliveries are the caller's. Who has an answer with the same key already gets none.
    """
    said = Message.objects.filter(
        conversation_id__in=[each.conversation_id for each in answers], client_key__in={each.key for each in answers}
    )
    before = set(said.values_list("conversation_id", "client_key"))
    fresh = [each for each in answers if (each.conversation_id, each.key) not in before]
    if not fresh:
        return []
    ids = [each.conversation_id for each in fresh]
    with connection.cursor() as cursor:
        cursor.execute(_ANSWER, [now(), ids, [preview_of(each.text) for each in fresh]])
        moments = {id_: (version, at) for id_, version, at in cursor.fetchall()}
    messages = [
        Message(
            conversation_id=each.conversation_id,
            author=Message.Author.AGENT,
            agent_id=by,
            text=each.text,
            client_key=each.key,
            details=dict(each.details),
            version=moments[each.conversation_id][0],
            created_at=moments[each.conversation_id][1],
        )
        for each in fresh
    ]
    insert(messages)
    receipts.settle_conversations(ids, state="answered", reason=reason)
    booked = Callback.objects.filter(conversation_id__in=ids, state=Callback.State.BOOKED)
    _leave_line(set(ids) - set(booked.values_list("conversation_id", flat=True)), because="answered")
    announce(current(ids), kind="message", chat="message")
    return [message.pk for message in messages]


def close_many(conversation_ids: Sequence[UUID], *, by: int | None) -> None:
    """Close conversations that the caller has locked and that nobody has. Receipts are the caller's."""
    ids = list(conversation_ids)
    if not ids:
        return
    moment = now()
    Snooze.objects.filter(conversation_id__in=ids, ended_at=None).update(ended_at=moment)
    _leave_line(set(ids), because="closed")
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, [ids])
    Closure.objects.bulk_create([Closure(conversation_id=each, by_id=by, at=moment) for each in ids])
    closed_many(ids, by=by)
    announce(current(ids), kind="state", chat="state")


def _leave_line(conversation_ids: set[UUID], *, because: str) -> None:
    standing = Place.objects.filter(conversation_id__in=conversation_ids, left_at=None)
    standing.update(left_at=now(), left_because=because)
