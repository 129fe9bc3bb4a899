"""Which minutes are alike: the same minute of the same day of the week, on the wall clock of the people who call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

HOLIDAY = 7
"""The day type of a holiday. Days of the week are 0 (Monday) to 6."""

DAY_TYPES = 8


@dataclass(frozen=True, slots=True)
class Calendar:
    """A time zone and the dates that are not ordinary days there. There are no built-in holidays.

    Summer time needs no care: a slot is a place on the wall clock, so the hour that is skipped is not
    missed, and the hour that comes twice counts twice.
    """

    zone: str = "UTC"
    holidays: frozenset[date] = frozenset()

    @classmethod
    def of(cls, *, zone: str = "UTC", holidays: Iterable[date] = ()) -> Calendar:
        """Make a calendar; raises `ZoneInfoNotFoundError` for a zone that does not exist."""
        ZoneInfo(zone)
        return cls(zone=zone, holidays=frozenset(holidays))

    def place(self, at: datetime) -> tuple[int, int]:
        """Return the day type (0 to 7) and the minute of the day (0 to 1439) of an aware moment."""
        local = at.astimezone(ZoneInfo(self.zone))
        day = HOLIDAY if local.date() in self.holidays else local.weekday()
        return day, local.hour * 60 + local.minute


def minute_of(at: datetime) -> int:
    """Return the whole minutes since 1970 of an aware moment."""
    return int(at.timestamp() // 60)


def moment_of(minute: int) -> datetime:
    """Return the moment, in UTC, at which a minute since 1970 begins."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
