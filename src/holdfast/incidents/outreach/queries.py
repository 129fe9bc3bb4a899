"""Reads: the queue, who has whom, and who is held."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from holdfast.incidents.audiences import queries as audiences
from holdfast.incidents.contract import IncidentView
from holdfast.incidents.outreach import ranking, reasons
from holdfast.incidents.outreach.contract import CallView, Candidate, OutreachView
from holdfast.incidents.outreach.models import Call, Outreach
from holdfast.incidents.outreach.taking import person_key, subject_of
from holdfast.kit.clock import now
from holdfast.notify.campaigns import suppression
from holdfast.people.queries import names_of, sealed_names, standing_of
from holdfast.promises import queries as promises
from holdfast.promises.contract import PromiseView


def queue(incident: IncidentView, *, limit: int = 30) -> Sequence[Candidate]:
    """Return who is called next about an incident, with reasons, the first first."""
    standings = ranking.ranked(incident.id, limit=limit)
    names = sealed_names([each.customer_id for each in standings])
    version, at = audiences.newest_version(incident.id), now()
    touches = [each.name for each in incident.components]
    return [
        Candidate(
            customer_id=each.customer_id,
            name=names[each.customer_id],
            reference=each.reference,
            reasons=reasons.sentences(each, version=version, touches=touches, at=at),
        )
        for each in standings
    ]


def of_incident(incident_id: UUID, *, limit: int = 200) -> Sequence[OutreachView]:
    """Return everybody who is or was talked to about an incident: those who are first, by the time for their call."""
    rows = Outreach.objects.filter(incident_id=incident_id).prefetch_related("calls").order_by("-taken_at")[:limit]
    return sorted(_views(list(rows)), key=lambda each: (not each.is_open, each.window_until))


def one(outreach_id: UUID) -> OutreachView | None:
    """Return one outreach."""
    rows = list(Outreach.objects.filter(pk=outreach_id).prefetch_related("calls"))
    return next(iter(_views(rows)), None)


def held(customer_ids: Collection[UUID]) -> set[UUID]:
    """Return who of these gets no mass mail and no survey now, because somebody of us talks to them in person.

    The answer is the one campaigns go by, so a hold that ends for one ends for the other.
    """
    keys = {person_key(customer_id): customer_id for customer_id in customer_ids}
    return {keys[each] for each in suppression.held(list(keys))}


def incident_ids(outreach_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the incident of each outreach."""
    return dict(Outreach.objects.filter(pk__in=list(outreach_ids)).values_list("id", "incident_id"))


def _views(rows: Sequence[Outreach]) -> list[OutreachView]:
    ids = [row.customer_id for row in rows]
    sealed, standings = sealed_names(ids), standing_of(ids)
    calls = {row.pk: sorted(row.calls.all(), key=lambda each: each.at) for row in rows}
    agents = {row.executive_id for row in rows} | {each.by_id for found in calls.values() for each in found}
    names = names_of(list(agents))
    return [
        OutreachView(
            id=row.pk,
            incident_id=row.incident_id,
            customer_id=row.customer_id,
            name=sealed[row.customer_id],
            reference=standings[row.customer_id][0] or "",
            executive_id=row.executive_id,
            executive=names.get(row.executive_id, ""),
            taken_at=row.taken_at,
            window_from=row.window_from,
            window_until=row.window_until,
            held_until=row.held_until,
            reasons=tuple(row.reasons),
            calls=tuple(_call(each, names, _promises(row.pk, calls[row.pk])) for each in calls[row.pk]),
            ended_at=row.ended_at,
            end=row.end,
        )
        for row in rows
        if row.customer_id in sealed
    ]


def _promises(outreach_id: UUID, calls: Sequence[Call]) -> dict[UUID, PromiseView]:
    if not any(each.promise_id for each in calls):
        return {}
    return {each.id: each for each in promises.history(subject_of(outreach_id))}


def _call(row: Call, names: dict[int, str], made: dict[UUID, PromiseView]) -> CallView:
    return CallView(
        at=row.at,
        by=names.get(row.by_id, ""),
        outcome=row.outcome,
        label=Call.Outcome(row.outcome).label,
        wanted=row.wanted,
        promised=row.promised,
        promise=made.get(row.promise_id) if row.promise_id else None,
    )
