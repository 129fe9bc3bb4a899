"""Answers that also leave: the conversation's verb and its delivery in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from holdfast.conversations import messages
from holdfast.conversations.models import Message
from holdfast.notify.deliveries import enqueue


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
    return message


@transaction.atomic
def assistant_reply(*, conversation_id: UUID, text: str, details: Mapping[str, Any]) -> Message:
    """Let the assistant answer where the customer wrote. As `conversations.messages.post_assistant`."""
    message = messages.post_assistant(conversation_id=conversation_id, text=text, details=details)
    enqueue(message.pk)
    return message
