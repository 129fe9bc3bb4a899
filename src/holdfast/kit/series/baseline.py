"""What is usual for one series of counts per minute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from holdfast.kit.series.calendar import Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is usual for a window of time, in contacts (not per minute, unless the window is one minute).

    One in ten windows has fewer than `low`, one in ten more than `high`. `spread` is the standard deviation,
    the uncertainty of the baseline itself included.
    """

    median: float
    low: float
    high: float
    spread: float


class Baseline:
    """The usual rate of one series: seasonal, robust, over-dispersed, learnt causally from its first hour on."""

    def __init__(self, *, calendar: Calendar | None = None, slot_minutes: int = 15, weeks: int = 6) -> None:
        raise NotImplementedError

    def expected(self, at: datetime, *, minutes: int = 1) -> Expected:
        """Return what is usual for the `minutes` that begin with the aware moment `at`, past or future."""
        raise NotImplementedError

    def learn(self, at: datetime, count: float, *, ignore: bool = False) -> None:
        """Take in the count of the minute that begins at `at`.

        Minutes come in order; minutes that never come are gaps, not zeros. `ignore` marks a minute of a declared
        episode: it passes, but nothing is learnt from it.
        """
        raise NotImplementedError

    def dump(self) -> dict[str, Any]:
        """Return the whole state as JSON values."""
        raise NotImplementedError

    @classmethod
    def load(cls, state: Mapping[str, Any], *, calendar: Calendar | None = None) -> Baseline:
        """Return the baseline that `dump` described."""
        raise NotImplementedError
