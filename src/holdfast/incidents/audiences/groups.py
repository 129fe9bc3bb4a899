"""The rules of an audience: who belongs to which group, in which order. They may change until it is frozen anew."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max

from holdfast.incidents.audiences.errors import NotFound, Refused
from holdfast.incidents.audiences.listing import ask, of_lines, take
from holdfast.incidents.audiences.models import Group, Segment
from holdfast.kit.clock import now
from holdfast.people.choosing import Choice

MOST = 12
FRESH = timedelta(hours=1)
"""How old what the company's systems said may be when an audience is frozen with it."""
_LOCK = 0x61756469  # an advisory lock per incident, taken first by every verb of the room
Source = Group.Source
LISTS = (Source.FILE, Source.SYSTEMS)


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
    list_name: str = "",
    jurisdiction: str = "",
    within: int | None = None,
    discreet: bool = False,
) -> int:
    """Add a rule after those that are there; everybody else always comes last. Returns its id.

    `lines` are those of a CSV file: a reference first, then the jurisdiction it falls under, with or without a heading;
    `list_name` is a list of the company's systems. Both are read once, as a stream. `within`: only those who fit that
    group too. `discreet`: who is in it is shown to nobody but who leads. Raises `Refused`.
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
    asked = ask(list_name) if source == Source.SYSTEMS else None
    alone(incident_id)
    there = Group.objects.filter(incident_id=incident_id)
    if there.count() >= MOST:
        raise Refused(f"There are {MOST} groups already. Take one out first.")
    if there.filter(name=name).exists():
        raise Refused("A group of this name is there already.")
    if source == Source.REST and there.filter(source=Source.REST).exists():
        raise Refused("Everybody else is a group already.")
    if within is not None and not there.filter(pk=within, within=None).exclude(source=Source.REST).exists():
        raise Refused("Choose a group to count within that is there, and is not itself within another.")
    offered, as_of, answered = asked or (None, None, iter(()))
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
        jurisdiction=jurisdiction.strip()[:20] if source in LISTS else "",
        list_name=offered.name if offered else "",
        list_title=offered.title if offered else "",
        asked_at=now() if asked else None,
        as_of=as_of,
        within_id=within if source != Source.REST else None,
        discreet=discreet,
        by_id=by,
        at=now(),
    )
    if source == Source.FILE and not take(group, of_lines(lines)):
        raise Refused("The file has no references. Put one account reference on each line.")
    if asked and not take(group, answered):
        raise Refused("The company's systems name nobody on that list, so it makes no group.")
    _in_order(incident_id)
    return group.pk


@transaction.atomic
def ask_again(*, incident_id: UUID, group_id: int) -> None:
    """Take a list anew from the company's systems. Raises `NotFound`; `Refused` when it breaks off, unchanged."""
    group = Group.objects.filter(incident_id=incident_id, pk=group_id, source=Source.SYSTEMS).first()
    if group is None:
        raise NotFound(group_id)
    _, group.as_of, rows = ask(group.list_name)
    alone(incident_id)
    take(group, rows)
    group.asked_at = now()
    group.save(update_fields=["as_of", "asked_at"])


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
    """Take a rule out; audiences frozen with it stay as they are. Raises `NotFound`, `Refused`."""
    alone(incident_id)
    group = Group.objects.filter(incident_id=incident_id, pk=group_id).first()
    if group is None:
        raise NotFound(group_id)
    inner = group.parts.values_list("name", flat=True).first()
    if inner is not None:
        raise Refused(f"“{inner}” counts within it. Take that one out first.")
    group.delete()


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
        f"who are in “{group.within.name}” too" if group.within else "",
    ]
    who = {
        Source.FILE: "Those listed in a file",
        Source.SYSTEMS: f"Those the company's systems list as “{group.list_title}”",
    }.get(Source(group.source), "Customers")
    return ", ".join([who, *filter(None, said)]).replace("Customers, ", "Customers ", 1) + "."


def choice_of(group: Group) -> Choice:
    """Return what a group asks of people."""
    since: date | None = group.since_before
    return Choice(tier=group.tier, since_before=since, locale=group.locale, city=group.city)


def _in_order(incident_id: UUID) -> None:
    ordered = Group.objects.filter(incident_id=incident_id).order_by("position")
    _number(sorted(ordered, key=lambda each: each.source == Source.REST))


def _number(ordered: list[Group]) -> None:
    for position, group in enumerate(ordered, start=1):
        group.position = position
    Group.objects.bulk_update(ordered, ["position"])
