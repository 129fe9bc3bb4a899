"""What every page's shell needs to know."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Add the company's name, whether this is the demo, the name of its own sign-in, and when sessions end."""
    return {
        "company": settings.COMPANY,
        "demo": settings.DEMO,
        "single_sign_on": settings.SINGLE_SIGN_ON,
        "idle_minutes": settings.IDLE_MINUTES,
    }
