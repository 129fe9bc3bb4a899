"""When the owner of a promise is told what. Pure.

Only the latest notice that makes sense is given: a watch that slept over three of them tells the last one, and a clock
that was put back tells none again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from holdfast.promises.contract import Kind

AHEAD: dict[Kind, tuple[int, ...]] = {
    Kind.UPDATE: (10, 5),
    Kind.PERSONAL: (10, 5),
    Kind.COMMITMENT: (7 * 24 * 60, 24 * 60),
    Kind.LEGAL: (24 * 60, 4 * 60, 60, 10),
}
"""Minutes before it is due, the most first. Callbacks are not here: by then their cases stand before everybody."""

GRACE: dict[Kind, timedelta] = {
    Kind.UPDATE: timedelta(minutes=15),
    Kind.PERSONAL: timedelta(hours=1),
    Kind.COMMITMENT: timedelta(days=1),
    Kind.LEGAL: timedelta(0),
}
"""How long after its time an open promise is late and not yet broken. Callbacks are broken by their own room."""

HOLD_AHEAD = timedelta(seconds=10)
"""How long before its time a prepared text goes out in place of a word, so that it stands there in time."""


@dataclass(frozen=True, slots=True)
class Step:
    """A notice: `minutes` before it is due, or none at its time."""

    minutes: int

    @property
    def due(self) -> bool:
        """Tell whether it says that the time has come."""
        return self.minutes == 0


def step(kind: Kind, *, due: datetime, at: datetime, told: Collection[int]) -> Step | None:
    """Return the notice that is to be given at `at`; `told` are the minutes of those that were given before."""
    reached = [minutes for minutes in (*AHEAD.get(kind, ()), 0) if due - timedelta(minutes=minutes) <= at]
    if kind not in AHEAD or not reached:
        return None
    latest = min(reached)
    return Step(latest) if all(minutes > latest for minutes in told) else None


def over(kind: Kind, *, due: datetime, at: datetime) -> bool:
    """Tell whether an open promise counts as broken at `at`."""
    grace = GRACE.get(kind)
    return grace is not None and at > due + grace


def look_at(kind: Kind, *, due: datetime, told: Collection[int]) -> datetime | None:
    """Return when the next notice is to be given or the promise is broken; nothing for kinds that are not watched."""
    if kind not in AHEAD:
        return None
    left = [minutes for minutes in (*AHEAD[kind], 0) if all(minutes < each for each in told)]
    if left:
        return due - timedelta(minutes=max(left))
    return due + GRACE[kind] + timedelta(microseconds=1)
