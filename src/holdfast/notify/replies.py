"""Answers that also leave: the conversation's verb and its delivery in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from holdfast.conversations import messages
from holdfast.conversations.errors import Refused
from holdfast.conversations.models import Message
from holdfast.notify import held
from holdfast.notify.deliveries import announce, enqueue
from holdfast.notify.models import HeldBack
from holdfast.people.queries import employers_of, leads


@transaction.atomic
def reply(
    *,
    conversation_id: UUID,
    by: int,
    text: str,
    client_key: str,
    attachments: Sequence[Mapping[str, Any]] = (),
    version: int | None = None,
) -> Message:
    """Answer the customer where they wrote. As `conversations.messages.post_reply`, whose errors it raises."""
    message = messages.post_reply(
        conversation_id=conversation_id,
        by=by,
        text=text,
        client_key=client_key,
        attachments=attachments,
        version=version,
    )
    enqueue(message.pk)
    announce(held.looked_at(conversation_id=conversation_id, by=by))
    return message


@transaction.atomic
def reply_as_held(*, message_id: UUID, by: int) -> Message:
    """Answer with what was held back, word for word and with its files, in one's own name: the second look is this.

    Only somebody who leads, of another organisation than whoever wrote it; everybody else writes a reply of their own.
    Raises `NotFound`, `Refused`.
    """
    waiting = HeldBack.objects.select_for_update(of=("self",)).filter(delivery__message_id=message_id, looked_at=None)
    row = waiting.select_related("delivery__message").first()
    if row is None:
        raise Refused("Somebody has answered this customer meanwhile.")
    written: Message = row.delivery.message
    employers = employers_of({by, written.agent_id or 0})
    if not leads(by) or employers.get(by) == employers.get(written.agent_id or 0):
        raise Refused(
            "A lead of another organisation than whoever wrote this sends it as it is. Answer in words of your own."
        )
    files = list(written.attachments.values("name", "type", "size", "digest", "refused"))
    return reply(
        conversation_id=written.conversation_id,
        by=by,
        text=written.text,
        client_key=f"held:{message_id}",
        attachments=files,
    )


@transaction.atomic
def assistant_reply(*, conversation_id: UUID, text: str, details: Mapping[str, Any]) -> Message:
    """Let the assistant answer where the customer wrote. As `conversations.messages.post_assistant`."""
    message = messages.post_assistant(conversation_id=conversation_id, text=text, details=details)
    enqueue(message.pk)
    return message
