"""Deliveries go with the conversation whose words they carried."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from holdfast.kit.removing import remove
from holdfast.notify.models import Delivery

_THEIRS = """
SELECT d.id FROM notify_delivery d JOIN conversations_message m ON m.id = d.message_id WHERE m.conversation_id = ANY(%s)
"""


def on_their_way() -> QuerySet[Delivery, UUID]:
    """Return ids of conversations of which something is still to be sent."""
    waiting = Delivery.objects.filter(state__in=[Delivery.State.PENDING, Delivery.State.SENDING])
    return waiting.values_list("message__conversation_id", flat=True)


def forget_deliveries(conversation_ids: Sequence[UUID]) -> int:
    """Delete what was sent to customers of these conversations, with its addresses; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_THEIRS, [list(conversation_ids)])
        return remove(Delivery, [row[0] for row in cursor.fetchall()])
