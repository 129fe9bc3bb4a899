"""The model in force, as the elected scorer published it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from holdfast.shield.evidence import DeclaredTopic
from holdfast.shield.model import CALM, Model
from holdfast.shield.models import Minute
from holdfast.shield.models import Topic as TopicRow

KEPT_FOR = 1.0  # seconds

_kept: tuple[float, Model] | None = None


def model() -> Model:
    """Return the newest model, at most `KEPT_FOR` seconds old; before the first it is calm."""
    global _kept
    moment = time.monotonic()
    if _kept is None or moment >= _kept[0]:
        known = _kept[1] if _kept is not None else CALM
        newest = Minute.objects.order_by("-version").values_list("version", flat=True).first() or 0
        if newest != known.version:
            row = Minute.objects.filter(version=newest).first()
            known = Model.from_json(row.model) if row is not None else CALM
        _kept = (moment + KEPT_FOR, known)
    return _kept[1]


def forget() -> None:
    """Read the model again on the next question."""
    global _kept
    _kept = None


def declared() -> Sequence[DeclaredTopic]:
    """Return the matters the company declared."""
    return [
        DeclaredTopic(
            id=str(row.pk),
            words=tuple(row.words),
            accounts=frozenset(row.accounts),
            since=row.since,
            until=row.until,
        )
        for row in TopicRow.objects.order_by("pk")
    ]
