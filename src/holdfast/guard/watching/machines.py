"""What the house's own machines were given to open: far more in a day than on any day of the four weeks before.

No person is behind it, so nobody is under an alias and nobody gets less: whoever runs the house looks at it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from holdfast.guard.watching.contract import Kind, Signal

MACHINES = 0
"""Stands where a person's id would."""
WITHIN = timedelta(days=1)
BEFORE = timedelta(days=28)
TIMES, LEAST = 4, 2_000
_DAYS = 7  # with fewer days before it nothing is far more than usual


@dataclass(frozen=True, slots=True)
class Taken:
    """What one use was given: in the last day, on each day of four weeks before, and how often it was refused."""

    use: str
    lately: int
    before: Mapping[date, int] = field(default_factory=dict)
    refused: int = 0


def signals(taken: list[Taken], *, at: datetime, days: int, cleared: datetime | None = None) -> Iterator[Signal]:
    """Yield one signal when a use was given far more than ever before, or asked for a column it is not for.

    `days`: how many of the four weeks before are known. What was found explained within the last day is not told again.
    """
    if cleared is not None and cleared > at - WITHIN:
        return
    far = [each for each in taken if days >= _DAYS and each.lately >= max(LEAST, TIMES * _most(each))]
    refused = sum(each.refused for each in taken)
    if not far and not refused:
        return
    reasons = [
        f"{each.use}: {each.lately:,}; the most on one day of four weeks before was {_most(each):,}." for each in far
    ]
    reasons += [f"{refused:,} times a use asked for a column it is not for, and got nothing."] * bool(refused)
    yield Signal(
        kind=Kind.MACHINES,
        agent_id=MACHINES,
        at=at,
        sentence=(
            f"{sum(each.lately for each in far):,} stored values were given to the house's machines within a day, far"
            " more than on any day of the four weeks before."
            if far
            else "A program of the house asked for stored values that it has no use for."
        ),
        reasons=tuple(reasons),
        clears=(
            "A campaign to very many people, or a spool that came in after an outage: look at that day's campaigns.",
            "A release that reads more than the one before: compare when it was put in place.",
        ),
    )


def _most(each: Taken) -> int:
    return max(each.before.values(), default=0)
