"""A roster as a CSV file: who works from when until when. Pure; each line that is wrong is named with its fault."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final, Literal

MOST_LINES: Final = 5_000
LONGEST_FILE: Final = 1_000_000
LONGEST_SHIFT: Final = timedelta(hours=16)

_COLUMNS: Final = {
    "agent": ("agent", "email", "mail", "e-mail"),
    "start": ("start", "begins", "from"),
    "end": ("end", "ends", "until"),
    "skills": ("skills", "queues"),
}
_BETWEEN = re.compile(r"[\s;|,]+")

Spans = Sequence[tuple[datetime, datetime]]
Kind = Literal["wrong", "unknown", "overlap"]


class Unreadable(ValueError):
    """The file as a whole is not what it should be; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One shift of a file."""

    line: int
    agent_id: int
    email: str
    begins: datetime
    ends: datetime
    skills: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a line cannot be loaded. `unknown`: nobody signs in with that address; `overlap`: they work then already."""

    line: int
    kind: Kind
    sentence: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that was read: the shifts that can be loaded, and the lines that cannot."""

    shifts: tuple[Planned, ...]
    faults: tuple[Fault, ...]

    @property
    def people(self) -> int:
        """How many people the shifts are for."""
        return len({shift.agent_id for shift in self.shifts})

    @property
    def hours(self) -> float:
        """Hours of work in all."""
        return sum((shift.ends - shift.begins).total_seconds() for shift in self.shifts) / 3600

    def count(self, kind: Kind) -> int:
        """Return how many lines have this kind of fault."""
        return sum(fault.kind == kind for fault in self.faults)


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    email: str
    begins: datetime
    ends: datetime
    skills: tuple[str, ...]


def emails(text: str) -> set[str]:
    """Return the addresses in a file, in small letters, to look them up. Raises `Unreadable`."""
    return {row["agent"].strip().lower() for _, row in _rows(text) if row.get("agent")}


def read(
    text: str, *, zone: tzinfo, people: Mapping[str, int], skills: Collection[str] | None, working: Mapping[int, Spans]
) -> Sheet:
    """Read a file of `agent` (the address they sign in with), `start`, `end` and, if it is there, `skills`.

    Times are ISO 8601, in `zone` where they name none. `people` are agents by address, `skills` the slugs there are
    (`None`: any), `working` when each works already. Raises `Unreadable`; the fault of one line is in the sheet.
    """
    shifts: list[Planned] = []
    faults: list[Fault] = []
    taken: dict[int, list[tuple[datetime, datetime, str]]] = defaultdict(list)
    for agent_id, spans in working.items():
        taken[agent_id] = [(begins, ends, "a shift that is planned already") for begins, ends in spans]
    for line, given in _rows(text):
        try:
            row = _row(line, given, zone=zone, skills=skills)
        except ValueError as fault:
            faults.append(Fault(line, "wrong", str(fault)))
            continue
        if row.email not in people:
            faults.append(Fault(line, "unknown", f"Nobody here signs in as {row.email}."))
            continue
        agent_id = people[row.email]
        meets = next((what for begins, ends, what in taken[agent_id] if begins < row.ends and row.begins < ends), None)
        if meets:
            faults.append(Fault(line, "overlap", f"This shift of {row.email} overlaps {meets}."))
            continue
        taken[agent_id].append((row.begins, row.ends, f"line {line}"))
        shifts.append(Planned(line, agent_id, row.email, row.begins, row.ends, row.skills))
    return Sheet(tuple(shifts), tuple(faults))


def _rows(text: str) -> list[tuple[int, dict[str, str]]]:
    if len(text) > LONGEST_FILE:
        raise Unreadable("The file is larger than 1 MB. Load it in parts, a week each.")
    lines = text.removeprefix("\ufeff").splitlines()
    if not any(line.strip() for line in lines):
        raise Unreadable("The file is empty.")
    head = lines[0]
    between = max(",;\t", key=head.count)
    reader = csv.reader(lines, delimiter=between)
    try:
        names = [_column(name) for name in next(reader)]
        if missing := [name for name in ("agent", "start", "end") if name not in names]:
            raise Unreadable(f"The first line has to name the columns agent, start and end; {missing[0]} is missing.")
        rows = [
            (reader.line_num, dict(zip(names, (value.strip() for value in row), strict=False)))
            for row in reader
            if any(value.strip() for value in row)
        ]
    except csv.Error as problem:
        raise Unreadable(f"Line {reader.line_num} is not CSV: {problem}.") from None
    if not rows:
        raise Unreadable("The file names columns and no shifts.")
    if len(rows) > MOST_LINES:
        raise Unreadable(f"The file has {len(rows):,} shifts; load at most {MOST_LINES:,} at a time.")
    return rows


def _column(name: str) -> str:
    plain = name.strip().lower()
    return next((column for column, names in _COLUMNS.items() if plain in names), plain)


def _row(line: int, given: Mapping[str, str], *, zone: tzinfo, skills: Collection[str] | None) -> _Row:
    email = given.get("agent", "").lower()
    if not email:
        raise ValueError("It names no agent.")
    begins, ends = _moment(given, "start", zone), _moment(given, "end", zone)
    if ends <= begins:
        raise ValueError("It ends before it begins.")
    if ends - begins > LONGEST_SHIFT:
        raise ValueError(f"It lasts longer than {LONGEST_SHIFT.total_seconds() / 3600:.0f} hours.")
    named = tuple(dict.fromkeys(slug for slug in _BETWEEN.split(given.get("skills", "").lower()) if slug))
    if skills is not None and (unknown := [slug for slug in named if slug not in skills]):
        raise ValueError(f"There is no queue {unknown[0][:40]}. Skills are short names of queues.")
    return _Row(line, email, begins, ends, named)


def _moment(given: Mapping[str, str], name: str, zone: tzinfo) -> datetime:
    text = given.get(name, "")
    if not text:
        raise ValueError(f"It has no {name}.")
    try:
        moment = datetime.fromisoformat(text)
        if "T" not in text and " " not in text:
            raise ValueError
        # A year at the edge of the calendar cannot be moved to another zone.
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(zone)
    except (ValueError, OverflowError):
        raise ValueError(f"Its {name} {text[:40]} is not a time such as 2026-03-02T09:30.") from None
