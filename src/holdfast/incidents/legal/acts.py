"""Declaring what starts clocks: explicit, on evidence, by a person, kept for good.

An act that was wrong is corrected by another act, which names what it corrects; both stay to be read.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from holdfast.incidents import timeline
from holdfast.incidents.legal import clocks
from holdfast.incidents.legal.errors import NotFound, Refused
from holdfast.incidents.legal.models import Act
from holdfast.incidents.legal.record import alone, write
from holdfast.incidents.legal.regimes import Event


@transaction.atomic
def declare(*, incident_id: UUID, event: Event, at: datetime, evidence: str, by: int) -> int:
    """Declare that `event` happened at `at`, which is not in the future. Returns the act's id.

    Clocks that wait for it begin to run. Raises `Refused` when it was declared before (correct it instead), for a
    notice (that is done on its clock), or without evidence.
    """
    if event == Event.NOTIFIED:
        raise Refused("That a notice was given is written down on its own clock.")
    alone(incident_id)
    act = write(
        Act(incident_id=incident_id, event=event, at=at, evidence=evidence, by_id=by),
        otherwise="This was declared before. Correct that act; the earlier one stays to be read.",
    )
    timeline.note(incident_id=incident_id, by=by, what=f"Declared for legal clocks: {event.label}.", at=at)
    clocks.refresh(incident_id=incident_id, by=by, why=f"{event.label}: declared.")
    return act.pk


@transaction.atomic
def correct(*, act_id: int, incident_id: UUID, at: datetime, evidence: str, by: int, holds: bool = True) -> int:
    """Correct an act by another one: another time, or with `holds=False` that it did not happen. Returns its id.

    The clocks are counted anew by it. Raises `NotFound`; `Refused` when it was corrected before, so that two people
    who correct at once do not both believe to be right.
    """
    alone(incident_id)
    old = Act.objects.filter(pk=act_id, incident_id=incident_id).first()
    if old is None:
        raise NotFound(act_id)
    if old.event == Event.NOTIFIED and not holds:
        raise Refused("A notice that was not given after all is for counsel. Note it on the timeline.")
    act = write(
        Act(
            incident_id=incident_id,
            event=old.event,
            duty=old.duty,
            at=at,
            evidence=evidence,
            holds=holds,
            by_id=by,
            corrects=old,
        ),
        otherwise="Somebody corrected this act in the meantime. Look again, then correct the newest one.",
    )
    said = "corrected" if holds else "taken back"
    timeline.note(incident_id=incident_id, by=by, what=f"Legal clocks: {Event(old.event).label}: {said}.")
    clocks.refresh(incident_id=incident_id, by=by, why=f"{Event(old.event).label}: {said}.")
    return act.pk
