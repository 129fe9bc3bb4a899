"""The public JSON in the shape of Statuspage's interface, version 2, so that clients made for it work as they are.

Shape: the published client sources and recorded answers of several pages. What is ours begins with `x_`. Times are ISO
8601 in UTC with milliseconds. Texts are those in the house's own language; `x_bodies` has the others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from holdfast.incidents.contract import ComponentView, IncidentView, UpdateView
from holdfast.incidents.status.picture import LISTED, Picture

_NAMES: Final = {
    "none": "All Systems Operational",
    "maintenance": "Service Under Maintenance",
    "minor": "Partially Degraded Service",
    "major": "Partial System Outage",
    "critical": "Major Service Outage",
}
_INDICATORS: Final = {
    "operational": "none",
    "under_maintenance": "maintenance",
    "degraded_performance": "minor",
    "partial_outage": "major",
    "major_outage": "critical",
}
_ORDER: Final = ("none", "maintenance", "minor", "major", "critical")

Json = dict[str, Any]


def documents(picture: Picture) -> Mapping[str, bytes]:
    """Return every document by its path."""
    incidents = [_incident(each, picture) for each in picture.incidents[:LISTED]]
    going_on = [_incident(each, picture) for each in picture.incidents if each.is_open]
    upcoming = [_maintenance(each, picture) for each in picture.upcoming]
    active = [_maintenance(each, picture) for each in picture.under_way]
    components = [_component(each, picture) for each in picture.components]
    made: Mapping[str, Callable[[], Json]] = {
        "summary": lambda: {
            "components": components,
            "incidents": going_on,
            "scheduled_maintenances": [*active, *upcoming],
            "status": _status(picture),
        },
        "status": lambda: {"status": _status(picture)},
        "components": lambda: {"components": components},
        "incidents": lambda: {"incidents": incidents},
        "incidents/unresolved": lambda: {"incidents": going_on},
        "scheduled-maintenances": lambda: {
            "scheduled_maintenances": [_maintenance(each, picture) for each in picture.maintenances[:LISTED]]
        },
        "scheduled-maintenances/upcoming": lambda: {"scheduled_maintenances": upcoming},
        "scheduled-maintenances/active": lambda: {"scheduled_maintenances": active},
    }
    page = _page(picture)
    return {f"/api/v2/{name}.json": _written({"page": page, **make()}) for name, make in made.items()}


def posted(picture: Picture, incident_id: UUID) -> str:
    """Return what a subscriber's webhook gets of an incident: page and incident, as Statuspage posts them."""
    found = next(each for each in (*picture.incidents, *picture.maintenances) if each.id == incident_id)
    status = _status(picture)
    page = {
        "id": picture.page_id,
        "status_indicator": status["indicator"],
        "status_description": status["description"],
    }
    made = _maintenance(found, picture) if found.kind == "maintenance" else _incident(found, picture)
    return _written({"page": page, "incident": made}).decode()


def indicator(picture: Picture) -> str:
    """Return how bad it is: as bad as the worst component, or as the worst impact of what goes on."""
    found = [_INDICATORS[each.status] for each in picture.components]
    found += [each.impact for each in picture.incidents if each.is_open]
    found += ["maintenance"] if picture.under_way else []
    return max(found, key=_ORDER.index, default="none")


def address(incident: IncidentView) -> str:
    """Return the one address of an incident; also its id in feeds."""
    return f"{settings.PUBLIC_URL}/status/incidents/{incident.id}/"


def _written(document: Json) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _page(picture: Picture) -> Json:
    return {
        "id": picture.page_id,
        "name": settings.COMPANY,
        "url": f"{settings.PUBLIC_URL}/status/",
        "time_zone": settings.CUSTOMERS_ZONE,
        "updated_at": _time(picture.updated_at),
    }


def _status(picture: Picture) -> Json:
    found = indicator(picture)
    return {"indicator": found, "description": _NAMES[found]}


def _component(component: ComponentView, picture: Picture) -> Json:
    made = {
        "id": str(component.id),
        "name": component.name,
        "status": component.status,
        "created_at": _time(component.created_at),
        "updated_at": _time(component.updated_at),
        "position": component.position,
        "description": component.description or None,
        "showcase": component.showcase,
        "start_date": component.start_date.isoformat() if component.start_date else None,
        "group_id": str(component.group_id) if component.group_id else None,
        "page_id": picture.page_id,
        "group": component.is_group,
        "only_show_if_degraded": component.only_show_if_degraded,
    }
    if component.is_group:
        made["components"] = [str(each.id) for each in picture.components if each.group_id == component.id]
    return made


def _incident(incident: IncidentView, picture: Picture) -> Json:
    return {
        "id": str(incident.id),
        "name": incident.title,
        "status": incident.status,
        "created_at": _time(incident.created_at),
        "updated_at": _time(incident.updated_at),
        "monitoring_at": _maybe(incident.monitoring_at),
        "resolved_at": _maybe(incident.resolved_at),
        "impact": incident.impact,
        "shortlink": address(incident),
        "started_at": _time(incident.started_at),
        "page_id": picture.page_id,
        "incident_updates": [_update(each, newest=place == 0) for place, each in enumerate(incident.updates)],
        "components": [_component(each, picture) for each in _as_they_are(incident, picture)],
        "reminder_intervals": None,
        "x_number": incident.number,
        "x_names": dict(incident.titles),
        "x_next_update_due": _maybe(incident.next_update_due),
    }


def _maintenance(incident: IncidentView, picture: Picture) -> Json:
    return _incident(incident, picture) | {
        "scheduled_for": _maybe(incident.scheduled_for),
        "scheduled_until": _maybe(incident.scheduled_until),
    }


def _as_they_are(incident: IncidentView, picture: Picture) -> Sequence[ComponentView]:
    """The components of an incident with what the page knows of them, such as whether one is a group."""
    known = {each.id: each for each in picture.components}
    return [known.get(each.id, each) for each in incident.components]


def _update(update: UpdateView, *, newest: bool) -> Json:
    said = update.published_at or update.created_at
    return {
        "id": str(update.id),
        "status": update.status,
        "body": update.text_in(settings.LANGUAGE_CODE, default=settings.LANGUAGE_CODE),
        "incident_id": str(update.incident_id),
        # Not when somebody began to write it: that is nobody's matter, and clients sort by it.
        "created_at": _time(said),
        "updated_at": _time(update.updated_at),
        "display_at": _time(update.display_at or said),
        "affected_components": [
            {"code": each.code, "name": each.name, "old_status": each.old_status, "new_status": each.new_status}
            for each in update.components
        ]
        or None,
        "deliver_notifications": True,
        "custom_tweet": None,
        "tweet_id": None,
        "x_number": update.number,
        "x_bodies": dict(update.texts),
        **{
            f"x_{kind}": {each: text.splitlines() for each, text in said.items()} for kind, said in update.lists.items()
        },
        "x_next_update_due": _maybe(update.next_update_due) if newest else None,
    }


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _maybe(moment: datetime | None) -> str | None:
    return _time(moment) if moment is not None else None
