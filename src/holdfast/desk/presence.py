"""Who has a conversation open, and who is writing. Soft: a row older than 30 s means gone.

Heartbeats come every 10 s; only what others would see change is published, never the heartbeat itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction

from holdfast.desk.models import Presence
from holdfast.desk.screens import PresenceView
from holdfast.kit import outbox
from holdfast.kit.clock import now

LIFE = timedelta(seconds=30)
_PRESENT = """
    SELECT presence.conversation_id, presence.agent_id, agent.name, presence.typing
    FROM desk_presence AS presence JOIN people_agent AS agent ON agent.id = presence.agent_id
    WHERE presence.conversation_id = ANY(%s) AND presence.at > %s AND presence.agent_id <> %s
    ORDER BY presence.typing DESC, agent.name
"""


@transaction.atomic
def be_here(*, conversation_id: UUID, agent_id: int, typing: bool) -> None:
    """Say that this agent has this conversation open now. Comes every 10 s."""
    at = now()
    before = Presence.objects.filter(conversation_id=conversation_id, agent_id=agent_id, at__gt=at - LIFE).first()
    Presence.objects.bulk_create(
        [Presence(conversation_id=conversation_id, agent_id=agent_id, typing=typing, at=at)],
        update_conflicts=True,
        unique_fields=["conversation", "agent"],
        update_fields=["typing", "at"],
    )
    if before is None or before.typing != typing:
        Presence.objects.filter(agent_id=agent_id, at__lt=at - LIFE).delete()
        _publish(conversation_id=conversation_id, agent_id=agent_id, typing=typing)


@transaction.atomic
def be_gone(*, conversation_id: UUID, agent_id: int) -> None:
    """Say that this agent has left. Without it they are gone 30 s after their last heartbeat."""
    removed, _ = Presence.objects.filter(conversation_id=conversation_id, agent_id=agent_id).delete()
    if removed:
        _publish(conversation_id=conversation_id, agent_id=agent_id, typing=False)


def present(*, conversation_ids: Iterable[UUID], but: int) -> dict[UUID, tuple[PresenceView, ...]]:
    """Who else than the agent `but` is at each of these conversations, writers first. One query."""
    with connection.cursor() as cursor:  # every list asks: what builds no query of fifty parameters costs half
        cursor.execute(_PRESENT, [list(conversation_ids), now() - LIFE, but])
        rows = cursor.fetchall()
    found: dict[UUID, list[PresenceView]] = {}
    for conversation_id, agent_id, name, typing in rows:
        found.setdefault(conversation_id, []).append(PresenceView(agent_id=agent_id, name=name, typing=typing))
    return {key: tuple(views) for key, views in found.items()}


def _publish(*, conversation_id: UUID, agent_id: int, typing: bool) -> None:
    payload = {"conversation": str(conversation_id), "agent": agent_id, "typing": typing}
    outbox.publish([("presence", payload)])
