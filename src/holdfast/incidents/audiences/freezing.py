"""Counting who belongs to an audience, and freezing it. All of it happens in the database, where the people are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from holdfast.incidents import timeline
from holdfast.incidents.audiences.contract import Counted
from holdfast.incidents.audiences.errors import Refused
from holdfast.incidents.audiences.groups import FRESH, LISTS, Source, alone, choice_of, rule_of
from holdfast.incidents.audiences.models import Audience, Group
from holdfast.incidents.places import codes_by_place
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7
from holdfast.people.choosing import Choice, chosen

SHOWN = 20
_INTO = "INSERT INTO audience_matched SELECT who.id, %s, %s, coalesce(nullif(who.locale, ''), %s),"
_MATCHED = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS audience_matched (customer_id uuid, place int, segment text, locale text,"
    " jurisdiction text, late boolean) ON COMMIT DELETE ROWS"
)


@transaction.atomic
def count(*, incident_id: UUID, exposed_at: datetime) -> tuple[Counted, ...]:
    """Return whom the rules would name now, without keeping it. Raises `Refused` without a rule."""
    return _match(incident_id, exposed_at)


@transaction.atomic
def freeze(*, incident_id: UUID, exposed_at: datetime, by: int) -> UUID:
    """Keep whom the rules name as the next version of the incident's audience. Returns its id.

    Everybody is in it once, with the first group that fits. Raises `Refused` for an exposure in the future, without a
    rule, for a group in which nobody is, and for a list that was asked for too long ago.
    """
    if exposed_at > now():
        raise Refused("The exposure lies in the future. Give the time until which people were exposed.")
    alone(incident_id)
    _is_fresh(incident_id)
    counted = _match(incident_id, exposed_at)
    for each in counted:
        if not each.matched:
            raise Refused(f"Nobody is in the group “{each.name}”. Check its rule, or take it out.")
    last = Audience.objects.filter(incident_id=incident_id).aggregate(last=Max("version"))["last"] or 0
    audience_id = uuid7()
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO audiences_member (audience_id, customer_id, "group", segment, locale, jurisdiction)'
            " SELECT DISTINCT ON (customer_id) %s, customer_id, place, segment, locale, jurisdiction"
            " FROM audience_matched ORDER BY customer_id, place",
            [audience_id],
        )
    # The row of the audience comes last: from then on the database takes no member and changes none.
    audience = Audience.objects.create(
        id=audience_id,
        incident_id=incident_id,
        version=last + 1,
        exposed_at=exposed_at,
        counted=[asdict(each) for each in counted],
        total=sum(each.number for each in counted),
        frozen_at=now(),
        frozen_by_id=by,
    )
    said = f"Audience {audience.version} frozen: {audience.total:,} customers in {len(counted)} groups."
    timeline.note(incident_id=incident_id, by=by, what=said)
    return audience_id


def _is_fresh(incident_id: UUID) -> None:
    old = Group.objects.filter(incident_id=incident_id, asked_at__lt=now() - FRESH).order_by("position").first()
    if old is not None:
        said = f"“{old.name}” was asked of the company's systems at {old.asked_at:%H:%M} UTC on {old.asked_at:%-d %b}."
        raise Refused(f"{said} Ask again, then freeze.")


def _match(incident_id: UUID, exposed_at: datetime) -> tuple[Counted, ...]:
    groups = list(Group.objects.filter(incident_id=incident_id).select_related("within").order_by("position"))
    if not groups:
        raise Refused("There is no group yet. Add one that says who is affected.")
    with connection.cursor() as cursor:
        cursor.execute(_MATCHED)
        cursor.execute("TRUNCATE audience_matched")
        places = {group.pk: place for place, group in enumerate(groups)}
        codes = codes_by_place(incident_id)
        # What counts within another group looks at everybody who fits that one, wherever the two stand.
        for group in sorted(groups, key=lambda each: each.within_id is not None):
            _fill(cursor, group, places, exposed_at, codes=codes)
        cursor.execute("SELECT place, count(*) FROM audience_matched WHERE late GROUP BY place")
        late = dict(cursor.fetchall())
        cursor.execute("DELETE FROM audience_matched WHERE late")
        cursor.execute(
            "SELECT each.place, first.place, count(*) FROM audience_matched each JOIN"
            " (SELECT customer_id, min(place) AS place FROM audience_matched GROUP BY customer_id) first"
            " USING (customer_id) GROUP BY 1, 2 ORDER BY 1, 2"
        )
        went: dict[int, dict[int, int]] = {}
        for place, first, number in cursor.fetchall():
            went.setdefault(place, {})[first] = number
        return tuple(
            _counted(cursor, groups, place, went=went.get(place, {}), late=late.get(place, 0))
            for place in range(len(groups))
        )


def _fill(
    cursor: Any, group: Group, places: dict[int, int], exposed_at: datetime, *, codes: Mapping[str, Sequence[str]]
) -> None:
    who, given = chosen(choice_of(group))
    values = [places[group.pk], group.segment, settings.LANGUAGE_CODE, exposed_at.date()]
    listed = group.source in LISTS
    jurisdiction = "listed.jurisdiction" if listed else "''"
    query = f"{_INTO} {jurisdiction}, coalesce(who.since > %s, false) FROM ({who}) who"
    given = [*values, *given]
    if listed:
        query += " JOIN audiences_listed listed ON listed.reference = who.reference AND listed.group_id = %s"
        given.append(group.pk)
        if group.jurisdiction:
            wanted = [each.lower() for each in codes.get(group.jurisdiction.upper(), [group.jurisdiction])]
            query += " AND (lower(listed.jurisdiction) = ANY(%s) OR lower(listed.jurisdiction) LIKE ANY(%s))"
            given += [wanted, [f"{each}-%" for each in wanted]]
    if group.within_id is not None:
        query += " WHERE EXISTS (SELECT FROM audience_matched m WHERE m.place = %s AND m.customer_id = who.id)"
        given.append(places[group.within_id])
    cursor.execute(query, given)


def _counted(cursor: Any, groups: list[Group], place: int, *, went: dict[int, int], late: int) -> Counted:
    group = groups[place]
    unknown, some = _unknown(cursor, group) if group.source in LISTS else (0, ())
    # Whoever else has an own group is no overlap of "everybody else": that is what the group means.
    overlaps = {} if group.source == Source.REST else {groups[at].name: n for at, n in went.items() if at != place}
    number = went.get(place, 0)
    return Counted(
        name=group.name,
        segment=group.segment,
        rule=rule_of(group),
        discreet=group.discreet,
        matched=number if group.source == Source.REST else sum(went.values()),
        number=number,
        overlaps=overlaps,
        late=late,
        unknown=unknown,
        some_unknown=some,
    )


def _unknown(cursor: Any, group: Group) -> tuple[int, tuple[str, ...]]:
    who, given = chosen(Choice())
    nobody = (
        f" FROM audiences_listed listed LEFT JOIN ({who}) who ON who.reference = listed.reference"
        " WHERE listed.group_id = %s AND who.id IS NULL"
    )
    cursor.execute(f"SELECT count(*){nobody}", [*given, group.pk])  # noqa: S608 - with parameters
    number = cursor.fetchone()[0]
    cursor.execute(f"SELECT listed.reference{nobody} ORDER BY 1 LIMIT {SHOWN}", [*given, group.pk])  # noqa: S608
    return number, tuple(reference for (reference,) in cursor.fetchall())
