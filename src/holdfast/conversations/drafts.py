"""What an agent has typed and not sent. No event, no version: a draft is nobody else's business."""

from __future__ import annotations

from uuid import UUID

from holdfast.conversations.models import Draft
from holdfast.kit.clock import now

LONGEST = 100_000  # characters


def save(*, conversation_id: UUID, agent_id: int, text: str, internal: bool = False) -> Draft | None:
    """Keep the draft; one reply and one note per agent and conversation. An empty text discards it."""
    text = text.replace("\x00", "")[:LONGEST]
    if not text.strip():
        discard(conversation_id=conversation_id, agent_id=agent_id, internal=internal)
        return None
    draft = Draft(conversation_id=conversation_id, agent_id=agent_id, internal=internal, text=text, updated_at=now())
    Draft.objects.bulk_create(
        [draft],
        update_conflicts=True,
        unique_fields=["conversation", "agent", "internal"],
        update_fields=["text", "updated_at"],
    )
    return draft


def discard(*, conversation_id: UUID, agent_id: int, internal: bool = False) -> None:
    """Forget the draft."""
    Draft.objects.filter(conversation_id=conversation_id, agent_id=agent_id, internal=internal).delete()


def draft_of(*, conversation_id: UUID, agent_id: int, internal: bool = False) -> Draft | None:
    """Return the agent's draft for this conversation."""
    return Draft.objects.filter(conversation_id=conversation_id, agent_id=agent_id, internal=internal).first()
