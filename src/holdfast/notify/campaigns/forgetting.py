"""Addresses of campaigns that ended long ago are taken out. Who was told, when, and with what outcome stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from holdfast.notify.campaigns.models import Campaign, Chunk, Recipient

_OVER = (Campaign.State.DONE, Campaign.State.CANCELLED)


def with_addresses(before: datetime) -> QuerySet[Chunk]:
    """Return chunks of campaigns that ended before a time in which somebody's address is still kept."""
    kept = Recipient.objects.filter(chunk=OuterRef("pk")).exclude(sealed="")
    return Chunk.objects.filter(Exists(kept), campaign__state__in=_OVER, campaign__ended_at__lt=before)


def addresses_in(chunks: QuerySet[Chunk]) -> int:
    """Return how many addresses these chunks still keep."""
    return Recipient.objects.filter(chunk__in=chunks).exclude(sealed="").count()


def forget_addresses(chunk_ids: Sequence[int]) -> int:
    """Take addresses and values out of these chunks; return how many recipients had any."""
    return Recipient.objects.filter(chunk_id__in=chunk_ids).exclude(sealed="").update(sealed="")
