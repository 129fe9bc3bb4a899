"""Conversations that are kept long enough: which they are, and taking them out with all that hangs on them.

What other rooms keep of a conversation goes by their own verbs, or with it where their tables say so (`CASCADE`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest

from holdfast.conversations.models import Attachment, Callback, Closure, Conversation, FileVerdict
from holdfast.kit.removing import found, remove

_BELONGINGS = """
SELECT m.contact_id, (SELECT array_agg(a.digest) FROM conversations_attachment a WHERE a.message_id = m.id)
    FROM conversations_message m WHERE m.conversation_id = ANY(%s)
"""
_WHOSE = """
SELECT customer_id, max(last_message_at) FROM conversations_conversation
    WHERE id = ANY(%s) AND customer_id IS NOT NULL GROUP BY customer_id
"""


@dataclass(frozen=True, slots=True)
class Belongings:
    """What a few conversations have outside of their own tables, and whose they are: customer, last said, each once."""

    contact_ids: tuple[UUID, ...]
    digests: frozenset[str]
    messages: int
    last: dict[UUID, datetime]


def over_since(before: datetime) -> QuerySet[Conversation]:
    """Return conversations that are closed and in which nothing happened since `before`; a reopening counts.

    What was merged into another is no case of its own: it goes with the one it became part of.
    """
    closures = Closure.objects.filter(conversation=OuterRef("pk")).order_by().values("conversation")
    newest = Subquery(closures.annotate(newest=Max(Greatest("at", "reopened_at"))).values("newest"))
    # A value for each row, by its index; whether there is none would be asked of all closures at once, batch by batch.
    return Conversation.objects.alias(newest=Coalesce(newest, F("last_message_at"))).filter(
        newest__lt=before, state=Conversation.State.CLOSED, last_message_at__lt=before, merged_into=None
    )


def with_callback() -> QuerySet[Callback, UUID]:
    """Return ids of conversations whose customer is still to be called back."""
    return Callback.objects.filter(state=Callback.State.BOOKED).values_list("conversation_id", flat=True)


def with_merged(conversation_ids: Collection[UUID]) -> list[UUID]:
    """Return these and whatever was merged into them, in however many steps."""
    whole, new = set(conversation_ids), set(conversation_ids)
    while new:
        new = set(found(Conversation, "merged_into_id", list(new))) - whole
        whole |= new
    return sorted(whole)


def belongings(conversation_ids: Sequence[UUID]) -> Belongings:
    """Return what has to be looked after before these go."""
    with connection.cursor() as cursor:
        cursor.execute(_BELONGINGS, [list(conversation_ids)])
        messages = cursor.fetchall()
        cursor.execute(_WHOSE, [list(conversation_ids)])
        last = dict(cursor.fetchall())
    contact_ids = tuple(contact for contact, _ in messages if contact is not None)
    digests = frozenset(digest for _, files in messages for digest in files or () if digest)
    return Belongings(contact_ids, digests, len(messages), last)


def forget(conversation_ids: Sequence[UUID]) -> int:
    """Delete these conversations with their messages, notes, places, drafts and all else; return how many."""
    return remove(Conversation, conversation_ids)


def with_files(digests: Collection[str]) -> set[str]:
    """Return those of the digests that an attachment still has. Reads all attachments."""
    return set(Attachment.objects.filter(digest__in=digests).values_list("digest", flat=True))


def forget_verdicts(digests: Collection[str]) -> None:
    """Forget what a virus scanner said of files that are gone."""
    FileVerdict.objects.filter(digest__in=digests).delete()
