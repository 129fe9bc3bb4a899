"""How strong evidence gets on ordinary days anywhere among the series of one dimension."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

DAYS: Final = 28
MARGIN: Final = 1.15
YOUNG: Final = 7
YOUNG_MARGIN: Final = 1.8


@dataclass(slots=True)
class Ceiling:
    """The strongest evidence of each of the last days, hours with an episode left out.

    An hour counts only once the next one is over too: the climb into an episode must not raise what it has to reach.
    """

    hour: float = 0.0
    hour_before: float = 0.0
    today: float = 0.0
    days: list[float] = field(default_factory=list)
    strange: bool = False
    strange_before: bool = False
    minute: int | None = None

    def needed(self, *, alone: bool) -> float:
        """Return the strength that opens an episode; `alone` when the dimension has one series for good."""
        if alone:
            return 1.0
        young = max(0.0, 1 - len(self.days) / YOUNG)
        return max(1.0, MARGIN * max([self.today, *self.days])) * (1 + (YOUNG_MARGIN - 1) * young)

    def see(self, strength: float, *, strange: bool) -> None:
        """Take in the strongest evidence of one minute."""
        self.hour = max(self.hour, strength)
        self.strange = self.strange or strange

    def pass_time(self, minute: int) -> None:
        """Move on to a minute since 1970."""
        before, self.minute = self.minute, minute
        if before is None or minute // 60 == before // 60:
            return
        if not (self.strange or self.strange_before):
            self.today = max(self.today, self.hour_before)
        self.hour_before, self.hour = self.hour, 0.0
        self.strange_before, self.strange = self.strange, False
        if minute // 1440 != before // 1440:
            self.days = [self.today, *self.days][:DAYS]
            self.today = 0.0

    def dump(self) -> dict[str, Any]:
        """Return the whole state as JSON values."""
        return asdict(self)

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> Ceiling:
        """Return the ceiling that `dump` described."""
        return cls(**state)
