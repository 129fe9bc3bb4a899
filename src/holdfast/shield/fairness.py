"""Inside a band, no group of customers crowds out another: each gets on at its own usual rate, and shares the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from holdfast.shield.traits import Traits

BURST = 10
"""Contacts beyond its rate that a stratum may bring before they stand further back."""

LONGEST_INTERVAL = timedelta(seconds=20)
"""The share of a stratum that hardly anybody belongs to on ordinary days: as if three a minute were usual."""

_REMEMBERED = 1440  # minutes; what is usual follows slowly
_FEWEST = 0.001  # contacts a minute; a stratum that is gone is forgotten


def stratum_of(traits: Traits) -> str:
    """Name the group whose guaranteed share a contact uses: how it came, and how sure it is who it is."""
    return f"{traits.stratum}-{traits.verification}"


def learned(usual: Mapping[str, float], came: Iterable[Traits], *, minutes: int) -> dict[str, float]:
    """Return the usual contacts per minute of each stratum after one more ordinary minute, `minutes` seen before it.

    A mean of all minutes at first, and later one that forgets.
    """
    counts, share = Counter(map(stratum_of, came)), 1 / min(minutes + 1, _REMEMBERED)
    rates = {name: usual.get(name, 0.0) * (1 - share) + counts[name] * share for name in {*usual, *counts}}
    return {name: round(rate, 4) for name, rate in sorted(rates.items()) if rate > _FEWEST}


def interval(stratum: str, usual: Mapping[str, float]) -> timedelta:
    """Return how far apart contacts of a stratum are, at its usual rate."""
    rate = usual.get(stratum, 0.0)
    return min(LONGEST_INTERVAL, timedelta(minutes=1 / rate)) if rate > 0 else LONGEST_INTERVAL


def stamp(*, at: datetime, due: datetime | None, interval: timedelta) -> tuple[datetime, datetime]:
    """Return the time by which a contact is ordered in its band, and the stratum's next due time.

    The virtual scheduling of the generic cell rate algorithm (ITU-T I.371): a stratum within its rate, one contact per
    `interval`, keeps its times of arrival; the n-th contact beyond that stands n intervals later, after a burst. Of
    several strata beyond theirs, each gets on by one per interval of its own, so they share in proportion to their
    rates, as by the virtual finish times of weighted fair queueing (Demers, Keshav and Shenker, SIGCOMM 1989).
    """
    start = max(at, due) if due is not None else at
    return max(at, start - BURST * interval), start + interval
