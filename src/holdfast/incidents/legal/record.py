"""The record of acts: written once, read as what stands now. Verbs write here, inside their transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from holdfast.incidents.legal.errors import Refused
from holdfast.incidents.legal.models import Act
from holdfast.kit.clock import now

_LOCK = 0x6C656761  # an advisory lock per incident, taken first by every verb of the room


def alone(incident_id: UUID) -> None:
    """Let others who act on the legal side of this incident wait until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, str(incident_id)])


def write(act: Act, *, otherwise: str) -> Act:
    """Store an act. Raises `Refused` without evidence, for the future, and with `otherwise` when it stands already."""
    act.noted_at = now()
    act.evidence = " ".join(act.evidence.replace("\x00", "").split())
    if not act.evidence or len(act.evidence) > 500:
        raise Refused("Say on what evidence, at most 500 characters: a message, a report, a decision and its date.")
    if act.at > act.noted_at:
        raise Refused("That lies in the future. An act says what has happened.")
    try:
        with transaction.atomic():
            act.save(force_insert=True)
    except IntegrityError as error:
        if "act_declared_once" in str(error) or "corrects_id" in str(error):
            raise Refused(otherwise) from None
        raise
    return act


def events(incident_id: UUID) -> Mapping[str, datetime]:
    """Return when each event happened by the acts that stand, notices as `<regime>/<duty>`."""
    return {act.duty or act.event: act.at for act in standing(incident_id) if act.holds}


def standing(incident_id: UUID) -> Sequence[Act]:
    """Return the acts of an incident that no later one corrects."""
    return list(Act.objects.filter(incident_id=incident_id, corrected_by=None).order_by("at", "id"))
