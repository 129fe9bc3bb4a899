"""How long a place in line will take, as a range, from how fast the line really moved in the last hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, sqrt

from holdfast.conversations.models import Place
from holdfast.kit.clock import now

WINDOW = timedelta(hours=1)
FEWEST_STEPS = 5
_Z90 = 1.2816  # standard normal, 90th percentile


@dataclass(frozen=True, slots=True)
class Wait:
    """Minutes from now: one in ten waits less than `low`, one in ten more than `high`."""

    low: int
    high: int


def estimate(*, queue_id: int, place: int) -> Wait | None:
    """Return the wait of `place` (1 is next), or `None` when too few people were served lately to say.

    People leave the front at rate r, measured over the last hour; if that goes on, the time to the n-th is
    gamma(n, r). Its percentiles come from Wilson and Hilferty's approximation (PNAS 17, 1931, 684-688).
    """
    since = now() - WINDOW
    served = Place.objects.filter(
        queue_id=queue_id, left_at__gte=since, left_because__in=["answered", "assigned"]
    ).order_by("left_at")
    steps = served.count()
    if steps < FEWEST_STEPS:
        return None
    # A line that began to move ten minutes ago is not six times slower than it is.
    first = served.values_list("left_at", flat=True).first()
    minutes = max(_minutes_since(first), 1.0) if first else WINDOW.total_seconds() / 60
    rate = steps / minutes
    return Wait(int(_gamma(place, -_Z90) / rate), ceil(_gamma(place, _Z90) / rate))


def _minutes_since(moment: datetime) -> float:
    return (now() - moment).total_seconds() / 60


def _gamma(shape: int, z: float) -> float:
    spread = 1 / (9 * shape)
    return max(0.0, shape * (1 - spread + z * sqrt(spread)) ** 3)
