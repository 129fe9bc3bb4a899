"""The usual of a queue from the same half hours of the weeks before."""

from __future__ import annotations

from datetime import UTC, datetime

from holdfast.staffing.weekly import STEP, WEEK, Weekly

MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def weekly(*counts: int) -> Weekly:
    """So many in each half hour around the same time, one number a week, the newest first."""
    found = {
        MONDAY - number * WEEK + place * STEP: count
        for number, count in enumerate(counts, start=1)
        for place in (-1, 0, 1)
    }
    return Weekly(found, MONDAY - len(counts) * WEEK - STEP)


def test_a_week_with_a_storm_of_its_own_does_not_become_the_usual() -> None:
    calm, stormy = weekly(20, 20, 20, 20, 20), weekly(20, 20, 900, 20, 20)
    assert abs(calm.expected(MONDAY).median - 20) < 1
    assert stormy.expected(MONDAY).median < 25


def test_weeks_that_differ_widen_the_range() -> None:
    steady, uneven = weekly(20, 20, 20, 20).expected(MONDAY), weekly(10, 30, 12, 28).expected(MONDAY)
    assert uneven.high - uneven.low > steady.high - steady.low


def test_without_a_week_nothing_is_known() -> None:
    assert (weekly().weeks(MONDAY), weekly().expected(MONDAY).high) == (0, 0.0)
    assert weekly(20, 20).weeks(MONDAY) == 2
