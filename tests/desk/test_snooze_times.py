from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.desk.snooze_times import presets, read

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ZONES = st.sampled_from(["UTC", "Asia/Jakarta", "America/Sao_Paulo", "Europe/Dublin", "Pacific/Apia"]).map(ZoneInfo)


@given(MOMENTS, ZONES)
def test_presets_lie_ahead_in_order_and_read_back(at: datetime, zone: ZoneInfo) -> None:
    found = presets(at=at, zone=zone)
    assert [preset.at for preset in found] == sorted(preset.at for preset in found)
    assert len({preset.at for preset in found}) == len(found)
    for preset in found:
        assert read(preset.until, at=at) == preset.at
        assert preset.at.minute % 15 == 0


def test_presets_on_a_wednesday_morning() -> None:
    found = presets(at=datetime(2026, 11, 18, 9, 7, tzinfo=UTC), zone=ZoneInfo("Europe/Dublin"))
    assert [(preset.label, f"{preset.at:%a %H:%M}") for preset in found] == [
        ("Later today", "Wed 12:15"),
        ("Tomorrow morning", "Thu 09:00"),
        ("Next week", "Mon 09:00"),
    ]


def test_late_in_the_evening_there_is_no_later_today() -> None:
    found = presets(at=datetime(2026, 11, 18, 21, 0, tzinfo=UTC), zone=ZoneInfo("UTC"))
    assert found[0].label == "Tomorrow morning"


def test_on_a_sunday_tomorrow_is_monday_and_next_week_is_seven_days_on() -> None:
    found = presets(at=datetime(2026, 11, 22, 21, 0, tzinfo=UTC), zone=ZoneInfo("UTC"))
    assert [(preset.label, preset.at.day) for preset in found] == [("Tomorrow morning", 23), ("In a week", 29)]


@pytest.mark.parametrize("text", ["", "soon", "2026-11-18T08:00:00Z", "2030-01-01", "x" * 1000])
def test_times_that_are_past_too_far_or_none_at_all_are_not_read(text: str) -> None:
    assert read(text, at=datetime(2026, 11, 18, 9, 0, tzinfo=UTC)) is None


def test_a_time_without_offset_is_utc() -> None:
    at = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
    assert read("2026-11-18T10:00", at=at) == at + timedelta(hours=1)
