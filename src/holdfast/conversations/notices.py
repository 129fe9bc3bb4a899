"""What the house itself writes to a customer first. An answer to it opens the matter, and a person sees it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from holdfast.conversations.changes import announce, preview_of
from holdfast.conversations.closures import shut
from holdfast.conversations.models import Conversation, Message
from holdfast.kit.clock import now


@transaction.atomic
def begin_notice(*, id_: UUID, customer_id: UUID, channel: str, locale: str, subject: str, text: str) -> Message | None:
    """Begin a conversation with a notice and close it: nobody waits. `None` when there is one with this id already."""
    at = now()
    begun = Conversation(
        id=id_,
        customer_id=customer_id,
        channel=channel,
        locale=locale,
        subject=subject[:200],
        preview=preview_of(text),
        last_author=Message.Author.SYSTEM,
        version=1,
        last_message_at=at,
        created_at=at,
    )
    if Conversation.objects.filter(pk=id_).exists():
        return None
    begun.save(force_insert=True)
    message = Message(
        conversation=begun,
        author=Message.Author.SYSTEM,
        text=text,
        details={"kind": "notice"},
        version=1,
        created_at=at,
    )
    message.save(force_insert=True)
    shut(begun, by=None)
    begun.save(update_fields=["state", "waiting_since"])
    announce([begun], kind="state", chat=None)
    return message
