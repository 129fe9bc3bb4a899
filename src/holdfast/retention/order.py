"""Going through rows in the order of their keys, a few at a time, and on from a place that a run keeps as JSON."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

Place = list[Any]
Found = list[tuple[Any, Place]]


def by_key(rows: QuerySet[Any], after: Place | None, limit: int) -> Found:
    """Return the keys of the next rows beyond a place, each with its own place: the key, as JSON has it."""
    if after is not None:
        rows = rows.filter(pk__gt=after[0])
    keys = rows.order_by("pk").values_list("pk", flat=True)[:limit]
    return [(key, [key if isinstance(key, int) else str(key)]) for key in keys]
