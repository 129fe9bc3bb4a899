"""Reads about incidents, for screens of this room and for the rooms above and inside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from holdfast.conversations.lookups import cuts_of
from holdfast.incidents.contract import (
    CommitmentView,
    ComponentView,
    EntryView,
    FactView,
    IncidentView,
    Linked,
    NextWord,
    PartView,
    UpdateView,
)
from holdfast.incidents.models import (
    Commitment,
    Component,
    ComponentChange,
    Entry,
    Fact,
    Incident,
    Link,
    Part,
    Update,
)
from holdfast.incidents.shown import (
    commitment_view,
    component_view,
    entry_view,
    fact_view,
    incident_views,
    part_view,
    update_view,
)
from holdfast.people.queries import name_of
from holdfast.promises import queries as promises
from holdfast.promises.contract import Kind, PromiseView


def subject_of(incident_id: UUID) -> str:
    """Return how the ledger of promises names an incident."""
    return f"incident:{incident_id}"


def current_incidents() -> list[IncidentView]:
    """Return the incidents that go on, the worst and then the oldest first. Maintenance is not among them."""
    rows = Incident.objects.filter(resolved_at=None, kind=Incident.Kind.INCIDENT)
    return incident_views(rows.order_by("severity", "declared_at"))


def maintenances(*, limit: int = 50) -> list[IncidentView]:
    """Return maintenance that is to come or goes on, the next first."""
    rows = Incident.objects.filter(resolved_at=None, kind=Incident.Kind.MAINTENANCE)
    return incident_views(rows.order_by(F("scheduled_for").asc(nulls_last=True), "number")[:limit])


def past_incidents(*, limit: int = 50, before: int | None = None) -> list[IncidentView]:
    """Return what ended, the newest first; `before` is the number of the last one seen."""
    rows = Incident.objects.filter(resolved_at__isnull=False)
    if before is not None:
        rows = rows.filter(number__lt=before)
    return incident_views(rows.order_by("-number")[:limit])


def incident(number: int) -> IncidentView | None:
    """Return the incident with this number."""
    return next(iter(incident_views(Incident.objects.filter(number=number))), None)


def incident_of_id(incident_id: UUID) -> IncidentView | None:
    """Return the incident with this id."""
    return next(iter(incident_views(Incident.objects.filter(pk=incident_id))), None)


def public_incidents(limit: int = 50) -> list[IncidentView]:
    """Return incidents and maintenance of which the public was told, the newest first. Drills are never among them."""
    return incident_views(_public().order_by("-created_at")[:limit])


def public_incident(incident_id: UUID) -> IncidentView | None:
    """Return one of which the public was told."""
    return next(iter(incident_views(_public().filter(pk=incident_id))), None)


def public_version() -> str:
    """Return a word that changes with whatever the public may read of incidents. One short query, for every second."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT concat_ws(' ', (SELECT concat_ws('.', count(*), sum(version)) FROM incidents_incident),"
            " (SELECT concat_ws('.', count(*), max(updated_at)) FROM incidents_component),"
            " (SELECT max(id) FROM incidents_componentchange))"
        )
        return str(cursor.fetchone()[0])


def components() -> list[ComponentView]:
    """Return the components of the page in its order: a group stands before its members."""
    rows = list(Component.objects.filter(removed_at=None).order_by("position", "name"))
    groups = {row.group_id for row in rows if row.group_id is not None}
    return [component_view(row, is_group=row.pk in groups) for row in rows]


def component_changes(*, since: datetime) -> dict[UUID, list[tuple[datetime, str]]]:
    """Return from when on each component had which status, oldest first: the last change before `since`, and all after.

    The ground of uptime. Components that are on the page no more are left out.
    """
    rows = ComponentChange.objects.filter(component__removed_at=None)
    first = rows.filter(at__lt=since).order_by("component_id", "-at", "-pk").distinct("component_id")
    found: dict[UUID, list[tuple[datetime, str]]] = {}
    for component_id, at, status in first.values_list("component_id", "at", "status"):
        found[component_id] = [(at, status)]
    later = rows.filter(at__gte=since).order_by("at", "pk")
    for component_id, at, status in later.values_list("component_id", "at", "status"):
        found.setdefault(component_id, []).append((at, status))
    return found


def updates_of(incident_id: UUID) -> list[UpdateView]:
    """Return the published updates of an incident, the newest first."""
    rows = Update.objects.filter(incident_id=incident_id, state=Update.State.PUBLISHED)
    return [update_view(row) for row in rows.order_by("-number").prefetch_related("texts")]


def update(update_id: UUID) -> UpdateView | None:
    """Return one update, a draft as well."""
    row = Update.objects.filter(pk=update_id).prefetch_related("texts").first()
    return update_view(row) if row is not None else None


def draft_of(incident_id: UUID) -> UpdateView | None:
    """Return the draft of an incident. Nothing of it is public."""
    row = Update.objects.filter(incident_id=incident_id, state=Update.State.DRAFT).prefetch_related("texts").first()
    return update_view(row) if row is not None else None


def facts_of(incident_id: UUID, *, public_only: bool = False) -> list[FactView]:
    """Return the facts of an incident, the newest first, those that do not stand any more as well."""
    rows = Fact.objects.filter(incident_id=incident_id).select_related("stated_by")
    if public_only:
        rows = rows.filter(public=True, superseded_by=None, withdrawn_at=None)
    return [fact_view(row) for row in rows.order_by("-as_of", "-pk")]


def parts_of(incident_id: UUID) -> list[PartView]:
    """Return who has which role now, in the order in which they were given."""
    rows = Part.objects.filter(incident_id=incident_id, until=None).select_related("agent")
    return [part_view(row) for row in rows.order_by("since", "pk")]


