"""Rows of this room as the others get them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from holdfast.incidents.contract import (
    LISTS,
    CommitmentView,
    ComponentMove,
    ComponentView,
    EntryView,
    FactView,
    IncidentView,
    PartView,
    UpdateView,
)
from holdfast.incidents.models import Affected, Commitment, Component, Entry, Fact, Incident, Part, Update

_UNKNOWN = "The system"


def component_view(row: Component, *, is_group: bool = False) -> ComponentView:
    """Show a component. Whether it is a group only its members tell."""
    return ComponentView(
        id=row.pk,
        name=row.name,
        names=row.names,
        description=row.description,
        status=row.status,
        position=row.position,
        showcase=row.showcase,
        is_group=is_group,
        group_id=row.group_id,
        only_show_if_degraded=row.only_show_if_degraded,
        start_date=row.start_date,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def update_view(row: Update) -> UpdateView:
    """Show an update with its texts; `texts` are read ahead where many are shown."""
    public: dict[str, str] = {}
    segments: dict[str, dict[str, str]] = defaultdict(dict)
    lists: dict[str, dict[str, str]] = defaultdict(dict)
    for text in sorted(row.texts.all(), key=lambda each: (each.segment, each.locale)):
        others = lists if text.segment in LISTS else segments
        (others[text.segment] if text.segment else public)[text.locale] = text.text
    return UpdateView(
        id=row.pk,
        incident_id=row.incident_id,
        number=row.number,
        state=row.state,
        status=row.status,
        holding=row.holding,
        texts=public,
        segments=dict(segments),
        lists=dict(lists),
        next_update_due=row.next_update_due,
        components=tuple(ComponentMove(**each) for each in row.moved),
        planned={UUID(id_): status for id_, status in row.components.items()},
        version=row.version,
        author_id=row.author_id,
        published_by_id=row.published_by_id,
        published_at=row.published_at,
        display_at=row.display_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def incident_views(rows: Iterable[Incident]) -> list[IncidentView]:
    """Show incidents with what they touch and what was published, in a fixed number of queries, in the order given."""
    incidents = list(rows)
    ids = [row.pk for row in incidents]
    touched: dict[UUID, list[ComponentView]] = defaultdict(list)
    affected = Affected.objects.filter(incident_id__in=ids).select_related("component")
    for each in affected.order_by("component__position", "component__name"):
        touched[each.incident_id].append(component_view(each.component))
    said: dict[UUID, list[UpdateView]] = defaultdict(list)
    published = Update.objects.filter(incident_id__in=ids, state=Update.State.PUBLISHED).prefetch_related("texts")
    for update in published.order_by("-number"):
        said[update.incident_id].append(update_view(update))
    before = {row.recurrence_of_id for row in incidents if row.recurrence_of_id}
    numbers = dict(Incident.objects.filter(pk__in=before).values_list("pk", "number")) if before else {}
    return [_incident_view(row, touched[row.pk], said[row.pk], numbers) for row in incidents]


def _incident_view(
    row: Incident, touched: list[ComponentView], said: list[UpdateView], numbers: dict[UUID, int]
) -> IncidentView:
    return IncidentView(
        id=row.pk,
        number=row.number,
        kind=row.kind,
        title=row.title,
        titles=row.titles,
        status=row.status,
        impact=row.impact,
        severity=row.severity,
        harm=row.harm,
        playbook=row.playbook,
        drill=row.drill,
        started_at=row.started_at,
        declared_at=row.declared_at,
        declared_by_id=row.declared_by_id,
        identified_at=row.identified_at,
        monitoring_at=row.monitoring_at,
        resolved_at=row.resolved_at,
        scheduled_for=row.scheduled_for,
        scheduled_until=row.scheduled_until,
        cause=row.cause,
        cause_known=row.cause_known,
        recurrence_of=numbers.get(row.recurrence_of_id) if row.recurrence_of_id else None,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        components=tuple(touched),
        updates=tuple(said),
    )


def fact_view(row: Fact) -> FactView:
    """Show a fact."""
    return FactView(
        id=row.pk,
        incident_id=row.incident_id,
        key=row.key,
        text=row.text,
        source=row.source,
        as_of=row.as_of,
        public=row.public,
        stated_at=row.stated_at,
        stated_by=row.stated_by.name,
        superseded=row.superseded_by_id is not None,
        withdrawn_at=row.withdrawn_at,
        withdrawn_why=row.withdrawn_why,
    )


def part_view(row: Part) -> PartView:
    """Show who has a role."""
    return PartView(role=row.role, agent_id=row.agent_id, name=row.agent.name, since=row.since)


def commitment_view(row: Commitment) -> CommitmentView:
    """Show a commitment."""
    return CommitmentView(
        id=row.pk,
        incident_id=row.incident_id,
        incident=row.incident.number,
        what=row.what,
        prevention=row.prevention,
        public=row.public,
        owner_id=row.owner_id,
        owner=row.owner.name,
        due=row.due,
        state=row.state,
        settled_at=row.settled_at,
        outcome=row.outcome,
    )


def entry_view(row: Entry) -> EntryView:
    """Show a line of the timeline."""
    who = row.by.name if row.by is not None else _UNKNOWN
    return EntryView(at=row.at, noted_at=row.noted_at, who=who, kind=row.kind, what=row.what)
