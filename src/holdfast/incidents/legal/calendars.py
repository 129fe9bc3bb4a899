"""Days on which the offices a notice goes to do not work. Computed, each with its source.

Where it is in doubt whether a day is free it counts as a working day: the earlier time is the safer one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Literal

Name = Literal["none", "us-federal", "br-national", "eu-target"]
MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6

SOURCES: dict[Name, str] = {
    "none": "Every day counts.",
    "us-federal": "5 U.S.C. 6103: one that falls on a Saturday is kept on Friday, one on a Sunday on Monday.",
    "br-national": (
        "Laws 662/1949, 6.802/1980, 10.607/2002 and 14.759/2023. Good Friday, Carnival and Corpus Christi are not in"
        " them and count as working days here."
    ),
    "eu-target": "TARGET closing days: 1 January, Good Friday, Easter Monday, 1 May, 25 and 26 December.",
}


def is_working(day: date, calendar: Name) -> bool:
    """Tell whether a day is neither on a weekend nor free in this calendar; in `none` every day is."""
    if calendar == "none":
        return True
    return day.weekday() < SATURDAY and day not in free_days(calendar, day.year)


def after_working_days(day: date, number: int, calendar: Name) -> date:
    """Return the working day that is `number` after `day`; `day` itself is not counted."""
    while number > 0:
        day += timedelta(days=1)
        number -= is_working(day, calendar)
    return day


@cache
def free_days(calendar: Name, year: int) -> frozenset[date]:
    """Return the days of a year that are free besides weekends."""
    if calendar == "none":
        return frozenset()
    return frozenset(_DAYS[calendar](year))


def easter(year: int) -> date:
    """Return Easter Sunday (Meeus, Jones and Butcher's form of the Gregorian rule)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def _us_federal(year: int) -> set[date]:
    # A New Year's Day on a Saturday is kept in the old year, so the next year is looked at as well.
    fixed = [date(year, 1, 1), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25), date(year + 1, 1, 1)]
    if year >= 2021:  # Public Law 117-17
        fixed.append(date(year, 6, 19))
    moving = [
        _nth(year, 1, MONDAY, 3),
        _nth(year, 2, MONDAY, 3),
        _nth(year, 6, MONDAY, 1) - timedelta(days=7),  # the last Monday of May
        _nth(year, 9, MONDAY, 1),
        _nth(year, 10, MONDAY, 2),
        _nth(year, 11, THURSDAY, 4),
    ]
    return {day for day in (*map(_observed, fixed), *moving) if day.year == year}


def _br_national(year: int) -> set[date]:
    days = [(1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (12, 25)]
    if year >= 2024:
        days.append((11, 20))
    return {date(year, month, day) for month, day in days}


def _eu_target(year: int) -> set[date]:
    sunday = easter(year)
    fixed = {date(year, month, day) for month, day in ((1, 1), (5, 1), (12, 25), (12, 26))}
    return fixed | {sunday - timedelta(days=2), sunday + timedelta(days=1)}


_DAYS: dict[Name, Callable[[int], set[date]]] = {
    "us-federal": _us_federal,
    "br-national": _br_national,
    "eu-target": _eu_target,
}


def _observed(day: date) -> date:
    return day + timedelta(days={SATURDAY: -1, SUNDAY: 1}.get(day.weekday(), 0))


def _nth(year: int, month: int, weekday: int, number: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))
