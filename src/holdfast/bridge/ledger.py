"""The ledger of promises as screens show it: each promise with whom it is owed to, who owns it and what became of it.

Legal clocks are shown to those who may see the legal side of an incident, and to nobody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.urls import reverse

from holdfast.bridge.owed import Due
from holdfast.bridge.owed import promises as owed
from holdfast.conversations import callbacks
from holdfast.conversations.lookups import numbers_of
from holdfast.incidents import queries as incidents
from holdfast.incidents.legal import queries as legal_clocks
from holdfast.incidents.outreach import queries as outreach
from holdfast.kit.clock import now
from holdfast.people.queries import names_of
from holdfast.promises import queries
from holdfast.promises.contract import Kind, NoticeView, PromiseView, Tally
from holdfast.promises.timing import GRACE

AHEAD = timedelta(hours=24)
"""How far ahead personal promises, commitments and legal clocks are shown among what is due."""

BROKEN = timedelta(days=7)
"""How long a broken one is shown there, unless it is mended before."""

FEWEST = 10
"""Below this many settled promises no share is told."""

_NAMES = {
    Kind.UPDATE: "Public update",
    Kind.CALLBACK: "Callback",
    Kind.PERSONAL: "Word to one person",
    Kind.COMMITMENT: "Commitment",
    Kind.LEGAL: "Legal clock",
}


_PAGES = {Kind.LEGAL: "legal:home", Kind.COMMITMENT: "incidents:incident"}


@dataclass(frozen=True, slots=True)
class Line:
    """One promise of the ledger. `case` is a conversation's number, `incident` an incident's."""

    promise: PromiseView
    kind: str
    case: int | None
    incident: int | None
    title: str
    owner: str


@dataclass(frozen=True, slots=True)
class Told:
    """A notice to somebody, with its promise."""

    notice: NoticeView
    line: Line


@dataclass(frozen=True, slots=True)
class OfIncident:
    """What became of the public promises of one incident."""

    number: int
    title: str
    tally: Tally


def kinds(*, legal: bool) -> Sequence[tuple[Kind, str]]:
    """Return the kinds of promises with their names."""
    return [(kind, name) for kind, name in _NAMES.items() if legal or kind != Kind.LEGAL]


def graces() -> Sequence[tuple[str, timedelta]]:
    """Return how long after its time a promise of each kind is late and not yet broken."""
    return [(_NAMES[kind], grace) for kind, grace in GRACE.items()]


def due(*, legal: bool) -> Sequence[Due]:
    """Return what is owed: what was broken and is not mended, then by time, promises of all kinds together."""
    # Updates and callbacks are there already, the ones with their incident, the others by window.
    others = [Kind.PERSONAL, Kind.COMMITMENT, *([Kind.LEGAL] if legal else [])]
    soon = now() + AHEAD
    found = [each for each in queries.open_promises(kinds=others) if each.due <= soon]
    broken = queries.unmended(kinds=[Kind.UPDATE, *others], since=now() - BROKEN)
    rest = [_due(line) for line in lines([*broken, *found])]
    over = _over() if legal else []
    return sorted([*owed(), *rest, *over], key=lambda each: each.due)


def lines(promises: Sequence[PromiseView]) -> Sequence[Line]:
    """Return promises with what they are about; as many queries whatever their number."""
    places = _places(promises)
    names = names_of([each.owner for each in promises if each.owner is not None])
    return [
        Line(each, _NAMES[each.kind], *places.get(each.subject, (None, None, "")), names.get(each.owner or 0, ""))
        for each in promises
    ]


def told(*, to: int, leads: bool) -> Sequence[Told]:
    """Return the notices that this person has not put away."""
    found = queries.notices(owner=to, leads=leads)
    return [Told(notice, line) for notice, line in zip(found, lines([each.promise for each in found]), strict=True)]


def per_incident(*, since: datetime | None) -> Sequence[OfIncident]:
    """Return what became of the public promises of each incident, the latest first."""
    found = queries.tallies(prefix="incident:", since=since)
    known = incidents.numbers_and_titles({UUID(subject.removeprefix("incident:")) for subject, _ in found})
    shown = []
    for subject, tally in found:
        number, title = known.get(UUID(subject.removeprefix("incident:")), (None, ""))
        if number is not None:
            shown.append(OfIncident(number, title, tally))
    return shown


def _due(line: Line) -> Due:
    promise = line.promise
    detail = " · ".join(part for part in (promise.about, line.owner) if part)
    page = _PAGES.get(promise.kind)
    if page is None or line.incident is None:
        return Due(line.kind, detail, promise.made_at, promise.due, line.case, line.incident)
    return Due(line.kind, detail, promise.made_at, promise.due, page=reverse(page, args=[line.incident]))


def _over() -> list[Due]:
    # A clock that was over when somebody declared its start was never promised, and is owed all the same.
    found = legal_clocks.overdue()
    known = incidents.numbers_and_titles({each.incident_id for each in found})
    promised = {each.subject for each in queries.unmended(kinds=[Kind.LEGAL])}
    return [
        Due(
            _NAMES[Kind.LEGAL],
            each.title,
            None,
            each.due,
            page=reverse("legal:home", args=[known[each.incident_id][0]]),
        )
        for each in found
        if f"legal:{each.clock_id}" not in promised and each.incident_id in known
    ]


def _places(promises: Sequence[PromiseView]) -> dict[str, tuple[int | None, int | None, str]]:
    """Return the case, or the incident and its title, that each subject is about."""
    found: dict[str, tuple[int | None, int | None, str]] = {}
    booked = callbacks.numbers_of([int(id_) for id_ in _ids(promises, "callback")])
    found |= {f"callback:{id_}": (number, None, "") for id_, number in booked.items()}
    cases = numbers_of(_uuids(promises, "conversation"))
    found |= {f"conversation:{id_}": (number, None, "") for id_, number in cases.items()}
    if _ids(promises, "commitment"):
        found |= {f"commitment:{each.id}": (None, each.incident, each.what) for each in incidents.commitments()}
    clocks = legal_clocks.incident_ids(_uuids(promises, "legal"))
    called = outreach.incident_ids(_uuids(promises, "outreach"))
    known = incidents.numbers_and_titles({*_uuids(promises, "incident"), *clocks.values(), *called.values()})
    found |= {f"incident:{id_}": (None, number, title) for id_, (number, title) in known.items()}
    found |= {f"legal:{id_}": (None, *known[of]) for id_, of in clocks.items() if of in known}
    found |= {f"outreach:{id_}": (None, *known[of]) for id_, of in called.items() if of in known}
    return found


def _ids(promises: Sequence[PromiseView], of: str) -> list[str]:
    return [each.subject.partition(":")[2] for each in promises if each.subject.startswith(f"{of}:")]


def _uuids(promises: Sequence[PromiseView], of: str) -> list[UUID]:
    return [UUID(id_) for id_ in _ids(promises, of)]
