"""Ninety days: as bad as the worst, the lost time at the end, whatever clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from holdfast.incidents.status.uptime import DAYS, ninety_days

AT = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
STATUSES = ["operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance"]


def test_twenty_minutes_of_outage_colour_their_day_and_count_in_full() -> None:
    down = AT - timedelta(days=3)
    changes = [
        (AT - timedelta(days=200), "operational"),
        (down, "major_outage"),
        (down + timedelta(minutes=20), "operational"),
    ]
    found = ninety_days(changes, at=AT, zone=ZoneInfo("UTC"))
    assert [day.worst for day in found.days[-5:]] == [
        "operational",
        "major_outage",
        "operational",
        "operational",
        "operational",
    ]
    assert found.lost == timedelta(minutes=20)
    assert round(found.share, 5) == round(1 - 20 / ((DAYS - 1) * 1440 + 14 * 60), 5)


def test_days_before_a_component_was_there_are_not_known() -> None:
    found = ninety_days([(AT - timedelta(days=2), "operational")], at=AT, zone=ZoneInfo("UTC"))
    assert [day.worst for day in found.days].count("") == DAYS - 3
    assert found.known == timedelta(days=2)


def test_maintenance_that_was_announced_is_shown_but_is_no_lost_time() -> None:
    found = ninety_days([(AT - timedelta(days=2), "under_maintenance")], at=AT, zone=ZoneInfo("UTC"))
    assert (found.days[-1].worst, found.lost, found.share) == ("under_maintenance", timedelta(0), 1.0)


@given(
    st.lists(st.tuples(st.integers(0, 200 * 24 * 60), st.sampled_from(STATUSES)), min_size=1, max_size=30),
    st.sampled_from(["UTC", "Europe/Dublin", "America/Sao_Paulo", "Asia/Jakarta"]),
)
def test_every_known_minute_is_counted_once(minutes: list[tuple[int, str]], zone: str) -> None:
    changes = sorted((AT - timedelta(minutes=back), status) for back, status in minutes)
    found = ninety_days(changes, at=AT, zone=ZoneInfo(zone))
    first_day = (AT.astimezone(ZoneInfo(zone)) - timedelta(days=DAYS - 1)).replace(hour=0, minute=0)
    begin = max(changes[0][0].timestamp(), first_day.timestamp())
    assert found.known == timedelta(seconds=AT.timestamp() - begin)
    assert timedelta(0) <= found.lost <= found.known
    assert len(found.days) == DAYS
