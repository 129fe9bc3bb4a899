"""Inside a band, no group of customers crowds out another."""

from __future__ import annotations

from datetime import datetime, timedelta

from holdfast.shield.traits import Traits

BURST = 10
"""Contacts beyond its rate that a stratum may bring before they stand further back."""


def stratum_of(traits: Traits) -> str:
    """Name the group whose guaranteed share a contact uses: how it came, and how sure it is who it is."""
    return f"{traits.stratum}-{traits.verification}"


def stamp(*, at: datetime, due: datetime | None, interval: timedelta) -> tuple[datetime, datetime]:
    """Return the time by which a contact is ordered in its band, and the stratum's next due time.

    The virtual scheduling of the generic cell rate algorithm (ITU-T I.371): a stratum within its rate, one contact per
    `interval`, keeps its times of arrival; the n-th contact beyond that stands n intervals later, after a burst.
    """
    start = max(at, due) if due is not None else at
    return max(at, start - BURST * interval), start + interval
