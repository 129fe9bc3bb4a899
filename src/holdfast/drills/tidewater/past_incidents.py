"""Writes the made-up bank's components, what broke lately and what was said, and planned work. Nobody is told of it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from holdfast.incidents.models import (
    Affected,
    Commitment,
    Component,
    ComponentChange,
    Entry,
    Fact,
    Incident,
    Part,
    Update,
    UpdateText,
)
from holdfast.people.models import Agent, Role
from holdfast.promises.models import Promise

_FILE = Path(__file__).parent / "incidents.toml"
_KNOWN_FOR = timedelta(days=120)
"""How far back the history of each component goes."""


def write_incidents(*, at: datetime) -> int:
    """Write all of it, as seen from `at`, and return how many incidents; nothing where components are already."""
    if Component.objects.exists():
        return 0
    given = tomllib.loads(_FILE.read_text())
    lead = Agent.objects.filter(role=Role.LEAD).order_by("pk")[0]
    parts = _components(given["component"], at=at - _KNOWN_FOR)
    for each in given["incident"]:
        _Past(each, at=at, by=lead, parts=parts).write()
    for each in given["maintenance"]:
        _maintenance(each, at=at, by=lead, parts=parts)
    return len(given["incident"]) + len(given["maintenance"])


def _components(given: list[Mapping[str, Any]], *, at: datetime) -> dict[str, Component]:
    found: dict[str, Component] = {}
    for position, each in enumerate(given, start=1):
        found[each["name"]] = Component.objects.create(
            name=each["name"],
            names=each.get("names", {}),
            description=each["description"],
            group=found[each["group"]] if "group" in each else None,
            position=position,
            start_date=at.date(),
            created_at=at,
            updated_at=at,
        )
    ComponentChange.objects.bulk_create(
        ComponentChange(component=each, status=each.status, at=at) for each in found.values()
    )
    return found


class _Past:
    """One incident that is over, written row by row as its verbs would have left it."""

    def __init__(self, given: Mapping[str, Any], *, at: datetime, by: Agent, parts: Mapping[str, Component]) -> None:
        self.given, self.by, self.parts = given, by, parts
        self.fault = _on(at - timedelta(days=given["days_ago"]), given["fault"])

    def write(self) -> None:
        self.incident = self._incident()
        Part.objects.create(
            incident=self.incident, role="commander", agent=self.by, since=self._after(self.given["declared"])
        )
        self._facts()
        for number, said in enumerate(self.given["update"], start=1):
            self._update(number, said)
        for each in self.given["commitment"]:
            self._commitment(each)

    def _incident(self) -> Incident:
        given, last = self.given, self._after(self.given["update"][-1]["at"])
        since = {each["status"]: self._after(each["at"]) for each in reversed(given["update"])}
        declared = self._after(given["declared"])
        incident = Incident.objects.create(
            title=given["title"],
            titles=given["titles"],
            status=Incident.Status.RESOLVED,
            impact=given["impact"],
            severity=given["severity"],
            harm=given["harm"],
            cause=given["cause"],
            cause_known=True,
            started_at=self.fault,
            declared_at=declared,
            declared_by=self.by,
            identified_at=since.get("identified"),
            monitoring_at=since.get("monitoring"),
            resolved_at=last,
            created_at=declared,
            updated_at=last,
        )
        self._note(incident, self.given["declared"], "declared", f"Declared: {given['title']}.")
        return incident

    def _facts(self) -> None:
        before: dict[str, Fact] = {}
        for each in self.given["fact"]:
            at = self._after(each["at"])
            fact = Fact.objects.create(
                incident=self.incident,
                key=each["key"],
                text=each["text"],
                source=each["source"],
                as_of=at,
                public=each["public"],
                stated_at=at,
                stated_by=self.by,
            )
            old = before.get(each["key"])
            if old is not None:
                old.superseded_by = fact
                old.save()
            before[each["key"]] = fact
            self._note(self.incident, each["at"], "fact", f"Known: {each['text']} ({each['source']})")

    def _update(self, number: int, said: Mapping[str, Any]) -> None:
        at = self._after(said["at"])
        due = at + timedelta(minutes=said["next"]) if "next" in said else None
        self._keep(at)
        statuses = said.get("components", {})
        update = Update.objects.create(
            incident=self.incident,
            number=number,
            state=Update.State.PUBLISHED,
            status=said["status"],
            holding=said.get("holding", False),
            components={str(self.parts[name].pk): status for name, status in statuses.items()},
            moved=[_move(self.parts[name], status, incident=self.incident, at=at) for name, status in statuses.items()],
            next_update_due=due,
            author=self.by,
            published_by=None if said.get("holding") else self.by,
            published_at=at,
            display_at=at,
            created_at=at,
            updated_at=at,
        )
        _texts(update, said["texts"])
        if due is not None:
            self._promise("update", f"incident:{self.incident.pk}", self.incident.title, made=at, due=due)
        what = "Holding text went out" if update.holding else f"Update {number} went out"
        self._note(self.incident, said["at"], "holding" if update.holding else "update", f"{what}: {said['status']}.")

    def _commitment(self, given: Mapping[str, Any]) -> None:
        made = self._after(self.given["update"][-1]["at"])
        due, owner = made + timedelta(days=given["days"]), Agent.objects.get(name=given["owner"])
        done = made + timedelta(days=given["done_days"]) if "done_days" in given else None
        row = Commitment.objects.create(
            incident=self.incident,
            what=given["what"],
            prevention=True,
            public=given["public"],
            owner=owner,
            due=due,
            state=Commitment.State.DONE if done else Commitment.State.OPEN,
            settled_at=done,
            settled_by=owner if done else None,
            outcome=given.get("outcome", ""),
            created_at=made,
        )
        self._promise("commitment", f"commitment:{row.pk}", row.what, made=made, due=due, owner=owner, kept=done)

    def _promise(
        self,
        kind: str,
        subject: str,
        about: str,
        *,
        made: datetime,
        due: datetime,
        owner: Agent | None = None,
        kept: datetime | None = None,
    ) -> None:
        Promise.objects.create(
            kind=kind,
            subject=subject,
            about=about[:140],
            owner=owner or self.by,
            made_at=made,
            made_by=self.by,
            first_due=due,
            due=due,
            state="kept" if kept else "open",
            settled_at=kept,
            noted_at=kept,
            settled_by=(owner or self.by) if kept else None,
            look_at=None if kept else due,
        )

    def _keep(self, at: datetime) -> None:
        open_one = Promise.objects.filter(subject=f"incident:{self.incident.pk}", state="open").first()
        if open_one is not None:
            open_one.state = "kept" if at <= open_one.due else "late"
            open_one.settled_at = open_one.noted_at = at
            open_one.settled_by, open_one.look_at = self.by, None
            open_one.save()

    def _after(self, minutes: int) -> datetime:
        return self.fault + timedelta(minutes=minutes)

    def _note(self, incident: Incident, minutes: int, kind: str, what: str) -> None:
        at = self._after(minutes)
        Entry.objects.create(incident=incident, at=at, noted_at=at, by=self.by, kind=kind, what=what[:280])


def _maintenance(given: Mapping[str, Any], *, at: datetime, by: Agent, parts: Mapping[str, Component]) -> None:
    begins = _on(at + timedelta(days=given["in_days"]), given["begins"])
    incident = Incident.objects.create(
        kind=Incident.Kind.MAINTENANCE,
        title=given["title"],
        titles=given["titles"],
        status=Incident.Status.SCHEDULED,
        impact=Incident.Impact.MAINTENANCE,
        severity=4,
        started_at=begins,
        scheduled_for=begins,
        scheduled_until=begins + timedelta(hours=given["hours"]),
        declared_at=at,
        declared_by=by,
        created_at=at,
        updated_at=at,
    )
    Affected.objects.bulk_create(
        Affected(incident=incident, component=parts[name], status="under_maintenance") for name in given["components"]
    )
    update = Update.objects.create(
        incident=incident,
        number=1,
        state=Update.State.PUBLISHED,
        status=Incident.Status.SCHEDULED,
        next_update_due=begins,
        author=by,
        published_by=by,
        published_at=at,
        display_at=at,
        created_at=at,
        updated_at=at,
    )
    _texts(update, given["texts"])


def _texts(update: Update, texts: Mapping[str, str]) -> None:
    UpdateText.objects.bulk_create(UpdateText(update=update, locale=key, text=text) for key, text in texts.items())


def _move(component: Component, status: str, *, incident: Incident, at: datetime) -> dict[str, str]:
    old = component.status
    component.status, component.updated_at = status, at
    component.save()
    ComponentChange.objects.create(component=component, status=status, at=at, incident=incident)
    Affected.objects.update_or_create(incident=incident, component=component, defaults={"status": status})
    return {"code": str(component.pk), "name": component.name, "old_status": old, "new_status": status}


def _on(day: datetime, clock: str) -> datetime:
    hour, minute = clock.split(":")
    return day.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
