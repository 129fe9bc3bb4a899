"""What the public may know at one moment, read at once: the one source of page, JSON, feeds and export.

Here words for single kinds of readers are left behind: what comes out carries the public's texts only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from holdfast.conversations import line, waits
from holdfast.conversations.callback_windows import windows
from holdfast.incidents import queries
from holdfast.incidents.contract import ComponentView, IncidentView
from holdfast.incidents.status.care import Care
from holdfast.incidents.status.care import line as line_of_care
from holdfast.incidents.status.uptime import DAYS, Uptime, ninety_days
from holdfast.kit.clock import now
from holdfast.kit.ids import derived
from holdfast.promises import queries as promises
from holdfast.promises.contract import Kind, PromiseView, State

LISTED = 50
"""How many incidents, and how many maintenances, are listed; as Statuspage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The promises of the next word on one incident that are settled, oldest first: true is in time."""

    marks: tuple[bool, ...]
    due: datetime | None
    since: datetime | None

    @property
    def kept(self) -> int:
        """How many were in time."""
        return sum(self.marks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What somebody who writes now has to expect: minutes in a chat, and the first time for a call. `None`: unknown."""

    low: int | None
    high: int | None
    call_from: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Everything, at one moment. Lists have the newest first, components the order of the page."""

    at: datetime
    page_id: str
    updated_at: datetime
    components: tuple[ComponentView, ...]
    incidents: tuple[IncidentView, ...]
    maintenances: tuple[IncidentView, ...]
    uptimes: Mapping[UUID, Uptime]
    records: Mapping[UUID, Record]
    prevention: Mapping[UUID, tuple[str, ...]]
    talk: Talk
    care: Care

    @property
    def open_incidents(self) -> tuple[IncidentView, ...]:
        """Incidents that go on, the worst and then the oldest first."""
        going_on = [each for each in self.incidents if each.is_open]
        return tuple(sorted(going_on, key=lambda each: (each.severity, each.started_at)))

    @property
    def upcoming(self) -> tuple[IncidentView, ...]:
        """Maintenance that has not begun, the next first."""
        found = [each for each in self.maintenances if each.status == "scheduled"]
        return tuple(sorted(found, key=lambda each: each.scheduled_for or each.created_at))

    @property
    def under_way(self) -> tuple[IncidentView, ...]:
        """Maintenance that goes on."""
        return tuple(each for each in self.maintenances if each.status in {"in_progress", "verifying"})


def look() -> Picture:
    """Read it. A drill, a draft, an incident nobody was told of and words not meant for everybody are not in it."""
    moment = now()
    told = [_for_everybody(each) for each in queries.public_incidents(limit=4 * LISTED)]
    components = tuple(queries.components())
    stamps = [each.updated_at for each in told] + [each.updated_at for each in components]
    incidents = [each for each in told if each.kind == "incident"]
    return Picture(
        at=moment,
        page_id=derived("status page", settings.PUBLIC_URL).hex[:12],
        updated_at=max(stamps, default=datetime(2000, 1, 1, tzinfo=UTC)),
        components=components,
        incidents=_listed(incidents),
        maintenances=_listed([each for each in told if each.kind == "maintenance"]),
        uptimes=_uptimes(components, moment),
        records={each.id: _record(each) for each in incidents if each.is_open},
        prevention=_prevention({each.id for each in incidents[:LISTED] if not each.is_open}),
        talk=talk(moment),
        care=line_of_care(),
    )


def zone() -> ZoneInfo:
    """Return the zone in which the public reads times."""
    return ZoneInfo(settings.CUSTOMERS_ZONE)


def _listed(told: Sequence[IncidentView]) -> tuple[IncidentView, ...]:
    """The newest, and what goes on however old it is."""
    return tuple(each for place, each in enumerate(told) if place < LISTED or each.is_open)


def _for_everybody(incident: IncidentView) -> IncidentView:
    updates = tuple(
        replace(each, segments={}, planned={}, author_id=None, published_by_id=None) for each in incident.updates
    )
    said = tuple(each for each in updates if each.texts)
    # What people do inside changes an incident too; to the public it changes with its words.
    changed = max((each.updated_at for each in said), default=incident.created_at)
    return replace(incident, updates=said, updated_at=changed, cause="", playbook="")


def _uptimes(components: Sequence[ComponentView], moment: datetime) -> dict[UUID, Uptime]:
    changes = queries.component_changes(since=moment - timedelta(days=DAYS + 1))
    where = zone()
    return {each.id: ninety_days(changes.get(each.id, []), at=moment, zone=where) for each in components}


def _record(incident: IncidentView) -> Record:
    made: list[PromiseView] = [
        each for each in promises.history(queries.subject_of(incident.id)) if each.kind == Kind.UPDATE
    ]
    settled = [each for each in made if each.state in {State.KEPT, State.LATE, State.BROKEN}]
    standing = next((each for each in reversed(made) if each.state in {State.OPEN, State.BROKEN}), None)
    return Record(
        marks=tuple(each.state == State.KEPT for each in settled),
        due=incident.next_update_due or (standing.due if standing else None),
        since=standing.made_at if standing else None,
    )


def _prevention(ended: set[UUID]) -> dict[UUID, tuple[str, ...]]:
    found: dict[UUID, tuple[str, ...]] = {}
    for each in queries.commitments():
        if each.incident_id in ended and each.public and each.prevention and each.state != "dropped":
            found[each.incident_id] = (*found.get(each.incident_id, ()), each.what)
    return found


def talk(moment: datetime) -> Talk:
    """Return it over all lines together: the range from the shortest to the longest, for nobody chose a matter yet."""
    found, calls = [], []
    queues = line.queues()
    lengths = line.lengths(queues)
    for queue in queues:
        wait = waits.estimate(queue_id=queue, place=lengths[queue] + 1)
        if wait is not None:
            found.append(wait)
        calls += windows(queue, at=moment, limit=1)
    return Talk(
        low=min((each.low for each in found), default=None),
        high=max((each.high for each in found), default=None),
        call_from=min((each.starts_at for each in calls), default=None),
    )
