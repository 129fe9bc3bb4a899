"""What ties conversations and customers to an incident: as long as it runs they stay, afterwards the ties go along."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from holdfast.incidents.legal.models import Clock
from holdfast.incidents.models import Incident, Link
from holdfast.kit.removing import remove_where


def running() -> QuerySet[Incident]:
    """Return incidents that are not over: neither resolved, nor with a legal clock that still runs."""
    clocks = Clock.objects.filter(incident=OuterRef("pk"), state=Clock.State.RUNNING)
    return Incident.objects.filter(Q(resolved_at=None) | Exists(clocks))


def linked_cases() -> QuerySet[Link, UUID]:
    """Return ids of the conversations that are about a running incident."""
    links = Link.objects.filter(unlinked_at=None, incident__in=running())
    return links.values_list("conversation_id", flat=True)


def forget_links(conversation_ids: Sequence[UUID]) -> None:
    """Delete that these conversations were about an incident; its figures of links shrink by as many."""
    remove_where(Link, "conversation_id", conversation_ids)
