"""Why it happened, or that nobody knows yet: without either it cannot be called resolved."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from holdfast.incidents.changes import done, held, note, one_line
from holdfast.incidents.errors import Refused


@transaction.atomic
def say(*, incident_id: UUID, known: bool, cause: str, by: int) -> None:
    """Say the cause in a sentence or a few, or that it is not known yet. Raises `NotFound`, `Refused`.

    What a message may claim of it is a fact of its own, with its source.
    """
    incident = held(incident_id)
    if known:
        incident.cause = one_line(cause, most=1000, ask="Say what the cause was.")
    elif cause.strip():
        raise Refused("A cause that is not known cannot be described. Note what is suspected in the timeline.")
    else:
        incident.cause = ""
    incident.cause_known = known
    note(incident.pk, kind="cause", what=f"Cause: {incident.cause}" if known else "The cause is not known yet.", by=by)
    done(incident, kind="cause")
