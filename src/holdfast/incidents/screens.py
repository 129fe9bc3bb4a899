"""What the pages of an incident show, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, QueryDict
from django.utils import timezone

from holdfast.conversations.lookups import numbers_of
from holdfast.incidents import gate, queries, updates, worded
from holdfast.incidents.contract import LISTS, PUBLIC, READERS, Checked, ComponentView, IncidentView, UpdateView
from holdfast.incidents.models import Affected, Answering, ComponentStatus, Incident, Matcher, Part
from holdfast.incidents.states import FOLLOWS
from holdfast.incidents.tabs import tabs
from holdfast.incidents.words import approvals, library
from holdfast.kit import streams
from holdfast.kit.clock import now
from holdfast.kit.numbers import whole
from holdfast.people.permissions import me
from holdfast.people.queries import colleagues
from holdfast.promises import queries as promises
from holdfast.shield import alike

TOPICS = ("incident", "promise", "posture", "approval")
CHOICES = (15, 30, 60, 120)
_LOOKED_BACK = timedelta(hours=24)
_FEWEST, _MOST = 5, 8  # people who say the same; crowds shown
WORDS = {
    "investigating": "Investigating",
    "identified": "Identified",
    "monitoring": "Monitoring",
    "resolved": "Resolved",
    "postmortem": "Review published",
    "scheduled": "Scheduled",
    "in_progress": "In progress",
    "verifying": "Verifying",
    "completed": "Completed",
    "operational": "Operational",
    "degraded_performance": "Degraded",
    "partial_outage": "Partial outage",
    "major_outage": "Major outage",
    "under_maintenance": "Maintenance",
}
LANGUAGES = {"en": "English", "id": "Indonesian", "pt-br": "Portuguese (Brazil)", "pt": "Portuguese", "de": "German"}


@dataclass(frozen=True, slots=True)
class Written:
    """One text of the composer."""

    locale: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Readers:
    """What some readers are told instead of the public words."""

    segment: str
    label: str
    texts: Sequence[Written]

    @property
    def any(self) -> bool:
        """Whether something is written for them."""
        return any(each.text for each in self.texts)


@dataclass(frozen=True, slots=True)
class Touched:
    """One component in the composer: what it is now, and what the update would make of it (empty: leave it)."""

    id: UUID
    name: str
    now: str
    then: str


@dataclass(frozen=True, slots=True)
class Composer:
    """The update that is being written, from the draft or from what somebody just sent."""

    update_id: UUID | None
    version: int
    status: str
    states: Sequence[tuple[str, str]]
    texts: Sequence[Written]
    readers: Sequence[Readers]
    lists: Sequence[Readers]
    next: str
    next_at: str
    next_due: datetime | None
    touched: Sequence[Touched]
    others: Sequence[ComponentView]
    written_by: str = ""
    written_at: datetime | None = None


def head(request: HttpRequest, incident: IncidentView, *, tab: str) -> dict[str, Any]:
    """Return what every page of one incident needs: for the rooms inside as well, with their own `tab`."""
    return {
        "section": "incidents",
        "incident": incident,
        "parts": queries.parts_of(incident.id),
        "tabs": tabs(incident.number),
        "tab": tab,
        "may_work": me(request).leads,
        "promise": queries.word_owed(incident.id) if incident.is_open else None,
        "stream": f"/events?ticket={streams.ticket(agent=me(request).pk, topics=TOPICS)}",
    }


def workspace(request: HttpRequest, incident: IncidentView, sent: QueryDict | None = None) -> dict[str, Any]:
    """Return the whole working page; with `sent` the composer holds what somebody just tried to save."""
    facts = queries.facts_of(incident.id)
    draft = queries.draft_of(incident.id) if gate.may_see_drafts(request, incident) else None
    return {
        **head(request, incident, tab="work"),
        **aside(incident),
        **gathered(incident),
        "composer": composer(incident, draft, sent) if me(request).leads else None,
        "draft": draft,
        **_approving(incident, draft),
        "checked": _checked(draft),
        "facts": [each for each in facts if each.stands],
        "past_facts": [each for each in facts if not each.stands],
        "timeline": queries.timeline_of(incident.id),
        "colleagues": colleagues(),
        "roles": Part.Role.choices,
        "choices": CHOICES,
        "statuses": [(value, WORDS[value]) for value in ComponentStatus.values],
        "severities": (1, 2, 3, 4),
        "impacts": [each for each in Incident.Impact.choices if each[0] != Incident.Impact.MAINTENANCE],
        "harms": Incident.Harm.choices,
        "moment": now(),
    }


def _approving(incident: IncidentView, draft: UpdateView | None) -> dict[str, Any]:
    """Return which approvals the draft lacks, what was asked, and where it is read."""
    subject = queries.subject_of(incident.id)
    facts = queries.facts_of(incident.id, public_only=True)
    return {
        "lacking": worded.missing(incident, draft, facts=facts) if draft is not None else [],
        "asked": library.asked_about(subject)[:8] if incident.is_open else [],
        "reach": approvals.reach_of(subject),
        "templates": [each for each in library.templates() if each.versions],
    }


def aside(incident: IncidentView) -> dict[str, Any]:
    """Return what is owed: promises with their clocks and how they were kept, commitments, what was said."""
    subject = queries.subject_of(incident.id)
    return {
        "incident": incident,
        "promise": queries.word_owed(incident.id) if incident.is_open else None,
        "kept": promises.tally(subject=subject),
        "commitments": queries.commitments(incident_id=incident.id),
        "updates": incident.updates,
    }


def gathered(incident: IncidentView) -> dict[str, Any]:
    """Return who asks about it: counts, what links new contacts, and how far the answer to all has come."""
    linked = queries.linked(incident.id)
    newest = next((each for each in incident.updates if not each.holding), None)
    ordered = newest is not None and Answering.objects.filter(update_id=newest.id).exists()
    sample = queries.linked_conversations(incident.id, limit=5)
    return {
        "linked": linked,
        "left": linked.total - linked.answered,
        "newest": newest,
        "ordered": ordered,
        "share": round(100 * linked.answered / linked.total) if linked.total else 0,
        "matchers": Matcher.objects.filter(incident_id=incident.id, ended_at=None).order_by("pk"),
        "sample": sorted(numbers_of([id_ for _, id_ in sample]).values()),
    }


def not_linked(incident: IncidentView) -> list[tuple[int, int]]:
    """Return what many say alike since the fault and nobody linked yet: a conversation to read, and how many."""
    since = max(incident.started_at, now() - _LOOKED_BACK)
    found = alike.crowds(since=since)
    linked = queries.incidents_of([each for crowd in found for each in crowd.conversations])
    rest = [(crowd.sample, sum(each not in linked for each in crowd.conversations)) for crowd in found]
    largest = sorted((each for each in rest if each[1] >= _FEWEST), key=lambda each: -each[1])[:_MOST]
    numbers = numbers_of([sample for sample, _ in largest])
    return [(numbers[sample], number) for sample, number in largest if sample in numbers]


def composer(incident: IncidentView, draft: UpdateView | None, sent: QueryDict | None) -> Composer:
    """Return the composer: what was sent before what is stored, and what is stored before a fresh start."""
    status = (sent.get("status") if sent else None) or (draft.status if draft else incident.status)
    states = [(each, WORDS[each]) for each in FOLLOWS.get(incident.status, ())]
    planned = draft.planned if draft else _meant(incident)
    then: Mapping[UUID, str] = gate.chosen_components(sent) if sent is not None else planned
    shown = {each.id: each for each in queries.components()}
    touched = list(dict.fromkeys([*(each.id for each in incident.components), *then]))
    due = draft.next_update_due if draft else None
    return Composer(
        update_id=draft.id if draft else None,
        version=(whole(sent.get("version")) or 0) if sent else (draft.version if draft else 0),
        status=status if status in dict(states) else (states[0][0] if states else incident.status),
        states=states,
        texts=_written(PUBLIC, draft, sent),
        readers=[Readers(segment, label, _written(segment, draft, sent)) for segment, label in READERS.items()],
        lists=[Readers(kind, label, _listed(kind, incident, draft, sent)) for kind, label in LISTS.items()],
        next=(sent.get("next") or "") if sent else ("at" if due else "30"),
        next_at=(sent.get("next_at") or "") if sent else (f"{timezone.localtime(due):%Y-%m-%dT%H:%M}" if due else ""),
        next_due=due,
        touched=[Touched(i, shown[i].name, WORDS[shown[i].status], then.get(i, "")) for i in touched if i in shown],
        others=[each for each in shown.values() if each.id not in touched and not each.is_group],
    )


def _meant(incident: IncidentView) -> dict[UUID, str]:
    """Return what the first update would make of each component: what was said when it was declared."""
    if incident.updates:
        return {each.id: "" for each in incident.components}
    return dict(Affected.objects.filter(incident_id=incident.id).values_list("component_id", "status"))


def field_of(locale: str, segment: str) -> str:
    """Return what the form calls a text."""
    return f"text:{locale}:{segment}" if segment else f"text:{locale}"


def _written(segment: str, draft: UpdateView | None, sent: QueryDict | None) -> list[Written]:
    stored = (draft.segments.get(segment, {}) if segment else draft.texts) if draft else {}
    return _typed(segment, stored, sent)


def _listed(kind: str, incident: IncidentView, draft: UpdateView | None, sent: QueryDict | None) -> list[Written]:
    """A list begins as the public reads it now: it is true until somebody says otherwise."""
    newest = next((each for each in incident.updates if not each.holding), None)
    source = draft or newest
    return _typed(kind, source.lists.get(kind, {}) if source else {}, sent)


def _typed(segment: str, stored: Mapping[str, str], sent: QueryDict | None) -> list[Written]:
    found = []
    for locale in gate.locales():
        typed = sent.get(field_of(locale, segment)) if sent is not None else None
        text = str(typed) if typed is not None else stored.get(locale, "")
        found.append(Written(locale, LANGUAGES.get(locale, locale), text))
    return found


def _checked(draft: UpdateView | None) -> Checked | None:
    return updates.check(draft.id) if draft is not None else None
