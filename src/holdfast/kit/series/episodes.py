"""From evidence minute by minute to episodes: one beginning and one end, however often the evidence wavers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

ENOUGH: Final = 1.0
"""Strength of evidence that opens an episode."""
QUIET: Final = 0.5
"""Below this a minute is quiet again."""
QUIET_MINUTES: Final = 30
"""So many quiet minutes in a row end an episode."""
LASTING_MINUTES: Final = 24 * 60
"""After so long what was unusual is the new usual."""


class Turn(StrEnum):
    """What an alarm says of its episode."""

    BEGAN = "began"
    SPREAD = "spread"
    ENDED = "ended"
    LASTED = "lasted"
    """It has gone on for a day; it ends here, and is taken as usual from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One stream of evidence: how strong it is and how strong it has to be. `name` is a word for people."""

    name: str
    score: float
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A turn in an episode. `counted`, `usual` and its band are contacts in the last five minutes."""

    turn: Turn
    episode: int
    at: datetime
    series: str
    counted: float
    usual: float
    low: float
    high: float
    evidence: tuple[Evidence, ...] = ()
    sentences: tuple[str, ...] = ()


@dataclass(slots=True)
class Course:
    """Counts episodes and knows whether one is open."""

    number: int = 0
    began: int | None = None
    quiet: int = 0

    @property
    def open(self) -> bool:
        """Whether an episode is open."""
        return self.began is not None

    def step(self, minute: int, *, strength: float) -> Turn | None:
        """Take in the strength of the evidence in one minute (since 1970)."""
        if self.began is None:
            if strength < ENOUGH:
                return None
            self.number, self.began, self.quiet = self.number + 1, minute, 0
            return Turn.BEGAN
        self.quiet = self.quiet + 1 if strength < QUIET else 0
        if self.quiet >= QUIET_MINUTES:
            self.began = None
            return Turn.ENDED
        if minute - self.began >= LASTING_MINUTES:
            self.began = None
            return Turn.LASTED
        return None
