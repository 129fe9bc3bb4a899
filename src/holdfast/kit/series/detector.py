"""When a series leaves what is usual: evidence of several kinds, alarms, episodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from holdfast.kit.series.baseline import Expected


class Turn(StrEnum):
    """What an alarm says of its episode."""

    BEGAN = "began"
    SPREAD = "spread"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One stream of evidence: how strong it is and how strong it has to be. `name` is a word for people."""

    name: str
    score: float
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A turn in an episode. `rate` and `usual` are contacts per minute over the last five minutes."""

    turn: Turn
    episode: int
    at: datetime
    series: str
    rate: float
    usual: float
    low: float
    high: float
    evidence: tuple[Evidence, ...] = ()
    sentences: tuple[str, ...] = ()


class Detector:
    """Watches one series. Its thresholds are what the series itself did in its last weeks."""

    def __init__(self, *, series: str = "total") -> None:
        raise NotImplementedError

    def step(self, at: datetime, count: float, expected: Expected) -> list[Alarm]:
        """Take in the minute that begins at `at`, once it is over; return what begins or ends with it."""
        raise NotImplementedError

    @property
    def open(self) -> bool:
        """Whether an episode is open: its minutes are not learnt as usual."""
        raise NotImplementedError

    def dump(self) -> dict[str, Any]:
        """Return the whole state as JSON values."""
        raise NotImplementedError

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> Detector:
        """Return the detector that `dump` described."""
        raise NotImplementedError
