"""What happened, when, and who noted it. Every verb of the room adds a line; people add theirs here."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from holdfast.incidents.changes import done, held, not_ahead, one_line
from holdfast.incidents.changes import note as _line
from holdfast.kit.clock import now


@transaction.atomic
def note(*, incident_id: UUID, by: int, what: str, at: datetime | None = None) -> None:
    """Note something that happened at `at` (now, without it). Raises `NotFound`, `Refused`.

    Words about the incident only: nothing about a customer belongs here.
    """
    what = one_line(what, most=280, ask="Say in one line what happened.")
    at = not_ahead(at, what="What happened") if at is not None else now()
    incident = held(incident_id)
    _line(incident.pk, kind="note", what=what, by=by, at=at)
    done(incident, kind="timeline")
