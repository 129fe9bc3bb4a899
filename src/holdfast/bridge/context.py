"""The posture band that every signed-in page shows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from holdfast.bridge.parts import band


def posture(request: HttpRequest) -> dict[str, Any]:
    """Add what the band says; read only by pages that show it."""
    return {"posture": SimpleLazyObject(band)}
