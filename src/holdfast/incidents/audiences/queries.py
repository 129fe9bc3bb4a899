"""Reads: the rules of an incident, and the audiences frozen from them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.db.models.functions import Lower

from holdfast.incidents.audiences.contract import AudienceView, Counted, GroupView, Handed, UnderClock
from holdfast.incidents.audiences.groups import FRESH, rule_of
from holdfast.incidents.audiences.models import Audience, Group, Member, Segment
from holdfast.incidents.places import places_of
from holdfast.kit.clock import now
from holdfast.people.queries import names_of


def groups_of(incident_id: UUID) -> Sequence[GroupView]:
    """Return the rules in the order in which they count."""
    return [
        GroupView(
            id=each.pk,
            name=each.name,
            segment=each.segment,
            label=Segment(each.segment).label,
            rule=rule_of(each),
            source=each.source,
            asked_at=each.asked_at,
            as_of=each.as_of,
            stale=each.asked_at is not None and each.asked_at < now() - FRESH,
            discreet=each.discreet,
        )
        for each in Group.objects.filter(incident_id=incident_id).select_related("within").order_by("position")
    ]


def audiences_of(incident_id: UUID, *, limit: int = 10) -> Sequence[AudienceView]:
    """Return the newest audiences of an incident, the newest first."""
    rows = list(
        Audience.objects.filter(incident_id=incident_id).prefetch_related("handed").order_by("-version")[:limit]
    )
    names = names_of([row.frozen_by_id for row in rows] + [each.by_id for row in rows for each in row.handed.all()])
    return [_view(row, names) for row in rows]


def newest(incident_id: UUID) -> UUID | None:
    """Return the id of the newest audience of an incident."""
    rows = Audience.objects.filter(incident_id=incident_id).order_by("-version")
    return rows.values_list("id", flat=True).first()


def newest_version(incident_id: UUID) -> int | None:
    """Return the version of the newest audience of an incident."""
    rows = Audience.objects.filter(incident_id=incident_id).order_by("-version")
    return rows.values_list("version", flat=True).first()


def touched() -> str:
    """Return a query of `customer_id, segment` of those in an audience whom it says are touched.

    To stand inside another query; the audience's id is its parameter `newest`.
    """
    return (
        "SELECT customer_id, segment FROM audiences_member WHERE audience_id = %(newest)s AND segment <> 'unaffected'"
    )


def versions(audience_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return the version of each of these audiences."""
    return dict(Audience.objects.filter(pk__in=list(audience_ids)).values_list("id", "version"))


def is_of(audience_id: UUID, *, incident_id: UUID) -> bool:
    """Tell whether an audience was frozen for an incident."""
    return Audience.objects.filter(pk=audience_id, incident_id=incident_id).exists()


def in_segments() -> str:
    """Return a query of `customer_id` of those in an audience who read the words of some segments.

    To stand inside another query; its two parameters are the audience's id and a list of segments.
    """
    return "SELECT customer_id FROM audiences_member WHERE audience_id = %s AND segment = ANY(%s)"


def members_of(audience_id: UUID, customer_ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Return of these customers who is in an audience: which words they read, and by which rule."""
    audience = Audience.objects.get(pk=audience_id)
    rows = Member.objects.filter(audience_id=audience_id, customer_id__in=customer_ids)
    return {row.customer_id: (row.segment, _shown_rule(audience.counted[row.group])) for row in rows}


def under_clocks(audience: AudienceView, incident_id: UUID) -> Sequence[UnderClock]:
    """Return the places in which legal clocks run, with how many of an audience are known to be there."""
    found = []
    for place in places_of(incident_id):
        codes = [each.lower() for each in place.codes]
        within = Q(place__in=codes)
        for code in codes:
            within |= Q(place__startswith=f"{code}-")
        rows = Member.objects.filter(audience_id=audience.id).annotate(place=Lower("jurisdiction")).filter(within)
        found.append(UnderClock(place=place.name, titles=place.titles, number=rows.count()))
    return found


def _shown_rule(counted: dict[str, Any]) -> str:
    """Return why somebody is in an audience, as whoever works on their case may read it."""
    return "" if counted.get("discreet") else str(counted["rule"])


def _view(row: Audience, names: dict[int, str]) -> AudienceView:
    return AudienceView(
        id=row.pk,
        version=row.version,
        exposed_at=row.exposed_at,
        frozen_at=row.frozen_at,
        frozen_by=names.get(row.frozen_by_id, ""),
        total=row.total,
        groups=tuple(Counted(**{**each, "some_unknown": tuple(each["some_unknown"])}) for each in row.counted),
        languages=_shares(row, "locale"),
        jurisdictions=_shares(row, "jurisdiction"),
        handed=tuple(
            Handed(
                id=each.pk,
                state=each.state,
                passed=each.passed,
                total=row.total,
                why=each.why,
                update_id=each.update_id,
                campaign_id=each.campaign_id,
                added=each.added,
                no_address=each.no_address,
                at=each.at,
                by=names.get(each.by_id, ""),
            )
            for each in row.handed.all()
        ),
    )


def _shares(row: Audience, column: str) -> tuple[tuple[str, int], ...]:
    found = Member.objects.filter(audience=row).exclude(**{column: ""}).values_list(column)
    return tuple(found.annotate(number=Count("pk")).order_by("-number", column)[:12])
