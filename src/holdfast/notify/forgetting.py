"""Deliveries go with the conversation whose words they carried."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from holdfast.notify.models import Delivery, Repeat


def on_their_way() -> QuerySet[Delivery, UUID]:
    """Return ids of conversations of which something is still to be sent."""
    waiting = Delivery.objects.filter(state__in=[Delivery.State.PENDING, Delivery.State.SENDING])
    return waiting.values_list("message__conversation_id", flat=True)


def forget_deliveries(conversation_ids: Sequence[UUID]) -> int:
    """Delete what was sent to customers of these conversations, with its addresses; return how many."""
    Repeat.objects.filter(delivery__message__conversation_id__in=conversation_ids).delete()
    _, by_table = Delivery.objects.filter(message__conversation_id__in=conversation_ids).delete()
    return by_table.get(Delivery._meta.label, 0)
