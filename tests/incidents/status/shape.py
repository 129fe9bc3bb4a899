"""Statuspage's published answers, version 2, as JSON schemas: every field with its type, nothing else but `x_` ones.

Written from the public API pages and the sources of published clients (statuspage.io/api/v2, npm `statuspage.io`).
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TIME: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
TEXT: Schema = {"type": "string"}
YES_OR_NO: Schema = {"type": "boolean"}


def maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(*words: str) -> Schema:
    return {"enum": list(words)}


def record(optional: frozenset[str] = frozenset(), **fields: Schema) -> Schema:
    return {
        "type": "object",
        "properties": fields,
        "required": sorted(fields.keys() - optional),
        "patternProperties": {"^x_": {}},
        "additionalProperties": False,
    }


def many(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


COMPONENT_STATUS = one_of("operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance")
PAGE = record(id=TEXT, name=TEXT, url=TEXT, time_zone=TEXT, updated_at=TIME)
STATUS = record(indicator=one_of("none", "minor", "major", "critical", "maintenance"), description=TEXT)
COMPONENT = record(
    frozenset({"components"}),
    id=TEXT,
    page_id=TEXT,
    name=TEXT,
    description=maybe(TEXT),
    status=COMPONENT_STATUS,
    position={"type": "integer"},
    showcase=YES_OR_NO,
    group=YES_OR_NO,
    group_id=maybe(TEXT),
    components=many(TEXT),
    only_show_if_degraded=YES_OR_NO,
    start_date=maybe({"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}),
    created_at=TIME,
    updated_at=TIME,
)
UPDATE_STATES = (
    *("investigating", "identified", "monitoring", "resolved", "postmortem"),
    *("scheduled", "in_progress", "verifying", "completed"),
)
UPDATE = record(
    id=TEXT,
    incident_id=TEXT,
    status=one_of(*UPDATE_STATES),
    body=TEXT,
    created_at=TIME,
    updated_at=TIME,
    display_at=TIME,
    affected_components=maybe(
        many(record(code=TEXT, name=TEXT, old_status=COMPONENT_STATUS, new_status=COMPONENT_STATUS))
    ),
    deliver_notifications=YES_OR_NO,
    custom_tweet=maybe(TEXT),
    tweet_id=maybe(TEXT),
)
_INCIDENT: dict[str, Schema] = {
    "id": TEXT,
    "page_id": TEXT,
    "name": TEXT,
    "impact": one_of("none", "minor", "major", "critical", "maintenance"),
    "created_at": TIME,
    "updated_at": TIME,
    "started_at": TIME,
    "monitoring_at": maybe(TIME),
    "resolved_at": maybe(TIME),
    "shortlink": TEXT,
    "components": many(COMPONENT),
    "incident_updates": many(UPDATE),
    "reminder_intervals": maybe(TEXT),
}
INCIDENT = record(status=one_of(*UPDATE_STATES[:5]), **_INCIDENT)
MAINTENANCE = record(
    status=one_of(*UPDATE_STATES[5:]), scheduled_for=maybe(TIME), scheduled_until=maybe(TIME), **_INCIDENT
)
DOCUMENTS: dict[str, Schema] = {
    "summary": record(
        page=PAGE,
        status=STATUS,
        components=many(COMPONENT),
        incidents=many(INCIDENT),
        scheduled_maintenances=many(MAINTENANCE),
    ),
    "status": record(page=PAGE, status=STATUS),
    "components": record(page=PAGE, components=many(COMPONENT)),
    "incidents": record(page=PAGE, incidents=many(INCIDENT)),
    "incidents/unresolved": record(page=PAGE, incidents=many(INCIDENT)),
    "scheduled-maintenances": record(page=PAGE, scheduled_maintenances=many(MAINTENANCE)),
    "scheduled-maintenances/upcoming": record(page=PAGE, scheduled_maintenances=many(MAINTENANCE)),
    "scheduled-maintenances/active": record(page=PAGE, scheduled_maintenances=many(MAINTENANCE)),
}
