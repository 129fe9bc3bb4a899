"""Declaring: a person says that something is wrong, or that work is planned. Nothing of it is public yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from holdfast.incidents import roles
from holdfast.incidents.changes import done, held, not_ahead, note, one_line, tell
from holdfast.incidents.components import locked
from holdfast.incidents.errors import Refused, Stale
from holdfast.incidents.models import Affected, ComponentStatus, Incident, Part
from holdfast.incidents.queries import subject_of
from holdfast.kit.clock import now
from holdfast.posture import changes as postures
from holdfast.posture.effects import Name
from holdfast.posture.errors import PlaybookError
from holdfast.posture.errors import Refused as PostureRefused
from holdfast.promises import ledger
from holdfast.promises.contract import Kind

FIRST_WORD = {1: timedelta(minutes=15), 2: timedelta(minutes=15), 3: timedelta(minutes=30), 4: timedelta(minutes=60)}
"""By when the first public word is due, by severity. Published cadences ask for 30 minutes between words at the worst
severities and warn that silence before the first one costs most; the first is therefore due in half of that."""
LONGEST_WORK = timedelta(days=7)


@transaction.atomic
def declare(
    *,
    title: str,
    by: int,
    kind: str = Incident.Kind.INCIDENT,
    severity: int = 3,
    impact: str = Incident.Impact.MINOR,
    harm: str = Incident.Harm.SERVICE,
    playbook: str = "",
    components: Mapping[UUID, str] | None = None,
    started_at: datetime | None = None,
    flag: str | None = None,
    titles: Mapping[str, str] | None = None,
    posture: Name | None = None,
    drill: bool = False,
) -> UUID:
    """Declare an incident and return its id. Whoever declares commands until the role is given on.

    `components` are those it touches, with the status the first update will give them. `posture` changes the posture
    with it. The first public word is owed from now on. Raises `Refused` with a sentence.
    """
    if kind != Incident.Kind.INCIDENT:
        raise Refused("Maintenance is scheduled, not declared.")
    title = one_line(title, most=120, ask="Name it as the public will read it.")
    _one_of(severity, FIRST_WORD, what="severity")
    _one_of(impact, {*Incident.Impact.values} - {Incident.Impact.MAINTENANCE}, what="impact")
    _one_of(harm, Incident.Harm.values, what="harm")
    moment = now()
    began = not_ahead(started_at, what="When it began") if started_at is not None else moment
    incident = Incident.objects.create(
        title=title,
        titles=dict(titles or {}),
        impact=impact,
        severity=severity,
        harm=harm,
        playbook=playbook[:40],
        flag=(flag or "")[:64],
        drill=drill,
        started_at=began,
        declared_at=moment,
        declared_by_id=by,
        created_at=moment,
        updated_at=moment,
    )
    incident.refresh_from_db(fields=["number"])
    _touch(incident, components or {})
    roles.begin(incident, role=Part.Role.COMMANDER, agent_id=by)
    note(incident.pk, kind="declared", what=f"Declared: {title}. Severity {severity}.", by=by)
    if began < moment:
        note(incident.pk, kind="began", what="It began, as far as is known.", by=by, at=began)
    ledger.make(
        kind=Kind.UPDATE,
        subject=subject_of(incident.pk),
        about=f"First word on incident {incident.number}: {title}"[:140],
        due=moment + FIRST_WORD[severity],
        owner=by,
        by=by,
    )
    if posture is not None:
        _change_posture(incident, to=posture, by=by)
    tell(incident.pk, kind="declared")
    return incident.pk


@transaction.atomic
def schedule_maintenance(
    *,
    title: str,
    by: int,
    scheduled_for: datetime,
    scheduled_until: datetime,
    components: Sequence[UUID] = (),
    titles: Mapping[str, str] | None = None,
) -> UUID:
    """Plan work that customers will notice, and return its id. Raises `Refused` with a sentence."""
    title = one_line(title, most=120, ask="Name it as the public will read it.")
    moment = now()
    if scheduled_for.tzinfo is None or scheduled_until.tzinfo is None or scheduled_for <= moment:
        raise Refused("Work is planned for a time that lies ahead.")
    if not timedelta(0) < scheduled_until - scheduled_for <= LONGEST_WORK:
        raise Refused(f"The work ends after it begins, and within {LONGEST_WORK.days} days.")
    incident = Incident.objects.create(
        kind=Incident.Kind.MAINTENANCE,
        title=title,
        titles=dict(titles or {}),
        status=Incident.Status.SCHEDULED,
        impact=Incident.Impact.MAINTENANCE,
        severity=4,
        started_at=scheduled_for,
        scheduled_for=scheduled_for,
        scheduled_until=scheduled_until,
        declared_at=moment,
        declared_by_id=by,
        created_at=moment,
        updated_at=moment,
    )
    _touch(incident, dict.fromkeys(components, ComponentStatus.MAINTENANCE.value))
    roles.begin(incident, role=Part.Role.COMMANDER, agent_id=by)
    note(incident.pk, kind="declared", what=f"Planned for {scheduled_for:%Y-%m-%d %H:%M} UTC: {title}.", by=by)
    tell(incident.pk, kind="declared")
    return incident.pk


@transaction.atomic
def amend(
    *,
    incident_id: UUID,
    version: int,
    by: int,
    title: str,
    severity: int,
    impact: str,
    harm: str,
    titles: Mapping[str, str] | None = None,
) -> None:
    """Say better what it is. `version` is what was on screen. Raises `NotFound`, `Stale`, `Refused`."""
    incident = held(incident_id)
    if incident.version != version:
        raise Stale(incident.version)
    title = one_line(title, most=120, ask="Name it as the public will read it.")
    _one_of(severity, FIRST_WORD, what="severity")
    _one_of(impact, Incident.Impact.values, what="impact")
    _one_of(harm, Incident.Harm.values, what="harm")
    before = (incident.title, incident.severity, incident.impact, incident.harm)
    incident.title, incident.severity, incident.impact, incident.harm = title, severity, impact, harm
    if titles is not None:
        incident.titles = dict(titles)
    if before != (title, severity, impact, harm):
        what = f"Now: {title}. Severity {severity}, impact {impact}, harm {harm}."
        note(incident.pk, kind="amended", what=what, by=by)
    done(incident, kind="amended")


@transaction.atomic
def touch(*, incident_id: UUID, components: Mapping[UUID, str], by: int) -> None:
    """Say that it touches more components; their status comes with the next update. Raises `NotFound`, `Refused`."""
    incident = held(incident_id)
    names = _touch(incident, components)
    note(incident.pk, kind="components", what=f"It touches {', '.join(names)}.", by=by)
    done(incident, kind="components")


@transaction.atomic
def say_recurrence(*, incident_id: UUID, of: int | None, by: int) -> None:
    """Say that it repeats the incident with the number `of`; `None` takes it back. Raises `NotFound`, `Refused`."""
    incident = held(incident_id)
    before = Incident.objects.filter(number=of).first() if of is not None else None
    if of is not None and before is None:
        raise Refused(f"There is no incident {of}.")
    if before is not None and before.declared_at >= incident.declared_at:
        raise Refused("An incident repeats an earlier one.")
    incident.recurrence_of = before
    note(incident.pk, kind="recurrence", what=f"It repeats incident {of}." if of else "It repeats none.", by=by)
    done(incident, kind="amended")


def _touch(incident: Incident, components: Mapping[UUID, str]) -> list[str]:
    for status in components.values():
        _one_of(status, ComponentStatus.values, what="status of a component")
    found = locked(components)
    for component_id, status in components.items():
        Affected.objects.get_or_create(incident=incident, component_id=component_id, defaults={"status": status})
    return [each.name for each in found.values()]


def _change_posture(incident: Incident, *, to: Name, by: int) -> None:
    why = f"Incident {incident.number}: {incident.title}"[:280]
    try:
        postures.change(to=to, by=by, why=why, playbook=incident.playbook or None, drill=incident.drill or None)
    except PostureRefused as refused:
        raise Refused(refused.sentence) from refused
    except PlaybookError as error:
        raise Refused(f"The playbook cannot be read: {error}") from error
    note(incident.pk, kind="posture", what=f"The posture is {to.value}.", by=by)


def _one_of(value: object, allowed: Sequence[object] | Mapping[int, object] | set[str], *, what: str) -> None:
    if value not in allowed:
        raise Refused(f"Choose a {what} from the list.")
