"""Conversations that are kept long enough: which they are, and taking them out with all that hangs on them.

What other rooms keep of a conversation goes by their own verbs, or with it where their tables say so (`CASCADE`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from holdfast.conversations.models import Attachment, Callback, Closure, Conversation, FileVerdict, Message


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
    lately = Closure.objects.filter(conversation=OuterRef("pk")).filter(Q(at__gte=before) | Q(reopened_at__gte=before))
    return Conversation.objects.filter(
        ~Exists(lately), state=Conversation.State.CLOSED, last_message_at__lt=before, merged_into=None
    )


def with_callback() -> QuerySet[Callback, UUID]:
    """Return ids of conversations whose customer is still to be called back."""
    return Callback.objects.filter(state=Callback.State.BOOKED).values_list("conversation_id", flat=True)


def with_merged(conversation_ids: Collection[UUID]) -> list[UUID]:
    """Return these and whatever was merged into them, in however many steps."""
    found, new = set(conversation_ids), set(conversation_ids)
    while new:
        parts = Conversation.objects.filter(merged_into__in=new).values_list("pk", flat=True)
        new = set(parts) - found
        found |= new
    return sorted(found)


def belongings(conversation_ids: Sequence[UUID]) -> Belongings:
    """Return what has to be looked after before these go."""
    messages = Message.objects.filter(conversation_id__in=conversation_ids)
    contact_ids = list(messages.values_list("contact_id", flat=True))
    files = Attachment.objects.filter(message__conversation_id__in=conversation_ids).exclude(digest="")
    last: dict[UUID, datetime] = {}
    whose = Conversation.objects.filter(pk__in=conversation_ids, customer__isnull=False)
    for customer_id, at in whose.values_list("customer_id", "last_message_at"):
        if customer_id is not None:
            last[customer_id] = max(at, last.get(customer_id, at))
    return Belongings(
        tuple(each for each in contact_ids if each is not None),
        frozenset(files.values_list("digest", flat=True)),
        len(contact_ids),
        last,
    )


def forget(conversation_ids: Sequence[UUID]) -> int:
    """Delete these conversations with their messages, notes, places, drafts and all else; return how many."""
    Attachment.objects.filter(message__conversation_id__in=conversation_ids).delete()
    Message.objects.filter(conversation_id__in=conversation_ids).delete()
    _, by_table = Conversation.objects.filter(pk__in=conversation_ids).delete()
    return by_table.get(Conversation._meta.label, 0)


def with_files(digests: Collection[str]) -> set[str]:
    """Return those of the digests that an attachment still has. Reads all attachments."""
    return set(Attachment.objects.filter(digest__in=digests).values_list("digest", flat=True))


def forget_verdicts(digests: Collection[str]) -> None:
    """Forget what a virus scanner said of files that are gone."""
    FileVerdict.objects.filter(digest__in=digests).delete()
