"""All contacts of the last minutes, counted: is this more than usual, and is it explained?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from holdfast.shield.evidence import DeclaredTopic, MinuteReport
from holdfast.shield.model import CALM, Model
from holdfast.shield.traits import Traits


class Baseline(Protocol):
    """What is usual."""

    def expected(self, at: datetime) -> tuple[float, float]:
        """Return the median of contacts in the minute of `at`, and the standard deviation of such a minute."""
        ...


class Population:
    """The elected scorer's memory: counts of the last minutes and of the usual. Bounded, whatever comes."""

    def __init__(self, *, baseline: Baseline | None = None, declared: Sequence[DeclaredTopic] = ()) -> None:
        self._baseline = baseline
        self.declared = tuple(declared)
        self._model = CALM

    def observe(self, traits: Traits) -> None:
        """Count one contact, once."""

    def close(self, minute: datetime) -> tuple[Model, MinuteReport]:
        """Close the minute that begins at `minute`; return what follows for contacts from now on."""
        return self._model, MinuteReport(minute=minute, rate=0.0, expected=0.0, surge=False, flood_share=0.0)

    def dump(self) -> dict[str, Any]:
        """Return all of the memory as plain data, under a megabyte."""
        return {}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take over the memory of another scorer, as `dump` gave it."""
