"""What is done so that it does not happen again. Each is a promise with an owner and a date, followed to its end."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from holdfast.incidents.changes import done as _done
from holdfast.incidents.changes import held, note, one_line
from holdfast.incidents.contract import CommitmentView
from holdfast.incidents.errors import NotFound, Refused
from holdfast.incidents.models import Commitment, Incident
from holdfast.incidents.shown import commitment_view
from holdfast.kit.clock import now
from holdfast.people.queries import is_here
from holdfast.promises import ledger
from holdfast.promises.contract import Kind

_State = Commitment.State


@transaction.atomic
def promise(
    *,
    incident_id: UUID,
    what: str,
    owner: int,
    due: datetime,
    by: int | None,
    prevention: bool = True,
    public: bool = False,
) -> CommitmentView:
    """Commit somebody to something by a date. `prevention`: so that it does not happen again; `public`: shown to all.

    Raises `NotFound`, `Refused`.
    """
    what = one_line(what, most=280, ask="Say in one line what will be done.")
    if due.tzinfo is None or due <= now():
        raise Refused("A commitment is due at a time that lies ahead.")
    if not is_here(owner):
        raise Refused("Choose an owner who is here.")
    incident = held(incident_id)
    row = Commitment.objects.create(
        incident=incident, what=what, prevention=prevention, public=public, owner_id=owner, due=due, created_at=now()
    )
    ledger.make(kind=Kind.COMMITMENT, subject=subject_of(row.pk), about=what[:140], due=due, owner=owner, by=by)
    note(incident.pk, kind="commitment", what=f"Committed: {what} ({row.owner.name}, by {due:%Y-%m-%d})", by=by)
    _done(incident, kind="commitments")
    return commitment_view(row)


@transaction.atomic
def done(*, commitment_id: int, outcome: str, by: int) -> None:
    """Say that it is done, and what came of it. Raises `NotFound`, `Refused`."""
    outcome = one_line(outcome, most=280, ask="Say in one line what was done.")
    incident, row = _open(commitment_id)
    ledger.keep(kind=Kind.COMMITMENT, subject=subject_of(row.pk), by=by)
    _settle(incident, row, state=_State.DONE, outcome=outcome, by=by, said="Done")


@transaction.atomic
def drop(*, commitment_id: int, why: str, by: int) -> None:
    """Give it up, with a reason that stays beside it. Raises `NotFound`, `Refused`."""
    why = one_line(why, most=280, ask="Say in one line why it is given up.")
    incident, row = _open(commitment_id)
    ledger.cancel(kind=Kind.COMMITMENT, subject=subject_of(row.pk), why=why, by=by)
    _settle(incident, row, state=_State.DROPPED, outcome=why, by=by, said="Given up")


def subject_of(commitment_id: int) -> str:
    """Return how the ledger of promises names a commitment."""
    return f"commitment:{commitment_id}"


def _open(commitment_id: int) -> tuple[Incident, Commitment]:
    incident_id = Commitment.objects.filter(pk=commitment_id).values_list("incident_id", flat=True).first()
    if incident_id is None:
        raise NotFound(commitment_id)
    incident = held(incident_id)
    row = Commitment.objects.select_for_update().get(pk=commitment_id)
    if row.state != _State.OPEN:
        raise Refused("This commitment was settled already.")
    return incident, row


def _settle(incident: Incident, row: Commitment, *, state: _State, outcome: str, by: int, said: str) -> None:
    row.state, row.outcome, row.settled_at, row.settled_by_id = state, outcome, now(), by
    row.save(update_fields=["state", "outcome", "settled_at", "settled_by"])
    note(incident.pk, kind="commitment", what=f"{said}: {row.what} ({outcome})", by=by)
    _done(incident, kind="commitments")
