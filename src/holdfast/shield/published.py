"""The model in force, as the elected scorer published it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from holdfast.shield.evidence import DeclaredTopic
from holdfast.shield.model import CALM, Model
from holdfast.shield.models import Minute
from holdfast.shield.models import Topic as TopicRow

_log = structlog.get_logger(__name__)
KEPT_FOR = 1.0  # seconds
USUAL = "usual per stratum"
"""Where a minute's details keep `fairness.learned`."""
CHANGED, ALERTS = "changed", "alerts"
"""Where they keep what `noticing` told of the minute."""

_kept: tuple[float, Model] | None = None


def model() -> Model:
    """Return the newest model, at most `KEPT_FOR` seconds old; before the first it is calm."""
    global _kept
    moment = time.monotonic()
    if _kept is None or moment >= _kept[0]:
        known = _kept[1] if _kept is not None else CALM
        newest = Minute.objects.order_by("-version").values_list("version", flat=True).first() or 0
        if newest != known.version:
            known = _read(newest)
        _kept = (moment + KEPT_FOR, known)
    return _kept[1]


def _read(version: int) -> Model:
    """Return a published model; one that cannot be read is calm, so that everybody waits in the order of arrival."""
    row = Minute.objects.filter(version=version).first()
    if row is None:
        return CALM
    try:
        return Model.from_json(row.model)
    except (KeyError, TypeError, ValueError) as error:
        _log.error("model cannot be read", version=version, error=type(error).__name__)
        return replace(CALM, version=version)


def usual_rates() -> Mapping[str, float]:
    """Return how many contacts a minute of each stratum are usual, as of the newest minute. One query."""
    details = Minute.objects.order_by("-version").values_list("details", flat=True).first() or {}
    return {str(name): float(rate) for name, rate in details.get(USUAL, {}).items()}


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
