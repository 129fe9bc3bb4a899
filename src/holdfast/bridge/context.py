"""The posture band that every signed-in page shows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from holdfast.bridge.owed import band
from holdfast.kit import streams
from holdfast.posture.changes import TOPIC


def posture(request: HttpRequest) -> dict[str, Any]:
    """Add what the band says, and a stream for pages that have none of their own; read only by pages that show them."""

    def stream() -> str:
        return (
            "" if request.user.pk is None else f"/events?ticket={streams.ticket(agent=request.user.pk, topics=[TOPIC])}"
        )

    return {"posture": SimpleLazyObject(band), "posture_stream": stream}
