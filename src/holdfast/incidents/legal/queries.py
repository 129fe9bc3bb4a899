"""What the legal page of an incident shows, and what other screens say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from holdfast.incidents.legal.clocks import seen_by
from holdfast.incidents.legal.due import due
from holdfast.incidents.legal.models import Act, Clock
from holdfast.incidents.legal.record import events
from holdfast.incidents.legal.regimes import Duty, Event, Limit, Regime, regimes
from holdfast.incidents.places import Place
from holdfast.kit.clock import now
from holdfast.people.queries import names_of


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock and the terms it was started with."""

    id: UUID
    regime: str
    regime_title: str
    place: str
    counsel: str
    title: str
    whom: str
    state: str
    due: datetime | None
    began_at: datetime | None
    began: str
    """The event that started it, in words; empty while it waits."""
    waits_for: str
    length: str
    over: bool
    paused_until: datetime | None
    documents: Sequence[str]
    settled_at: datetime | None
    settled_by: str
    why: str
    terms: Duty


@dataclass(frozen=True, slots=True)
class ActView:
    """An act with the ones it corrected, the newest first."""

    id: int
    event: str
    label: str
    at: datetime
    evidence: str
    holds: bool
    by: str
    noted_at: datetime
    earlier: Sequence[ActView]


@dataclass(frozen=True, slots=True)
class Overdue:
    """A clock that ran out and has no notice."""

    clock_id: UUID
    incident_id: UUID
    title: str
    due: datetime


def clocks_of(incident_id: UUID) -> Sequence[ClockView]:
    """Return the clocks of an incident: what is due first, then without delay, what waits, and what is settled."""
    happened = events(incident_id)
    rows = list(Clock.objects.filter(incident_id=incident_id).prefetch_related("pauses"))
    names = names_of([row.settled_by_id for row in rows if row.settled_by_id is not None])
    shown = [_shown(row, happened, names) for row in rows]
    far = datetime.max.replace(tzinfo=now().tzinfo)
    return sorted(
        shown,
        key=lambda each: (each.state != "running", each.due or far, each.began_at is None, each.regime, each.title),
    )


def acts_of(incident_id: UUID) -> Sequence[ActView]:
    """Return the acts that stand, each with the ones before it, in the order in which things happened."""
    rows = list(Act.objects.filter(incident_id=incident_id).order_by("id"))
    names = names_of([row.by_id for row in rows])
    titles = {f"{clock.regime}/{clock.duty}": clock.title for clock in Clock.objects.filter(incident_id=incident_id)}
    seen: dict[int, ActView] = {}
    for row in rows:
        before = seen.pop(row.corrects_id) if row.corrects_id is not None else None
        label = f"{Event(row.event).label}: {titles.get(row.duty, row.duty)}" if row.duty else Event(row.event).label
        earlier = (before, *before.earlier) if before is not None else ()
        seen[row.pk] = ActView(
            row.pk,
            row.event,
            label,
            row.at,
            row.evidence,
            row.holds,
            names.get(row.by_id, "Nobody"),
            row.noted_at,
            earlier,
        )
    return sorted(seen.values(), key=lambda each: (each.at, each.id))


def to_start(incident_id: UUID) -> Sequence[Regime]:
    """Return the regimes whose clocks an incident has not started."""
    started = set(Clock.objects.filter(incident_id=incident_id).values_list("regime", flat=True))
    return [regime for slug, regime in regimes().items() if slug not in started]


def places_of(incident_id: UUID) -> Sequence[Place]:
    """Return the places whose clocks were started on an incident, with the codes that fall under each."""
    started = set(Clock.objects.filter(incident_id=incident_id).values_list("regime", flat=True))
    found: dict[str, list[Regime]] = {}
    for slug, regime in regimes().items():
        if slug in started and regime.codes:
            found.setdefault(regime.codes[0], []).append(regime)
    return [
        Place(code=code, name=each[0].place, codes=each[0].codes, titles=tuple(regime.title for regime in each))
        for code, each in found.items()
    ]


def to_declare(incident_id: UUID) -> Sequence[Event]:
    """Return the events nobody has declared on an incident yet."""
    declared = set(Act.objects.filter(incident_id=incident_id).values_list("event", flat=True))
    return [event for event in Event if event != Event.NOTIFIED and event not in declared]


def overdue(*, limit: int = 20) -> Sequence[Overdue]:
    """Return running clocks whose time is over, of every incident, the oldest first."""
    rows = Clock.objects.filter(state=Clock.State.RUNNING, due__lte=now()).order_by("due")[:limit]
    return [Overdue(row.pk, row.incident_id, row.title, row.due) for row in rows if row.due is not None]


def incident_ids(clock_ids: Sequence[UUID]) -> Mapping[UUID, UUID]:
    """Return the incident of each clock."""
    return dict(Clock.objects.filter(pk__in=list(clock_ids)).values_list("id", "incident_id"))


def in_words(limit: Limit) -> str:
    """A limit as a person says it: `72 hours`, `4 business days (US federal)`, `1 month`."""
    number = limit.length
    units = {
        "minutes": "minute",
        "hours": "hour",
        "days": "calendar day",
        "business_days": "business day",
        "months": "month",
        "days_after_year": "day",
    }
    unit = units[limit.unit] + ("s" if number != 1 else "")
    calendars = {"us-federal": " (US federal)", "br-national": " (Brazil)", "eu-target": " (TARGET)", "none": ""}
    after = " after the end of the year" if limit.unit == "days_after_year" else ""
    return f"{number} {unit}{calendars[limit.calendar]}{after}"


def _shown(clock: Clock, happened: Mapping[str, datetime], names: Mapping[int, str]) -> ClockView:
    terms = Duty.model_validate(clock.terms)
    regime = regimes().get(clock.regime)
    found = due(terms, seen_by(clock.regime, happened), zone=clock.zone)
    pauses = [each for each in clock.pauses.all() if each.ended_at is None and each.until > now()]
    return ClockView(
        clock.pk,
        clock.regime,
        regime.title if regime is not None else clock.regime,
        regime.place if regime is not None else "",
        regime.counsel if regime is not None else "",
        clock.title,
        terms.whom,
        clock.state,
        clock.due,
        found.began_at if found is not None else None,
        _event(found.start, regime) if found is not None else "",
        " or ".join(_event(start, regime) for start in terms.starts) if found is None else "",
        ", or ".join(f"{in_words(each)} from: {_event(each.start, regime)}" for each in terms.limits)
        or f"without undue delay from: {_event(terms.starts[0], regime)}",
        clock.state == Clock.State.RUNNING and clock.due is not None and clock.due <= now(),
        max((each.until for each in pauses), default=None),
        [f"{each.authority}: {each.document}" for each in clock.pauses.all()],
        clock.settled_at,
        names.get(clock.settled_by_id or 0, ""),
        clock.why,
        terms,
    )


def _event(start: str, regime: Regime | None) -> str:
    if start.startswith("notified:"):
        key = start.removeprefix("notified:")
        duty = regime.duty(key) if regime is not None else None
        return f"notice given: {duty.title.lower() if duty is not None else key}"
    return Event(start).label
