"""The arithmetic of every regime at its edges: weekends, holidays, leap days, changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.incidents.legal.calendars import SOURCES, after_working_days, easter, free_days, is_working
from holdfast.incidents.legal.due import due, end
from holdfast.incidents.legal.regimes import Duty, Limit, Unreadable, parse, regimes

Moment = tuple[int, ...]


def at(zone: str, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone))  # type: ignore[arg-type]


def duty(name: str) -> tuple[Duty, str]:
    slug, key = name.split("/")
    found = regimes()[slug].duty(key)
    assert found is not None
    return found, regimes()[slug].zone


EU, NY, LA, SP, JKT = "Europe/Brussels", "America/New_York", "America/Los_Angeles", "America/Sao_Paulo", "Asia/Jakarta"
CASES: list[tuple[str, str, datetime, datetime]] = [
    # A Friday evening: hours run through the weekend.
    ("eu-gdpr/authority", "aware", at(EU, 2026, 11, 20, 18), at(EU, 2026, 11, 23, 18)),
    # The night in which clocks go forward, and back: 72 hours are 72 hours.
    ("eu-gdpr/authority", "aware", at(EU, 2027, 3, 27, 12), at(EU, 2027, 3, 30, 13)),
    ("eu-gdpr/authority", "aware", at(EU, 2026, 10, 24, 12), at(EU, 2026, 10, 27, 11)),
    ("eu-nis2/warning", "aware", at(EU, 2028, 2, 28, 23), at(EU, 2028, 2, 29, 23)),
    ("eu-nis2/notification", "aware", at(EU, 2028, 2, 28, 23), at(EU, 2028, 3, 2, 23)),
    # A month after the notification: the last day of a shorter month, in a leap year and otherwise.
    ("eu-nis2/final", "notified:notification", at(EU, 2028, 1, 31, 9), at(EU, 2028, 2, 29, 23, 59)),
    ("eu-nis2/final", "notified:notification", at(EU, 2027, 1, 31, 9), at(EU, 2027, 2, 28, 23, 59)),
    ("eu-nis2/final", "notified:notification", at(EU, 2026, 12, 31, 9), at(EU, 2027, 1, 31, 23, 59)),
    ("eu-dora/initial", "classified", at(EU, 2026, 11, 21, 22), at(EU, 2026, 11, 22, 2)),
    ("eu-dora/initial", "aware", at(EU, 2026, 11, 21, 22), at(EU, 2026, 11, 22, 22)),
    ("eu-dora/intermediate", "notified:initial", at(EU, 2026, 11, 20, 8), at(EU, 2026, 11, 23, 8)),
    ("eu-dora/intermediate", "aware", at(EU, 2026, 11, 20, 8), at(EU, 2026, 11, 23, 8)),
    ("eu-dora/final", "notified:intermediate", at(EU, 2026, 8, 31, 8), at(EU, 2026, 9, 30, 23, 59)),
    ("eu-cra/warning", "aware", at(EU, 2026, 12, 24, 20), at(EU, 2026, 12, 25, 20)),
    ("eu-cra/notification", "aware", at(EU, 2026, 12, 24, 20), at(EU, 2026, 12, 27, 20)),
    ("eu-cra/final-vulnerability", "fixed", at(EU, 2026, 12, 24, 20), at(EU, 2027, 1, 7, 23, 59)),
    ("eu-cra/final-incident", "notified:notification", at(EU, 2026, 10, 31, 9), at(EU, 2026, 11, 30, 23, 59)),
    # Four federal business days: over a weekend, Thanksgiving, and New Year's Day that is kept in the old year.
    ("us-sec-8k/filing", "material", at(NY, 2025, 5, 9, 16), at(NY, 2025, 5, 15, 17, 30)),
    ("us-sec-8k/filing", "material", at(NY, 2026, 11, 24, 9), at(NY, 2026, 12, 1, 17, 30)),
    ("us-sec-8k/filing", "material", at(NY, 2027, 12, 28, 9), at(NY, 2028, 1, 4, 17, 30)),
    # Declared on a Saturday: Monday is the first day.
    ("us-sec-8k/filing", "material", at(NY, 2026, 11, 14, 9), at(NY, 2026, 11, 19, 17, 30)),
    # Late in the evening in New York it is the next day in UTC, and still counts as the day it was there.
    ("us-sec-8k/filing", "material", at("UTC", 2026, 11, 17, 3), at(NY, 2026, 11, 20, 17, 30)),
    ("us-sec-8k/amendment", "notified:filing", at(NY, 2026, 7, 1, 9), at(NY, 2026, 7, 8, 17, 30)),
    ("us-hipaa/people", "discovered", at(NY, 2028, 1, 15, 10), at(NY, 2028, 3, 15, 23, 59)),
    ("us-hipaa/people", "discovered", at(NY, 2027, 1, 15, 10), at(NY, 2027, 3, 16, 23, 59)),
    ("us-hipaa/media", "discovered", at(NY, 2026, 3, 1, 10), at(NY, 2026, 4, 30, 23, 59)),
    ("us-hipaa/hhs-large", "discovered", at(NY, 2026, 3, 1, 10), at(NY, 2026, 4, 30, 23, 59)),
    # Sixty days after the end of the year of discovery; a leap year ends a day sooner in the calendar.
    ("us-hipaa/hhs-small", "discovered", at(NY, 2026, 12, 31, 23), at(NY, 2027, 3, 1, 23, 59)),
    ("us-hipaa/hhs-small", "discovered", at(NY, 2027, 1, 1, 0), at(NY, 2028, 2, 29, 23, 59)),
    # Three Brazilian business days: Tiradentes on a Tuesday, and Black Awareness Day on a Friday.
    ("br-lgpd/anpd", "breach", at(SP, 2026, 4, 17, 15), at(SP, 2026, 4, 23, 23, 59)),
    ("br-lgpd/people", "breach", at(SP, 2026, 11, 19, 15), at(SP, 2026, 11, 25, 23, 59)),
    ("br-lgpd/supplement", "notified:anpd", at(SP, 2026, 12, 1, 9), at(SP, 2026, 12, 30, 23, 59)),
    ("br-lgpd-small/anpd", "breach", at(SP, 2026, 11, 19, 15), at(SP, 2026, 11, 30, 23, 59)),
    ("br-lgpd-small/people", "breach", at(SP, 2026, 11, 19, 15), at(SP, 2026, 11, 30, 23, 59)),
    ("id-pdp/both", "aware", at(JKT, 2026, 11, 20, 18), at(JKT, 2026, 11, 23, 18)),
    ("us-california/people", "discovered", at(LA, 2028, 2, 1, 10), at(LA, 2028, 3, 2, 23, 59)),
    ("us-california/attorney-general", "notified:people", at(LA, 2028, 2, 20, 10), at(LA, 2028, 3, 6, 23, 59)),
    ("us-new-york/notice", "breach", at(NY, 2026, 11, 1, 0, 30), at(NY, 2026, 12, 1, 23, 59)),
    ("us-colorado/notice", "breach", at("America/Denver", 2026, 2, 1, 9), at("America/Denver", 2026, 3, 3, 23, 59)),
    ("us-florida/notice", "breach", at(NY, 2026, 2, 1, 9), at(NY, 2026, 3, 3, 23, 59)),
    ("us-washington/notice", "breach", at(LA, 2026, 2, 1, 9), at(LA, 2026, 3, 3, 23, 59)),
    ("us-maine/notice", "breach", at(NY, 2026, 2, 1, 9), at(NY, 2026, 3, 3, 23, 59)),
    ("us-texas/people", "breach", at("America/Chicago", 2026, 1, 1, 9), at("America/Chicago", 2026, 3, 2, 23, 59)),
    (
        "us-texas/attorney-general",
        "breach",
        at("America/Chicago", 2026, 1, 1, 9),
        at("America/Chicago", 2026, 1, 31, 23, 59),
    ),
    ("us-delaware/notice", "breach", at(NY, 2026, 1, 1, 9), at(NY, 2026, 3, 2, 23, 59)),
    ("us-connecticut/notice", "breach", at(NY, 2026, 1, 1, 9), at(NY, 2026, 3, 2, 23, 59)),
    ("us-vermont/notice", "breach", at(NY, 2026, 12, 20, 9), at(NY, 2027, 1, 3, 23, 59)),
    (
        "us-puerto-rico/notice",
        "breach",
        at("America/Puerto_Rico", 2026, 12, 25, 9),
        at("America/Puerto_Rico", 2027, 1, 4, 23, 59),
    ),
    ("us-ftc-safeguards/ftc", "discovered", at(NY, 2026, 1, 31, 9), at(NY, 2026, 3, 2, 23, 59)),
    ("us-reg-sp/customers", "aware", at(NY, 2028, 1, 31, 9), at(NY, 2028, 3, 1, 23, 59)),
    ("us-nydfs/notice", "aware", at(NY, 2026, 11, 27, 9), at(NY, 2026, 11, 30, 9)),
    ("us-banks-36h/notice", "classified", at(NY, 2026, 11, 27, 9), at(NY, 2026, 11, 28, 21)),
    ("sg-pdpa/notice", "breach", at("Asia/Singapore", 2026, 2, 27, 9), at("Asia/Singapore", 2026, 3, 2, 23, 59)),
    ("in-cert/notice", "aware", at("Asia/Kolkata", 2026, 12, 31, 22), at("Asia/Kolkata", 2027, 1, 1, 4)),
    ("us-dot-airlines/status", "change", at(NY, 2026, 12, 31, 23, 45), at(NY, 2027, 1, 1, 0, 15)),
    ("us-dot-airlines/refund-card", "refund", at(NY, 2026, 12, 22, 9), at(NY, 2027, 1, 4, 23, 59)),
    ("us-dot-airlines/refund-cash", "refund", at(NY, 2026, 12, 22, 9), at(NY, 2027, 1, 11, 23, 59)),
]


@pytest.mark.parametrize(
    ("name", "event", "began", "expected"), CASES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_notice_is_due_when_its_regime_says(name: str, event: str, began: datetime, expected: datetime) -> None:
    terms, zone = duty(name)
    found = due(terms, {event: began}, zone=zone)
    assert found is not None
    assert found.at == expected


def test_every_limit_of_every_regime_has_a_case() -> None:
    here = {(name, event) for name, event, _, _ in CASES}
    there = {
        (f"{regime.slug}/{each.key}", limit.start)
        for regime in regimes().values()
        for each in regime.duties
        for limit in each.limits
    }
    assert there - here == {("eu-dora/final", "aware")}  # the other reading of the same month


def test_of_two_limits_the_earlier_counts() -> None:
    terms, zone = duty("eu-dora/initial")
    aware = at(EU, 2026, 11, 20, 8)
    quickly = due(terms, {"aware": aware, "classified": aware + timedelta(hours=2)}, zone=zone)
    slowly = due(terms, {"aware": aware, "classified": aware + timedelta(hours=23)}, zone=zone)
    assert quickly is not None
    assert slowly is not None
    assert (quickly.at, quickly.start) == (aware + timedelta(hours=6), "classified")
    assert (slowly.at, slowly.start) == (aware + timedelta(hours=24), "aware")


def test_without_undue_delay_has_a_start_and_no_time() -> None:
    terms, zone = duty("eu-gdpr/people")
    assert due(terms, {}, zone=zone) is None
    found = due(terms, {"high_risk": at(EU, 2026, 11, 20, 8)}, zone=zone)
    assert found is not None
    assert found.at is None


def test_every_regime_of_the_list_is_there_with_its_source_and_how_far_it_was_read() -> None:
    for regime in regimes().values():
        for each in regime.duties:
            assert each.citation
            assert each.contents
            assert each.checked_on <= date.today()  # noqa: DTZ011 - a day is enough
            assert each.verified == each.ground.startswith("official text")
    assert {"eu-dora/intermediate", "id-pdp/both", "us-texas/people", "br-lgpd/anpd"} <= {
        f"{regime.slug}/{each.key}" for regime in regimes().values() for each in regime.duties if each.conflicts
    }


def test_us_federal_holidays_of_known_years() -> None:
    # As the Office of Personnel Management publishes them.
    assert sorted(free_days("us-federal", 2026)) == [
        date(2026, *day)
        for day in ((1, 1), (1, 19), (2, 16), (5, 25), (6, 19), (7, 3), (9, 7), (10, 12), (11, 11), (11, 26), (12, 25))
    ]
    assert date(2021, 12, 31) in free_days("us-federal", 2021)
    assert date(2022, 1, 1) not in free_days("us-federal", 2022)
    assert date(2020, 6, 19) not in free_days("us-federal", 2020)


@pytest.mark.parametrize(
    "sunday", [date(1961, 4, 2), date(2008, 3, 23), date(2026, 4, 5), date(2027, 3, 28), date(2038, 4, 25)]
)
def test_easter_is_where_it_is(sunday: date) -> None:
    assert easter(sunday.year) == sunday


def test_target_closes_on_good_friday_and_easter_monday() -> None:
    assert {date(2026, 4, 3), date(2026, 4, 6)} <= free_days("eu-target", 2026)


DAYS = st.dates(date(2022, 1, 1), date(2060, 1, 1))
CALENDARS = st.sampled_from(["us-federal", "br-national", "eu-target"])


@given(DAYS, st.integers(1, 30), CALENDARS)
def test_business_days_are_counted_one_by_one(day: date, number: int, calendar: str) -> None:
    found = after_working_days(day, number, calendar)  # type: ignore[arg-type]
    between = [day + timedelta(days=n) for n in range(1, (found - day).days + 1)]
    assert sum(is_working(each, calendar) for each in between) == number  # type: ignore[arg-type]
    assert is_working(found, calendar)  # type: ignore[arg-type]


@given(st.datetimes(datetime(2022, 1, 1), datetime(2060, 1, 1)), st.integers(1, 200), st.sampled_from([EU, NY, SP]))  # noqa: DTZ001
def test_hours_are_hours_whatever_the_clock_does(moment: datetime, hours: int, zone: str) -> None:
    began = moment.replace(tzinfo=UTC)
    limit = Limit(start="aware", length=hours, unit="hours")
    assert end(limit, began, zone=zone) - began == timedelta(hours=hours)


@given(
    st.datetimes(datetime(2022, 1, 1), datetime(2060, 1, 1)),  # noqa: DTZ001
    st.integers(1, 100),
    st.sampled_from(["days", "months", "business_days", "days_after_year"]),
    st.sampled_from([EU, NY, SP, "UTC"]),
)
def test_days_end_at_the_end_of_a_day_there_and_a_later_start_never_ends_sooner(
    moment: datetime, length: int, unit: str, zone: str
) -> None:
    calendar = "us-federal" if unit == "business_days" else "none"
    limit = Limit(start="aware", length=length, unit=unit, calendar=calendar)  # type: ignore[arg-type]
    began = moment.replace(tzinfo=UTC)
    found = end(limit, began, zone=zone)
    assert found.astimezone(ZoneInfo(zone)).time() == time(23, 59)
    assert found > began
    assert end(limit, began + timedelta(hours=30), zone=zone) >= found


GOOD = """
slug = "xx"
title = "T"
place = "P"
who = "W"
[[duties]]
key = "a"
title = "A"
whom = "B"
citation = "C"
verified = false
ground = "memory"
checked_on = 2026-11-22
limits = [{ start = "aware", length = 72, unit = "hours" }]
contents = ["x"]
"""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"aware"', '"awoken"', "There is no event 'awoken'"),
        ('"hours"', '"business_days"', "Business days need a calendar"),
        ("verified = false", "verified = true", "Only what was read in the official text"),
        ('slug = "xx"', 'slug = "yy"', "name the file yy.toml"),
        ('"aware"', '"notified:b"', "no earlier duty"),
        ("length = 72", "length = 0", "greater than 0"),
        ('citation = "C"', "", "citation"),
        ('who = "W"', 'who = "W"\nzone = "Mars/Base"', "no time zone"),
        ("contents", "contens", "contens"),
        ("[[duties]]", "[[duties", "xx.toml"),
    ],
)
def test_a_faulty_file_is_refused_with_what_is_wrong(old: str, new: str, says: str) -> None:
    assert parse(GOOD, name="xx.toml").slug == "xx"
    with pytest.raises(Unreadable, match=says):
        parse(GOOD.replace(old, new), name="xx.toml")


def test_each_calendar_names_its_source() -> None:
    assert all(SOURCES.values())
