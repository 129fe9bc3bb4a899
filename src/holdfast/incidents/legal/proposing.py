"""Proposing to declare what starts clocks. The house has evidence and a time; whether it was so, a person says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from holdfast.incidents import timeline
from holdfast.incidents.legal import acts
from holdfast.incidents.legal.errors import NotFound, Refused
from holdfast.incidents.legal.models import Act, Proposal
from holdfast.incidents.legal.record import alone
from holdfast.incidents.legal.regimes import Event
from holdfast.kit.clock import now
from holdfast.people.queries import names_of


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A proposal nobody has decided yet."""

    id: int
    label: str
    at: datetime
    evidence: str
    by: str
    proposed_at: datetime


@transaction.atomic
def propose(*, incident_id: UUID, event: Event, at: datetime, evidence: str, by: int) -> int | None:
    """Propose to declare that `event` happened at `at`; return the proposal's id. It starts no clock.

    A proposal that is open already is brought up to date. `None` when the event was declared: that is corrected, not
    proposed. Raises `Refused` for the future, and for a notice.
    """
    if event == Event.NOTIFIED:
        raise Refused("That a notice was given is written down on its own clock.")
    if at > now():
        raise Refused("That lies in the future. An act says what has happened.")
    alone(incident_id)
    if Act.objects.filter(incident_id=incident_id, event=event).exists():
        return None
    evidence = " ".join(evidence.replace("\x00", "").split())[:500]
    proposal, new = Proposal.objects.update_or_create(
        incident_id=incident_id,
        event=event,
        decided_at=None,
        defaults={"at": at, "evidence": evidence, "proposed_by_id": by, "proposed_at": now()},
    )
    if new:
        timeline.note(incident_id=incident_id, by=by, what=f"Proposed for legal clocks: {event.label}.")
    return proposal.pk


@transaction.atomic
def declare(*, proposal_id: int, incident_id: UUID, at: datetime | None, by: int) -> int:
    """Declare what was proposed, at `at` or at the time proposed; return the act's id. `NotFound`, `Refused`."""
    proposal = _open(proposal_id, incident_id)
    act_id = acts.declare(
        incident_id=incident_id, event=Event(proposal.event), at=at or proposal.at, evidence=proposal.evidence, by=by
    )
    proposal.act_id = act_id
    _decided(proposal, by)
    return act_id


@transaction.atomic
def set_aside(*, proposal_id: int, incident_id: UUID, by: int) -> None:
    """Decide that it is not declared, for now; it may be proposed again. Raises `NotFound`."""
    proposal = _open(proposal_id, incident_id)
    _decided(proposal, by)
    what = f"Set aside, not declared: {Event(proposal.event).label}."
    timeline.note(incident_id=incident_id, by=by, what=what)


def open_proposals(incident_id: UUID) -> Sequence[ProposalView]:
    """Return what was proposed on an incident and not decided, the oldest first."""
    rows = list(Proposal.objects.filter(incident_id=incident_id, decided_at=None).order_by("proposed_at"))
    names = names_of([row.proposed_by_id for row in rows])
    return [
        ProposalView(
            row.pk, Event(row.event).label, row.at, row.evidence, names.get(row.proposed_by_id, ""), row.proposed_at
        )
        for row in rows
    ]


def _open(proposal_id: int, incident_id: UUID) -> Proposal:
    alone(incident_id)
    found = Proposal.objects.filter(pk=proposal_id, incident_id=incident_id, decided_at=None).first()
    if found is None:
        raise NotFound(proposal_id)
    return found


def _decided(proposal: Proposal, by: int) -> None:
    proposal.decided_by_id, proposal.decided_at = by, now()
    proposal.save(update_fields=["act", "decided_by", "decided_at"])
