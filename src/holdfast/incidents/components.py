"""The services as the public knows them. What an open incident touches cannot be taken away under it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from django.db import transaction

from holdfast.incidents.changes import one_line
from holdfast.incidents.contract import OUTBOX, ComponentMove, ComponentView
from holdfast.incidents.errors import NotFound, Refused
from holdfast.incidents.models import Affected, Component, ComponentChange, ComponentStatus, Incident
from holdfast.incidents.shown import component_view
from holdfast.kit import outbox
from holdfast.kit.clock import now


@transaction.atomic
def add(
    *,
    name: str,
    by: int | None,
    description: str = "",
    group_id: UUID | None = None,
    names: Mapping[str, str] | None = None,
    showcase: bool = True,
    only_show_if_degraded: bool = False,
    start_date: date | None = None,
) -> ComponentView:
    """Add a component at the end. A group is a component that others name. Raises `NotFound`, `Refused`."""
    name = one_line(name, most=80, ask="Name the component as customers know it.")
    group = _locked(group_id) if group_id is not None else None
    if group is not None and group.group_id is not None:
        raise Refused("A group stands in no other group.")
    moment = now()
    component = Component.objects.create(
        name=name,
        names=dict(names or {}),
        description=description[:280],
        group=group,
        position=Component.objects.filter(removed_at=None).count() + 1,
        showcase=showcase,
        only_show_if_degraded=only_show_if_degraded,
        start_date=start_date or moment.date(),
        created_at=moment,
        updated_at=moment,
    )
    ComponentChange.objects.create(component=component, status=component.status, at=moment, by_id=by)
    _tell()
    return component_view(component)


@transaction.atomic
def rename(*, component_id: UUID, name: str, description: str, names: Mapping[str, str] | None = None) -> None:
    """Name a component anew. Raises `NotFound`, `Refused`."""
    component = _locked(component_id)
    component.name = one_line(name, most=80, ask="Name the component as customers know it.")
    component.description = " ".join(description.split())[:280]
    if names is not None:
        component.names = dict(names)
    _stored(component)


@transaction.atomic
def move(*, component_id: UUID, position: int, group_id: UUID | None) -> None:
    """Put a component elsewhere on the page, in a group or in none. Raises `NotFound`, `Refused`."""
    component = _locked(component_id)
    if group_id is not None:
        group = _locked(group_id)
        if group.pk == component.pk or group.group_id is not None or component.members.filter(removed_at=None).exists():
            raise Refused("A group stands in no other group.")
    component.group_id, component.position = group_id, max(0, min(position, 10_000))
    _stored(component)


@transaction.atomic
def set_status(*, component_id: UUID, status: str, by: int) -> None:
    """Give a component a status outside an incident. Raises `NotFound`, `Refused`.

    While an incident touches it, its status comes with the incident's updates, so that page and words agree.
    """
    if status not in ComponentStatus.values:
        raise Refused("Choose one of the five statuses.")
    component = _locked(component_id)
    touching = _open_incident(component_id)
    if touching is not None:
        raise Refused(f"Incident {touching} touches {component.name}: its status comes with the next update.")
    if component.status != status:
        component.status = status
        ComponentChange.objects.create(component=component, status=status, at=now(), by_id=by)
        _stored(component)


@transaction.atomic
def remove(*, component_id: UUID) -> None:
    """Take a component off the page; its history is kept. Raises `NotFound`, and `Refused` while it is needed."""
    component = _locked(component_id)
    touching = _open_incident(component_id)
    if touching is not None:
        raise Refused(f"Incident {touching} is open and touches {component.name}. Resolve it first.")
    if component.members.filter(removed_at=None).exists():
        raise Refused(f"{component.name} still has components in it. Move them first.")
    component.removed_at = now()
    _stored(component)


def locked(component_ids: Iterable[UUID]) -> dict[UUID, Component]:
    """Inside a verb: lock components in the order of their ids. Raises `Refused` when one is on the page no more."""
    wanted = set(component_ids)
    rows = Component.objects.select_for_update().filter(pk__in=wanted).order_by("pk")
    found = {row.pk: row for row in rows if row.removed_at is None}
    if len(found) < len(wanted):
        raise Refused("One of the components is not on the page any more. Choose again.")
    return found


def give(incident: Incident, statuses: Mapping[UUID, str], *, by: int | None) -> list[ComponentMove]:
    """Inside publishing: give components their statuses and return what moved, in the order of the page."""
    found = locked(statuses)
    moves, moment = [], now()
    for component in sorted(found.values(), key=lambda each: (each.position, each.name)):
        new = statuses[component.pk]
        moves.append(
            ComponentMove(code=str(component.pk), name=component.name, old_status=component.status, new_status=new)
        )
        if component.status != new:
            component.status, component.updated_at = new, moment
            component.save(update_fields=["status", "updated_at"])
            ComponentChange.objects.create(component=component, status=new, at=moment, by_id=by, incident=incident)
        Affected.objects.update_or_create(incident=incident, component=component, defaults={"status": new})
    return moves


def _locked(component_id: UUID) -> Component:
    component = Component.objects.select_for_update().filter(pk=component_id, removed_at=None).first()
    if component is None:
        raise NotFound(component_id)
    return component


def _open_incident(component_id: UUID) -> int | None:
    return (
        Affected.objects.filter(component_id=component_id, incident__resolved_at=None)
        .order_by("incident__number")
        .values_list("incident__number", flat=True)
        .first()
    )


def _stored(component: Component) -> None:
    component.updated_at = now()
    component.save()
    _tell()


def _tell() -> None:
    outbox.publish([(OUTBOX, {"kind": "components"})])
