"""The rules of an audience: who belongs to which group, in which order. They may change until it is frozen anew."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max

from holdfast.incidents.audiences.errors import NotFound, Refused
from holdfast.incidents.audiences.models import Group, Listed, Segment
from holdfast.kit.clock import now
from holdfast.people.choosing import Choice

MOST = 12
_BLOCK = 5_000
_LOCK = 0x61756469  # an advisory lock per incident, taken first by every verb of the room
Source = Group.Source


def alone(incident_id: UUID) -> None:
    """Let others who change this incident's audiences wait until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, str(incident_id)])


@transaction.atomic
def add(
    *,
    incident_id: UUID,
    name: str,
    segment: str,
    source: str,
    by: int,
    choice: Choice | None = None,
    lines: Iterable[str] = (),
    jurisdiction: str = "",
) -> int:
    """Add a rule after those that are there; everybody else always comes last. Returns its id.

    `lines` are those of a CSV file: a reference first, then the jurisdiction it falls under, with or without a heading.
    They are read once, as a stream. Raises `Refused`.
    """
    choice, name = choice or Choice(), " ".join(name.replace("\x00", "").split())
    if not name or len(name) > 60:
        raise Refused("Give the group a name of at most 60 characters.")
    if segment not in Segment.values or source not in Source.values:
        raise Refused("Choose from the lists which words the group reads, and how it is found.")
    if source == Source.PEOPLE and choice.is_anybody:
        raise Refused("Say at least one thing about who belongs to it, or choose everybody else.")
    if source == Source.REST and segment != Segment.UNAFFECTED:
        raise Refused("Everybody else is told that they are not affected. Choose those words for them.")
    alone(incident_id)
    there = Group.objects.filter(incident_id=incident_id)
    if there.count() >= MOST:
        raise Refused(f"There are {MOST} groups already. Take one out first.")
    if there.filter(name=name).exists():
        raise Refused("A group of this name is there already.")
    if source == Source.REST and there.filter(source=Source.REST).exists():
        raise Refused("Everybody else is a group already.")
    group = Group.objects.create(
        incident_id=incident_id,
        position=(there.aggregate(last=Max("position"))["last"] or 0) + 1,
        name=name,
        segment=segment,
        source=source,
        tier=choice.tier[:20],
        since_before=choice.since_before,
        locale=choice.locale[:10],
        city=choice.city[:80],
        jurisdiction=jurisdiction.strip()[:20] if source == Source.FILE else "",
        by_id=by,
        at=now(),
    )
    if source == Source.FILE and not _take(group, lines):
        raise Refused("The file has no references. Put one account reference on each line.")
    _in_order(incident_id)
    return group.pk


@transaction.atomic
def raise_up(*, incident_id: UUID, group_id: int) -> None:
    """Let a group count before the one above it. Raises `NotFound`, `Refused`."""
    alone(incident_id)
    ordered = list(Group.objects.filter(incident_id=incident_id).order_by("position"))
    place = next((place for place, each in enumerate(ordered) if each.pk == group_id), None)
    if place is None:
        raise NotFound(group_id)
    if ordered[place].source == Source.REST or place == 0:
        raise Refused("The first group stays first, and everybody else stays last.")
    ordered[place - 1], ordered[place] = ordered[place], ordered[place - 1]
    _number(ordered)


@transaction.atomic
def remove(*, incident_id: UUID, group_id: int) -> None:
    """Take a rule out; audiences frozen with it stay as they are. Raises `NotFound`."""
    alone(incident_id)
    if not Group.objects.filter(incident_id=incident_id, pk=group_id).delete()[0]:
        raise NotFound(group_id)


def rule_of(group: Group) -> str:
    """Return a rule as a sentence."""
    if group.source == Source.REST:
        return "Every customer whom no other group names."
    said = [
        f"of tier {group.tier}" if group.tier else "",
        f"customers since before {group.since_before:%-d %b %Y}" if group.since_before else "",
        f"who read {group.locale}" if group.locale else "",
        f"in {group.city}" if group.city else "",
        f"under {group.jurisdiction}" if group.jurisdiction else "",
    ]
    who = "Those listed in a file" if group.source == Source.FILE else "Customers"
    return ", ".join([who, *filter(None, said)]).replace("Customers, ", "Customers ", 1) + "."


def choice_of(group: Group) -> Choice:
    """Return what a group asks of people."""
    since: date | None = group.since_before
    return Choice(tier=group.tier, since_before=since, locale=group.locale, city=group.city)


def _take(group: Group, lines: Iterable[str]) -> int:
    rows, number = _rows(lines), 0
    while block := list(islice(rows, _BLOCK)):
        Listed.objects.bulk_create(
            [Listed(group=group, reference=reference, jurisdiction=place) for reference, place in block],
            ignore_conflicts=True,
        )
        number += len(block)
    return number


def _rows(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    try:
        for place, row in enumerate(csv.reader(line.replace("\x00", "") for line in lines)):
            cells = [cell.strip().lstrip("\ufeff") for cell in row]
            if not cells or not cells[0] or (place == 0 and cells[0].lower() == "reference"):
                continue
            if len(cells[0]) > 40:
                raise Refused(f"Line {place + 1} is no account reference: it has more than 40 characters.")
            yield cells[0], (cells[1] if len(cells) > 1 else "")[:20]
    except (csv.Error, UnicodeDecodeError):
        raise Refused("The file cannot be read. Save it as CSV in UTF-8, one account reference on each line.") from None


def _in_order(incident_id: UUID) -> None:
    ordered = Group.objects.filter(incident_id=incident_id).order_by("position")
    _number(sorted(ordered, key=lambda each: each.source == Source.REST))


def _number(ordered: list[Group]) -> None:
    for position, group in enumerate(ordered, start=1):
        group.position = position
    Group.objects.bulk_update(ordered, ["position"])
