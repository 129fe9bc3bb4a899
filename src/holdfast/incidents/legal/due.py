"""When a notice is due. Pure.

Minutes and hours run through nights, weekends and changes of the clock. Days are counted on the calendar of the
regime's zone; the day of the event is not counted, and the last day ends when the regime says. A month ends on the day
of the same number, or on the last one of a shorter month. Where a rule of counting would allow a later moment (a last
day that is free, under Regulation 1182/71), the earlier one is shown.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from holdfast.incidents.legal.calendars import after_working_days
from holdfast.incidents.legal.regimes import Duty, Limit


@dataclass(frozen=True, slots=True)
class Due:
    """By when, and from which event on. Without `at`: without undue delay."""

    start: str
    began_at: datetime
    at: datetime | None


def due(duty: Duty, events: Mapping[str, datetime], *, zone: str) -> Due | None:
    """Return when a duty is due by what has happened; nothing while no event that starts it has.

    `events` are times by event, and by `notified:<duty>` for notices that were given.
    """
    if duty.start is not None:
        began = events.get(duty.start)
        return Due(duty.start, began, None) if began is not None else None
    found = [
        Due(limit.start, events[limit.start], end(limit, events[limit.start], zone=zone))
        for limit in duty.limits
        if limit.start in events
    ]
    return min(found, key=lambda each: (each.at or each.began_at, each.start), default=None)


def end(limit: Limit, began: datetime, *, zone: str) -> datetime:
    """Return the last moment of a limit that began at `began` (aware), in UTC."""
    if limit.unit in {"minutes", "hours"}:
        return began.astimezone(UTC) + timedelta(**{limit.unit: limit.length})
    there = ZoneInfo(zone)
    day = _last_day(limit, began.astimezone(there).date())
    return datetime.combine(day, limit.by, tzinfo=there).astimezone(UTC)


def _last_day(limit: Limit, day: date) -> date:
    if limit.unit == "business_days":
        return after_working_days(day, limit.length, limit.calendar)
    if limit.unit == "months":
        return _months_later(day, limit.length)
    if limit.unit == "days_after_year":
        return date(day.year, 12, 31) + timedelta(days=limit.length)
    return day + timedelta(days=limit.length)


def _months_later(day: date, number: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + number, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
