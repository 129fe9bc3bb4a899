"""What the shield saw, for screens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from holdfast.shield.models import Assessment, Minute


def minutes(since: datetime) -> Sequence[Minute]:
    """Return the minutes closed since then, in order, without their models."""
    return list(Minute.objects.filter(minute__gte=since).defer("model").order_by("minute"))


def bands(since: datetime) -> tuple[int, int, int]:
    """Return how many contacts since then are explained (band 0), undecided, and not explained (the last third)."""
    counts = [0, 0, 0]
    for band in Assessment.objects.filter(at__gte=since, assessed_at__isnull=False).values_list("band", flat=True):
        counts[0 if band == 0 else 1 if band < NOT_EXPLAINED else 2] += 1
    return counts[0], counts[1], counts[2]


def not_explained(limit: int = 20) -> Sequence[tuple[UUID, Sequence[str]]]:
    """Return conversations whose newest contacts our data does not explain, each with the reasons."""
    rows = Assessment.objects.filter(band__gte=NOT_EXPLAINED).order_by("-at")
    found: dict[UUID, Sequence[str]] = {}
    for conversation_id, reasons in rows.values_list("conversation_id", "reasons")[: 5 * limit]:
        found.setdefault(conversation_id, reasons)
    return list(found.items())[:limit]


NOT_EXPLAINED = 6
"""From this band on a contact counts as not explained by our data; below it, it is undecided."""
