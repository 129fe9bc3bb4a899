"""Contacts per interval from a CSV or JSON file: a history to learn from, or a forecast to plan with."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from holdfast.staffing.forecast import Interval

_CONTACTS = ("contacts", "calls")


class Unreadable(ValueError):
    """The file is not what it should be; the message is a sentence that names the place."""


@dataclass(frozen=True, slots=True)
class Table:
    """Intervals of one length, and the people scheduled in each where the file says so."""

    intervals: tuple[Interval, ...]
    scheduled: tuple[int, ...] | None


def read(path: Path, *, minutes: int | None = None) -> Table:
    """Read intervals: `start` (ISO 8601, UTC without an offset), `contacts` or `calls`, and optional columns.

    These are `low`, `high` (contacts) and `agents` (people scheduled). JSON is a list of such objects, or an object
    with them under `intervals`. The length of an interval is `minutes`, else the time between the first two. Raises
    `Unreadable`.
    """
    rows = list(enumerate(_rows(path), 1))
    if not rows:
        raise Unreadable(f"{path} has no intervals.")
    starts = [_moment(row, place) for place, row in rows]
    length = minutes or _length(starts, path)
    for earlier, later, (place, _) in zip(starts, starts[1:], rows[1:], strict=False):
        if later - earlier < timedelta(minutes=length):
            raise Unreadable(f"Row {place} of {path} begins before the interval above it is over.")
    intervals = tuple(_interval(row, place, start, length) for (place, row), start in zip(rows, starts, strict=True))
    have = ["agents" in row and row["agents"] not in (None, "") for _, row in rows]
    if any(have) and not all(have):
        raise Unreadable(f"Row {have.index(False) + 1} of {path} has no number of agents, and others do.")
    scheduled = tuple(int(_number(row, "agents", place)) for place, row in rows) if all(have) else None
    return Table(intervals, scheduled)


def _rows(path: Path) -> Iterable[Mapping[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise Unreadable(f"{path} is not UTF-8 text.") from None
    if not text.lstrip().startswith(("[", "{")):
        return csv.DictReader(text.splitlines())
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise Unreadable(f"{path} is not JSON: {error.msg} in line {error.lineno}.") from None
    rows = found.get("intervals") if isinstance(found, dict) else found
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unreadable(f"{path} is no list of intervals.")
    return rows


def _moment(row: Mapping[str, Any], place: int) -> datetime:
    try:
        moment = datetime.fromisoformat(str(row["start"]))
    except KeyError:
        raise Unreadable(f"Row {place} has no start.") from None
    except ValueError:
        raise Unreadable(f"Row {place}: {row['start']!r} is not a time such as 2026-03-02T09:30.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _length(starts: list[datetime], path: Path) -> int:
    if len(starts) < 2:
        raise Unreadable(f"{path} has one interval only; say how long it is with --minutes.")
    length = int((starts[1] - starts[0]).total_seconds() // 60)
    if not 1 <= length <= 1440:
        raise Unreadable(f"The first two rows of {path} are not a minute to a day apart.")
    return length


def _interval(row: Mapping[str, Any], place: int, start: datetime, minutes: int) -> Interval:
    name = next((name for name in _CONTACTS if name in row), None)
    if name is None:
        raise Unreadable(f"Row {place} has neither contacts nor calls.")
    contacts = _number(row, name, place)
    low, high = (_number(row, side, place) if row.get(side) not in (None, "") else contacts for side in ("low", "high"))
    return Interval(start=start, minutes=minutes, contacts=contacts, low=low, high=high)


def _number(row: Mapping[str, Any], name: str, place: int) -> float:
    try:
        value = float(row[name])
    except (KeyError, TypeError, ValueError):
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise Unreadable(f"Row {place}: {name} is {row.get(name)!r}, which is no number of 0 or more.")
    return value