def timeline_of(incident_id: UUID, *, limit: int = 500) -> list[EntryView]:
    """Return the timeline of an incident, the newest first."""
    rows = Entry.objects.filter(incident_id=incident_id).select_related("by")
    return [entry_view(row) for row in rows.order_by("-at", "-pk")[:limit]]


def commitments(*, incident_id: UUID | None = None, open_only: bool = False) -> list[CommitmentView]:
    """Return commitments, those that are due first."""
    rows = Commitment.objects.select_related("incident", "owner")
    if incident_id is not None:
        rows = rows.filter(incident_id=incident_id)
    if open_only:
        rows = rows.filter(state=Commitment.State.OPEN)
    return [commitment_view(row) for row in rows.order_by("due", "pk")]


def recurrences_of(incident_id: UUID) -> list[tuple[int, str]]:
    """Return the later incidents that repeat this one, as number and title."""
    rows = Incident.objects.filter(recurrence_of_id=incident_id).order_by("number")
    return list(rows.values_list("number", "title"))


def open_public_promise() -> NextWord | None:
    """Return the public word that is due first, of all open incidents; one that was broken stays until it is said."""
    words = owed_words()
    return words[0] if words else None


def next_words() -> list[NextWord]:
    """Return the public words that are promised next and not broken yet, by time, one per incident at most."""
    return _words(promises.open_promises(kinds=[Kind.UPDATE]))


def owed_words() -> list[NextWord]:
    """Return the public words that are owed by time: those promised next, and those that were broken and not said."""
    return _words([*promises.unmended(kinds=[Kind.UPDATE]), *promises.open_promises(kinds=[Kind.UPDATE])])


def word_owed(incident_id: UUID) -> PromiseView | None:
    """Return the promise of the next public word on an incident: the open one, or the one that was broken last."""
    subject = subject_of(incident_id)
    return promises.open_promise(kind=Kind.UPDATE, subject=subject) or next(
        (each for each in promises.unmended(kinds=[Kind.UPDATE]) if each.subject == subject), None
    )


def _words(found: Sequence[PromiseView]) -> list[NextWord]:
    by_id = {UUID(each.subject.removeprefix("incident:")): each for each in found if _of_incident(each)}
    rows = Incident.objects.filter(pk__in=list(by_id), resolved_at=None).values_list("pk", "number", "title")
    words = [
        NextWord(
            incident_id=pk,
            number=number,
            title=title,
            since=by_id[pk].made_at,
            due=by_id[pk].due,
            owner=name_of(by_id[pk].owner),
        )
        for pk, number, title in rows
    ]
    return sorted(words, key=lambda each: each.due)


def _of_incident(promise: PromiseView) -> bool:
    return promise.subject.startswith("incident:")


def linked_count(incident_id: UUID) -> int:
    """Return how many conversations are linked to an incident."""
    return Link.objects.filter(incident_id=incident_id, unlinked_at=None).count()


def linked(incident_id: UUID) -> Linked:
    """Return how many conversations are linked, by channel, language and how; and how far the newest answer came."""
    rows = Link.objects.filter(incident_id=incident_id, unlinked_at=None)
    newest = Update.objects.filter(incident_id=incident_id, state=Update.State.PUBLISHED).order_by("-number").first()
    every = set(rows.values_list("conversation_id", flat=True))
    cuts = cuts_of(every)
    rows = rows.exclude(conversation_id__in=every - cuts.keys())  # of customers who are made up
    hows = Counter(rows.values_list("how", flat=True))
    return Linked(
        total=hows.total(),
        answered=rows.filter(answered=newest).count() if newest is not None else 0,
        closed=rows.filter(closed_at__isnull=False).count(),
        by_channel=dict(Counter(each.channel for each in cuts.values()).most_common()),
        by_language=dict(Counter(each.locale or "not known" for each in cuts.values()).most_common()),
        by_how=dict(hows.most_common()),
    )


def linked_conversations(incident_id: UUID, *, after: int = 0, limit: int = 1000) -> list[tuple[int, UUID]]:
    """Return linked conversations by the id of their link, to go through in pages: `after` is the last one seen."""
    rows = Link.objects.filter(incident_id=incident_id, unlinked_at=None, pk__gt=after)
    return list(rows.order_by("pk").values_list("pk", "conversation_id")[:limit])


def linked_now() -> str:
    """Return a query of `conversation_id` of what is linked to the incident that is its parameter `incident`.

    To stand inside another query.
    """
    return "SELECT conversation_id FROM incidents_link WHERE incident_id = %(incident)s AND unlinked_at IS NULL"


def incident_of(conversation_id: UUID) -> IncidentView | None:
    """Return the incident that a conversation is about."""
    rows = Incident.objects.filter(links__conversation_id=conversation_id, links__unlinked_at=None)
    return next(iter(incident_views(rows[:1])), None)


def incidents_of(conversation_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return the incident that each conversation is about, for those that are about one."""
    rows = Link.objects.filter(conversation_id__in=list(conversation_ids), unlinked_at=None)
    return dict(rows.values_list("conversation_id", "incident_id"))


def numbers_and_titles(incident_ids: Collection[UUID]) -> dict[UUID, tuple[int, str]]:
    """Return the number and the title of these incidents."""
    rows = Incident.objects.filter(pk__in=set(incident_ids)).values_list("pk", "number", "title")
    return {pk: (number, title) for pk, number, title in rows}


def _public() -> QuerySet[Incident]:
    told = Update.objects.filter(incident=OuterRef("pk"), state=Update.State.PUBLISHED)
    return Incident.objects.filter(Q(Exists(told)), drill=False)
