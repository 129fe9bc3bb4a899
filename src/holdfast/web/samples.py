"""Made-up values for the sheet of components. Nobody here exists."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone


def samples() -> dict[str, Any]:
    """Times are relative to now, so that clocks and ages show each of their states."""
    now = timezone.now()

    def minutes(count: float) -> dt.datetime:
        return now + dt.timedelta(minutes=count)

    return {
        "postures": [
            {"name": "calm", "since": minutes(-36 * 1440)},
            {
                "name": "watch",
                "since": minutes(-25),
                "by": "Kofi Mensah",
                "headline": "More card declines than usual. Cause not known yet.",
            },
            {
                "name": "surge",
                "since": minutes(-120),
                "by": "Dara Whelan",
                "headline": "Card payments and transfers are delayed. No money is lost. Say so first.",
                "next_update": minutes(21),
            },
            {
                "name": "siege",
                "since": minutes(-95),
                "by": "Dara Whelan",
                "headline": "Most contacts are not explained by our data. People in need go first. Nobody is blocked.",
                "next_update": minutes(18),
            },
            {
                "name": "recovery",
                "since": minutes(-40),
                "by": "Dara Whelan",
                "headline": "Everything works again. 61 promises from today are still open.",
            },
        ],
        "given": minutes(-60),
        "open": minutes(221),
        "soon": minutes(9),
        "late": minutes(-14),
        "kept": minutes(-31),
        "ages": [minutes(-count) for count in (0, 2, 38, 300, 4300, 90_000)],
        "icons": ("inbox", "book-open", "message-circle", "mail", "phone", "smartphone", "bot", "lock", "key-round"),
    }
