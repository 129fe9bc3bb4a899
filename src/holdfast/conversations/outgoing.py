"""For the room that carries messages out: what may leave, and how much of it was automatic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count

from holdfast.conversations.models import Message


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A public message that may have to leave by a channel."""

    message_id: UUID
    conversation_id: UUID
    customer_id: UUID | None
    automatic: bool


def outgoing(message_ids: Sequence[UUID]) -> list[Outgoing]:
    """Return the public messages among `message_ids`. Notes never leave."""
    rows = Message.objects.filter(pk__in=message_ids, internal=False).values_list(
        "pk", "conversation_id", "conversation__customer_id", "author"
    )
    return [Outgoing(pk, cid, customer, author == "assistant") for pk, cid, customer, author in rows]


def automatic_counts(customer_ids: Sequence[UUID], *, since: datetime) -> dict[UUID, int]:
    """Return how often the assistant has written to each customer since a moment."""
    counted = (
        Message.objects.filter(conversation__customer_id__in=customer_ids, author="assistant", created_at__gte=since)
        .values_list("conversation__customer_id")
        .annotate(Count("pk"))
    )
    return dict(counted)
