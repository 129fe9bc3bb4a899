"""What every verb of this room does around its own work: lock the incident, count its version, note it, tell screens.

Locks are taken in one order everywhere: the incident, its update, components by id, links by id, conversations by id.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from holdfast.incidents.contract import OUTBOX
from holdfast.incidents.errors import NotFound, Refused
from holdfast.incidents.models import Entry, Incident
from holdfast.kit import outbox
from holdfast.kit.clock import now

_AHEAD = timedelta(minutes=2)
"""How far a stated time may lie in the future: clocks of two machines are never quite the same."""


def held(incident_id: UUID) -> Incident:
    """Return the incident, locked until the caller's transaction ends. Raises `NotFound`."""
    incident = Incident.objects.select_for_update().filter(pk=incident_id).first()
    if incident is None:
        raise NotFound(incident_id)
    return incident


def one_line(text: str, *, most: int, ask: str) -> str:
    """Return `text` on one line. Raises `Refused`, saying `ask`, when it is empty or over `most` characters."""
    plain = " ".join(text.replace("\x00", "").split())
    if not plain:
        raise Refused(ask)
    if len(plain) > most:
        raise Refused(f"{ask} At most {most} characters; this has {len(plain)}.")
    return plain


def not_ahead(at: datetime, *, what: str) -> datetime:
    """Return `at`; raises `Refused` when it is aware of no zone or lies in the future."""
    if at.tzinfo is None:
        raise Refused(f"{what} needs a time with its zone.")
    if at > now() + _AHEAD:
        raise Refused(f"{what} lies in the future. Give the time at which it was so.")
    return at


def note(incident_id: UUID, *, kind: str, what: str, by: int | None, at: datetime | None = None) -> None:
    """Write a line of the timeline, in the caller's transaction."""
    moment = now()
    plain = " ".join(what.split())
    Entry.objects.create(
        incident_id=incident_id,
        at=at or moment,
        noted_at=moment,
        by_id=by,
        kind=kind,
        what=plain if len(plain) <= 280 else f"{plain[:279]}…",
    )


def done(incident: Incident, *, kind: str, update: UUID | None = None) -> None:
    """End a verb: store the incident under its next version and tell the screens what `kind` of thing happened."""
    incident.version += 1
    incident.updated_at = now()
    incident.save()
    tell(incident.pk, kind=kind, update=update)


def tell(incident_id: UUID, *, kind: str, update: UUID | None = None) -> None:
    """Publish what happened, in the caller's transaction. Ids and kinds only."""
    event = {"kind": kind, "incident": str(incident_id)}
    outbox.publish([(OUTBOX, event if update is None else {**event, "update": str(update)})])
