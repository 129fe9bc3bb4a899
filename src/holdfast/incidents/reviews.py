"""The review once it is over: what can be counted is read, what has to be understood is written by people.

It begins with a text made from the ledger of facts and the cause. Its public summary leaves as an update of its own,
through the same checks as every other word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from holdfast.incidents import updates
from holdfast.incidents.changes import done, held, note
from holdfast.incidents.contract import IncidentView, UpdateView
from holdfast.incidents.costing import in_words, reckon
from holdfast.incidents.errors import Refused, Stale
from holdfast.incidents.models import Incident, Review
from holdfast.incidents.queries import commitments, facts_of, linked
from holdfast.kit.clock import now
from holdfast.people.queries import name_of

SECTIONS: Final[Mapping[str, str]] = {
    "story": "What happened, and what it meant for people",
    "went-well": "What went well",
    "went-badly": "What did not",
    "cost": "What it cost: people’s hours, refunds, fees, contracts",
    "changes": "What changes",
}
LONGEST = 10_000  # characters of a section


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A review. Without a row yet it is the text it begins with, at version 0."""

    sections: Mapping[str, str]
    summary: Mapping[str, str]
    version: int
    updated_at: datetime | None
    updated_by: str


def review_of(incident: IncidentView) -> ReviewView:
    """Return the review of an incident, or the text it begins with."""
    row = Review.objects.filter(incident_id=incident.id).first()
    if row is None:
        return ReviewView(_begun(incident), {}, 0, None, "")
    return ReviewView(row.sections, row.summary, row.version, row.updated_at, name_of(row.updated_by_id))


@transaction.atomic
def keep(*, incident_id: UUID, version: int, sections: Mapping[str, str], summary: Mapping[str, str], by: int) -> None:
    """Keep the review that was on screen with `version`. Raises `NotFound`; `Stale` when somebody wrote meanwhile."""
    incident = held(incident_id)
    row = Review.objects.select_for_update().filter(incident=incident).first()
    if (row.version if row is not None else 0) != version:
        raise Stale(row.version if row is not None else 0)
    row = row or Review(incident=incident)
    row.sections = {key: _text(sections.get(key, "")) for key in SECTIONS}
    row.summary = {key: _text(text) for key, text in summary.items() if text.strip()}
    row.version, row.updated_at, row.updated_by_id = version + 1, now(), by
    row.save()
    if version == 0:
        note(incident.pk, kind="review", what="The review was begun.", by=by)
    done(incident, kind="review")


@transaction.atomic
def draft_summary(*, incident_id: UUID, by: int) -> UpdateView:
    """Make an update of the public summary, to be checked and published as any other.

    Raises `NotFound`; `Refused` before it is resolved, or without a summary; `Stale` when an update is being written.
    """
    incident = held(incident_id)
    if incident.status not in {Incident.Status.RESOLVED, Incident.Status.POSTMORTEM}:
        raise Refused("The summary is for the public once it is resolved.")
    row = Review.objects.filter(incident=incident).first()
    if row is None or not row.summary:
        raise Refused("Write the public summary first.")
    return updates.draft(
        incident_id=incident_id,
        by=by,
        status=Incident.Status.POSTMORTEM,
        texts=row.summary,
        next_update_due=None,
        components={},
    )


def _begun(incident: IncidentView) -> dict[str, str]:
    known = [f"{each.as_of:%H:%M} {each.text}" for each in reversed(facts_of(incident.id)) if each.stands]
    cause = incident.cause or ("The cause is not known yet." if incident.cause_known is False else "")
    committed = [f"{each.what} ({each.owner}, by {each.due:%Y-%m-%d})" for each in commitments(incident_id=incident.id)]
    return {
        **dict.fromkeys(SECTIONS, ""),
        "cost": in_words(reckon(incident, linked(incident.id))),
        "story": "\n".join(filter(None, [cause, *known])),
        "changes": "\n".join(committed),
    }


def _text(text: str) -> str:
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(text) > LONGEST:
        raise Refused(f"A section has at most {LONGEST} characters; this has {len(text)}.")
    return text
