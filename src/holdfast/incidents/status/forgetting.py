"""Whoever no longer wants to be told, or never said that they do, is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from holdfast.incidents.status.models import Subscriber
from holdfast.kit.removing import remove


def gone_since(before: datetime) -> QuerySet[Subscriber]:
    """Return subscribers who ended it before a time, or were asked before it and never confirmed."""
    return Subscriber.objects.filter(Q(ended_at__lt=before) | Q(ended_at=None, confirmed_at=None, asked_at__lt=before))


def forget_subscribers(subscriber_ids: Sequence[UUID]) -> int:
    """Delete these with their address, their links and codes; return how many."""
    return remove(Subscriber, subscriber_ids)
