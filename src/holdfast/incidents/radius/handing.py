"""Handing a report on: a group for the audience, a fact for the incident, and a proposal to declare awareness."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from holdfast.guard.radius import keeping
from holdfast.guard.radius.contract import Class, Refused
from holdfast.incidents import facts
from holdfast.incidents.audiences import groups
from holdfast.incidents.audiences.errors import Refused as AudienceRefused
from holdfast.incidents.audiences.models import Segment
from holdfast.incidents.errors import Refused as IncidentRefused
from holdfast.incidents.legal import proposing
from holdfast.incidents.legal.errors import Refused as LegalRefused
from holdfast.incidents.legal.regimes import Event
from holdfast.kit.clock import now

WORDS = {
    Class.RELEASED: "Value shown",
    Class.GRANTED: "Allowed to see",
    Class.COMPARED: "Compared, not shown",
    Class.REFUSED: "Refused",
    Class.ACTED: "Exported or changed",
    Class.CASE: "Case was theirs",
    Class.OPENED: "Case opened, masked",
    Class.FOUND: "Found by a search, masked",
    Class.LISTED: "Listed, masked",
}
_FACT = "blast-radius"


@dataclass(frozen=True, slots=True)
class Handed:
    """What came of it. `without_account` have no reference, so no list can name them: they are in the report by id."""

    people: int
    without_account: int
    proposed: bool


@transaction.atomic
def hand(
    report_id: UUID,
    *,
    incident_id: UUID,
    classes: Collection[Class],
    by: int,
    aware_at: datetime | None = None,
) -> Handed:
    """Give an incident the people of these classes as a group of its audience, and the figures as a fact, not public.

    With `aware_at` it is proposed that the house became aware then; no clock starts until a person declares it. All
    or nothing. Raises `Refused`.
    """
    kept, files = keeping.kept(report_id), keeping.files_of(report_id)
    if kept is None or files is None:
        raise Refused("There is no such report.")
    if not classes:
        raise Refused("Choose at least one class of people to hand on.")
    told = json.loads(files.as_json)
    people = [each for each in told["people"] if any(touch["how"] in classes for touch in each["touches"])]
    with_account = {each["account"]: each["place"] for each in people if each["account"]}
    if not with_account:
        raise Refused("Nobody in these classes has an account reference, so there is no list to hand on.")
    words = ", ".join(WORDS[each].lower() for each in Class if each in classes)
    figures = (
        f"{len(people):,} customers: {words}; {len(kept.agents)} accounts, {kept.since:%Y-%m-%d %H:%M} to"
        f" {kept.until:%Y-%m-%d %H:%M} UTC. An upper bound: seen is not leaked."
    )
    source = f"Blast radius, report {report_id}, signed {kept.made_at:%Y-%m-%d %H:%M} UTC"
    try:
        groups.add(
            incident_id=incident_id,
            name=f"Radius {str(report_id)[-6:]}: {words}"[:60],
            segment=Segment.AFFECTED,
            source=groups.Source.FILE,
            lines=_lines(with_account),
            by=by,
        )
        facts.state(
            incident_id=incident_id, text=figures, source=source, as_of=kept.made_at, by=by, public=False, key=_FACT
        )
        proposed = aware_at is not None and _propose(kept, incident_id, figures, source, aware_at, by)
    except (AudienceRefused, IncidentRefused, LegalRefused) as refused:
        raise Refused(refused.sentence) from refused
    return Handed(len(people), len(people) - sum(1 for each in people if each["account"]), proposed)


def _propose(kept: keeping.Kept, incident_id: UUID, figures: str, source: str, at: datetime, by: int) -> bool:
    evidence = f"{figures} {source}."
    earliest = keeping.earliest_recorded(kept.agents)
    if earliest is not None and earliest.at < at:
        evidence += f" Earliest arguable: {earliest.at:%Y-%m-%d %H:%M} UTC, {earliest.what}."
    return (
        proposing.propose(incident_id=incident_id, event=Event.AWARE, at=min(at, now()), evidence=evidence, by=by)
        is not None
    )


def _lines(places: dict[str, str]) -> Iterator[str]:
    """The list as the room of audiences reads files: reference, jurisdiction."""
    for account, place in places.items():
        yield f"{_quoted(account)},{_quoted(place)}\n"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
