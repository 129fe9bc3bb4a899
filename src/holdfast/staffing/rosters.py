"""Rosters: a file is checked, loaded as a whole or not at all, seen by week, and taken back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from holdfast.kit.clock import now
from holdfast.people.queries import ids_of_emails
from holdfast.staffing import roster_file
from holdfast.staffing.models import RosterLoad, Shift
from holdfast.staffing.reserve import Refused
from holdfast.staffing.roster_file import Sheet, Spans
from holdfast.staffing.wording import counted

_LOCK = 0x726F7374  # an advisory lock: of two who load at once, the second sees the shifts of the first
_SHOWN_LOADS = 12


@dataclass(frozen=True, slots=True)
class Loaded:
    """A roster that was loaded, and how many of its shifts are still to come."""

    id: int
    name: str
    at: datetime
    by: str
    shifts: int
    to_come: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One shift on a day of a week."""

    begins: datetime
    ends: datetime
    skills: tuple[str, ...]
    called_in: bool


@dataclass(frozen=True, slots=True)
class Day:
    """One day: how many people work, and how many hours in all."""

    day: date
    people: int
    hours: float


@dataclass(frozen=True, slots=True)
class Week:
    """A week from Monday: a row per person, with the shifts that begin on each day."""

    days: tuple[Day, ...]
    rows: tuple[tuple[str, tuple[tuple[Cell, ...], ...]], ...]


def check(text: str, *, skills: Collection[str] | None) -> Sheet:
    """Read a file against the people and the shifts that are here; writes nothing. Raises `roster_file.Unreadable`."""
    people = ids_of_emails(roster_file.emails(text))
    working: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    shifts = Shift.objects.filter(agent_id__in=people.values(), ends_at__gt=now() - timedelta(days=60))
    for agent_id, begins, ends in shifts.values_list("agent_id", "begins_at", "ends_at"):
        working[agent_id].append((begins, ends))
    spans: dict[int, Spans] = dict(working)
    return roster_file.read(text, zone=timezone.get_default_timezone(), people=people, skills=skills, working=spans)


@transaction.atomic
def load(*, text: str, name: str, by: int | None, skills: Collection[str] | None, leave_out: bool = False) -> Sheet:
    """Load a file: all of its shifts or, where a line cannot be loaded, none. Returns what was loaded.

    With `leave_out` lines of unknown people and overlaps are left out, and the others loaded; a line that is wrong
    still stops everything. Raises `Refused` or `roster_file.Unreadable` with a sentence.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    sheet = check(text, skills=skills)
    stops = [fault for fault in sheet.faults if fault.kind == "wrong" or not leave_out]
    if stops:
        raise Refused(f"Nothing was loaded: {counted(len(stops), 'line')} cannot be.")
    if not sheet.shifts:
        raise Refused("Nothing was loaded: no line of the file is left.")
    row = RosterLoad.objects.create(name=name[:120] or "a roster", by_id=by)
    Shift.objects.bulk_create(
        Shift(
            agent_id=shift.agent_id,
            begins_at=shift.begins,
            ends_at=shift.ends,
            skills=list(shift.skills),
            load=row,
            by_id=by,
        )
        for shift in sheet.shifts
    )
    return sheet


@transaction.atomic
def take_back(*, load_id: int) -> int:
    """Take a roster back: its shifts that have not begun are gone. Returns how many.

    Those that began stay, because rest and the hours of a week are counted from them.
    """
    gone, _ = Shift.objects.filter(load_id=load_id, begins_at__gt=now()).delete()
    RosterLoad.objects.filter(pk=load_id).delete()
    return gone


def loads() -> Sequence[Loaded]:
    """Return the rosters that were loaded last, the newest first. One query."""
    to_come = Count("shifts", filter=Q(shifts__begins_at__gt=now()))
    rows = RosterLoad.objects.select_related("by").annotate(
        number=Count("shifts"), to_come=to_come, first=Min("shifts__begins_at"), last=Max("shifts__ends_at")
    )
    return [
        Loaded(
            row.pk, row.name, row.at, row.by.name if row.by else "The command line", row.number, row.to_come, row.first,
            row.last,
        )
        for row in rows.order_by("-at", "-pk")[:_SHOWN_LOADS]
    ]  # fmt: skip


def week(of: date) -> Week:
    """Return the week around a day, Monday to Sunday, where the house stands. One query."""
    zone = timezone.get_default_timezone()
    days = [of - timedelta(days=of.weekday()) + timedelta(days=number) for number in range(7)]
    first, last = (datetime.combine(day, time(), zone) for day in (days[0], days[-1] + timedelta(days=1)))
    shifts = Shift.objects.filter(begins_at__gte=first, begins_at__lt=last).select_related("agent")
    cells: dict[tuple[str, int], dict[date, list[Cell]]] = defaultdict(lambda: defaultdict(list))
    for shift in shifts.order_by("begins_at"):
        begins, ends = shift.begins_at.astimezone(zone), shift.ends_at.astimezone(zone)
        cell = Cell(begins, ends, tuple(shift.skills), shift.called_in)
        cells[shift.agent.name, shift.agent_id][begins.date()].append(cell)
    return Week(
        tuple(
            Day(
                day,
                sum(day in own for own in cells.values()),
                sum((cell.ends - cell.begins).total_seconds() for own in cells.values() for cell in own.get(day, ()))
                / 3600,
            )
            for day in days
        ),
        tuple((name, tuple(tuple(own.get(day, ())) for day in days)) for (name, _), own in sorted(cells.items())),
    )
