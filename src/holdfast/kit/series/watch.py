"""Many series at once: a baseline and a detector each for channels, queues, intents, languages; one alert per cause."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from holdfast.kit.series.baseline import Expected
from holdfast.kit.series.calendar import Calendar
from holdfast.kit.series.detector import Alarm

Key = tuple[str, str]
"""A dimension and its value, such as `("intent", "card payments")`. `TOTAL` is everything."""

TOTAL: Key = ("total", "")


class Watch:
    """Baselines and detectors for thousands of series that are cuts of the same contacts."""

    def __init__(self, *, calendar: Calendar | None = None) -> None:
        raise NotImplementedError

    def step(self, at: datetime, counts: Mapping[Key, float], *, ignore: bool = False) -> list[Alarm]:
        """Take in one whole minute: what was counted per series (absent is zero). Return the turns of its episodes."""
        raise NotImplementedError

    def expected(self, at: datetime, *, key: Key = TOTAL, minutes: int = 1) -> Expected:
        """Return what is usual for a series; a series never seen is expected to be silent."""
        raise NotImplementedError

    def what_changed(self, *, limit: int = 5) -> tuple[str, ...]:
        """Return sentences, most moved first: `Card payments 41 a minute against 6 to 9 usual`."""
        raise NotImplementedError

    def dump(self) -> dict[str, Any]:
        """Return the whole state as JSON values."""
        raise NotImplementedError

    @classmethod
    def load(cls, state: Mapping[str, Any], *, calendar: Calendar | None = None) -> Watch:
        """Return the watch that `dump` described."""
        raise NotImplementedError
