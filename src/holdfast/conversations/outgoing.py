"""For the room that carries messages out: what may leave, and how much of it was automatic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from holdfast.conversations.models import Message

_AUTOMATIC = ("assistant", "system")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A public message that may have to leave by a channel. `automatic`: no person wrote it."""

    message_id: UUID
    conversation_id: UUID
    customer_id: UUID | None
    automatic: bool


def outgoing(message_ids: Sequence[UUID]) -> list[Outgoing]:
    """Return the public messages among `message_ids`. Notes never leave."""
    rows = Message.objects.filter(pk__in=message_ids, internal=False).values_list(
        "pk", "conversation_id", "conversation__customer_id", "author"
    )
    return [Outgoing(pk, cid, customer, author in _AUTOMATIC) for pk, cid, customer, author in rows]


def automatic_counts(customer_ids: Sequence[UUID], *, since: datetime) -> dict[UUID, int]:
    """Return how often something that no person wrote was meant to reach each customer since a moment.

    Of the system's lines only those that left count: in a chat they stand on the screen.
    """
    written = Q(author="assistant") | Q(author="system", internal=False, deliveries__isnull=False)
    counted = (
        Message.objects.filter(written, conversation__customer_id__in=customer_ids, created_at__gte=since)
        .values_list("conversation__customer_id")
        .annotate(Count("pk", distinct=True))
    )
    return dict(counted)
