"""Parts of a case by their own id. What they belong to goes through `access_conversation` before anything is shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.apps import apps

from holdfast.conversations.errors import NotFound
from holdfast.conversations.queries import access_conversation

if TYPE_CHECKING:
    from holdfast.conversations.models import Attachment, Conversation, Merge, Message
    from holdfast.people.models import Agent


def _rows(name: str) -> Any:
    """A table of the room below by its name: this room keeps no hold on its classes."""
    return apps.get_model("conversations", name)._default_manager


def access_attachment(agent: Agent, attachment_id: UUID) -> Attachment:
    """Return an attachment of a conversation in reach. Raises `NotFound`."""
    found: Attachment | None = _rows("Attachment").select_related("message").filter(pk=attachment_id).first()
    if found is None:
        raise NotFound(attachment_id)
    access_conversation(agent, found.message.conversation_id)
    return found


def access_merge(agent: Agent, merge_id: int) -> Merge:
    """Return a merge into a conversation in reach. Raises `NotFound`."""
    found: Merge | None = _rows("Merge").select_related("target").filter(pk=merge_id).first()
    if found is None:
        raise NotFound(merge_id)
    access_conversation(agent, found.target_id)
    return found


def message_with_parts(conversation: Conversation, message_id: UUID) -> Message | None:
    """Return one message of `conversation` with what the thread shows of it."""
    messages = conversation.messages.select_related("agent").prefetch_related("attachments", "deliveries")
    return messages.filter(pk=message_id).first()


def answers_since(conversation: Conversation, version: int) -> list[Message]:
    """Return the public answers of people and the assistant that came after `version`, in order."""
    messages = conversation.messages.select_related("agent").prefetch_related("attachments", "deliveries")
    answers = messages.filter(author__in=["agent", "assistant"], internal=False, version__gt=version)
    return list(answers.order_by("created_at", "id"))


def numbers_of(conversation_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return the numbers of conversations, for those who read the log of reveals."""
    return dict(_rows("Conversation").filter(pk__in=set(conversation_ids)).values_list("id", "number"))


def id_of_number(number: int) -> UUID | None:
    """Return the id of the conversation with this number."""
    found: UUID | None = _rows("Conversation").filter(number=number).values_list("id", flat=True).first()
    return found
