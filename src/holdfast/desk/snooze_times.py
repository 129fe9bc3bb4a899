"""The moments a conversation is usually put off to: later today, tomorrow morning, next week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from holdfast.desk.screens import SnoozePreset

LONGEST = timedelta(days=366)


def presets(*, at: datetime, zone: tzinfo) -> tuple[SnoozePreset, ...]:
    """Presets for a reader whose clock shows `at` in `zone`.

    Later today is in three hours, on the full quarter, and only while that is still today before 22:00.
    """
    local = at.astimezone(zone)
    later = _next_quarter(local + timedelta(hours=3))
    tomorrow = _nine(local + timedelta(days=1))
    monday = _nine(local + timedelta(days=7 - local.weekday()))
    found = [("Tomorrow morning", tomorrow), ("Next week", monday)]
    if later.date() == local.date() and later.hour < 22:
        found.insert(0, ("Later today", later))
    if monday.date() == tomorrow.date():
        found[-1] = ("In a week", _nine(local + timedelta(days=7)))
    return tuple(
        SnoozePreset(key=str(position), label=label, until=moment.isoformat(), at=moment)
        for position, (label, moment) in enumerate(found, 1)
    )


def read(text: str, *, at: datetime) -> datetime | None:
    """Read `until` as posted: ISO 8601, UTC when it has no offset. `None` unless it lies ahead, within a year."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if at < moment <= at + LONGEST else None


def _nine(moment: datetime) -> datetime:
    return moment.replace(hour=9, minute=0, second=0, microsecond=0)


def _next_quarter(moment: datetime) -> datetime:
    whole = moment.replace(minute=0, second=0, microsecond=0)
    quarters = -(-(moment - whole) // timedelta(minutes=15))
    return whole + timedelta(minutes=15) * quarters
