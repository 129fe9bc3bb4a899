"""Who was meant to work when, as far as the house keeps a roster. Shifts are kept in a room above and handed in."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

Shifts = Mapping[int, Sequence[tuple[datetime, datetime]]]
"""Begin and end of each shift by agent, in the order of time."""

GRACE = timedelta(minutes=15)
"""Before a shift and after it; so a break shorter than half an hour is not seen."""
_NEAR = timedelta(days=7)

_source: Callable[[datetime, datetime], Shifts] | None = None


def plug(source: Callable[[datetime, datetime], Shifts]) -> None:
    """Say where shifts that touch a time are read. Called once, when the rooms are put together."""
    global _source
    _source = source


def shifts(since: datetime, until: datetime) -> Shifts:
    """Return the shifts that touch this time, and a week around it."""
    return _source(since - _NEAR, until + _NEAR) if _source is not None else {}


def off_shift(agent: int, at: datetime, known: Shifts) -> bool:
    """Tell whether this is outside of somebody's shifts, or in their break.

    Where nobody wrote down when they work (no shift of theirs within a week, or nobody's on that day) it is not.
    """
    own = known.get(agent, ())
    if not any(begins - _NEAR <= at <= ends + _NEAR for begins, ends in own):
        return False
    if any(begins - GRACE <= at <= ends + GRACE for begins, ends in own):
        return False
    day = at.date()
    return any(begins.date() <= day <= ends.date() for each in known.values() for begins, ends in near(each, at))


def near(own: Sequence[tuple[datetime, datetime]], at: datetime) -> Sequence[tuple[datetime, datetime]]:
    """Return the shifts that begin around a time: the last four before it, and the next two."""
    place = bisect_right(own, at, key=lambda shift: shift[0])
    return own[max(0, place - 4) : place + 2]


def rostered(known: Shifts, *, since: datetime, split: datetime, at: datetime) -> frozenset[int]:
    """Return of whom shifts are known both on ten days between `since` and `split` and in the week before `at`."""
    return frozenset(
        agent
        for agent, own in known.items()
        if len({begins.date() for begins, _ in own if since <= begins < split}) >= 10
        and any(at - _NEAR <= begins < at for begins, _ in own)
    )
