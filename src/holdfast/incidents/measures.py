"""How an incident was told, in figures: when the first word came, how long nothing was said, what was kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from holdfast.incidents import queries
from holdfast.incidents.contract import IncidentView, Linked
from holdfast.incidents.costing import Reckoned, reckon
from holdfast.promises import queries as promises
from holdfast.promises.contract import Kind, Tally


@dataclass(frozen=True, slots=True)
class Said:
    """One published word: how long after the one before (or the fault), and whether it came when it was promised."""

    number: int
    status: str
    at: datetime
    after: timedelta
    holding: bool
    in_time: bool | None
    """`None`: nothing was promised to the public before it."""


@dataclass(frozen=True, slots=True)
class Measures:
    """The figures of one incident."""

    to_declare: timedelta
    to_first_word: timedelta | None
    """From the fault, as far as is known when it began."""
    longest_silence: timedelta | None
    """Between two words while it went on."""
    lasted: timedelta | None
    said: tuple[Said, ...]
    promises: Tally
    reach: Linked
    reckoned: Reckoned


def measure(incident: IncidentView) -> Measures:
    """Return the figures of an incident, from what was published, promised and linked."""
    words = list(reversed(incident.updates))
    times = [each.published_at for each in words if each.published_at is not None]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    linked = queries.linked(incident.id)
    return Measures(
        to_declare=incident.declared_at - incident.started_at,
        to_first_word=times[0] - incident.started_at if times else None,
        longest_silence=max(gaps, default=None),
        lasted=incident.resolved_at - incident.started_at if incident.resolved_at is not None else None,
        said=_said(incident),
        promises=promises.tally(subject=queries.subject_of(incident.id), kinds=[Kind.UPDATE]),
        reach=linked,
        reckoned=reckon(incident, linked),
    )


def _said(incident: IncidentView) -> tuple[Said, ...]:
    found: list[Said] = []
    before: datetime = incident.started_at
    due: datetime | None = None
    for each in reversed(incident.updates):
        if each.published_at is None or each.number is None:
            continue
        in_time = None if due is None else each.published_at <= due
        found.append(
            Said(each.number, each.status, each.published_at, each.published_at - before, each.holding, in_time)
        )
        before, due = each.published_at, each.next_update_due
    return tuple(found)
