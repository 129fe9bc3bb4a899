"""Numbers, shares, times and dates are the same in every language we write, and nothing else is taken for one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.incidents.words.quantities import keys, number, of_moment, quantities

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
_MARKS = {"en": ",", "id": ".", "pt-br": "."}
_MONTH = {"en": "March", "id": "Maret", "pt-br": "de março de"}


def read(text: str, locale: str = "en") -> set[tuple[str, Fraction]]:
    return set(keys(quantities(text, locale=locale, zone=UTC, at=AT)))


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "4 in 10 payments"),
        ("en", "four in ten payments"),
        ("en", "4 out of 10"),
        ("en", "40 % of payments"),
        ("en", "40% of payments"),
        ("en", "40 per cent"),
        ("id", "4 dari 10 pembayaran"),
        ("id", "empat dari sepuluh"),
        ("id", "40 persen"),
        ("pt-br", "4 em cada 10 pagamentos"),
        ("pt-br", "40,0 por cento"),
    ],
)
def test_a_share_is_one_share_however_it_is_said(locale: str, text: str) -> None:
    assert read(text, locale) == {("share", Fraction(2, 5))}


@given(st.integers(0, 10**9), st.sampled_from(sorted(_MARKS)))
def test_thousands_are_read_back_as_they_are_written_in_each_language(value: int, locale: str) -> None:
    assert number(f"{value:,}".replace(",", _MARKS[locale]), locale=locale) == value
    assert read(f"{value:,} people".replace(",", _MARKS[locale]), locale) == {("count", Fraction(value))}
    assert number(f"{value:,}".replace(",", "\u202f"), locale=locale) == value


@given(st.integers(0, 999), st.integers(0, 99), st.sampled_from(sorted(_MARKS)))
def test_decimals_are_read_in_each_language(whole: int, part: int, locale: str) -> None:
    mark = "." if locale == "en" else ","
    assert number(f"{whole}{mark}{part:02}", locale=locale) == Fraction(whole * 100 + part, 100)


@given(st.integers(0, 23), st.integers(0, 59))
def test_a_time_is_one_time_in_every_writing(hour: int, minute: int) -> None:
    same = {("time", Fraction(hour * 60 + minute))}
    half = f"{hour % 12 or 12}:{minute:02} {'am' if hour < 12 else 'pm'}"
    assert read(f"since {hour:02}:{minute:02}.") == read(f"since {half},") == same
    assert read(f"pukul {hour:02}.{minute:02}.", "id") == read(f"desde {hour}h{minute:02}.", "pt-br") == same
    west = (hour + 7) % 24
    assert read(f"pukul {west:02}.{minute:02} WIB.", "id") == same


@given(st.dates(min_value=date(2024, 3, 1), max_value=date(2024, 3, 31)))
def test_a_date_is_one_date_in_every_writing(day: date) -> None:
    same = {("date", Fraction(300 + day.day))}
    for locale, month in _MONTH.items():
        assert read(f"{day.day} {month} 2024", locale) == same
    assert read(f"on March {day.day}, 2024") == read(f"2024-03-{day.day:02}") == same


def test_units_and_scales_are_part_of_a_number() -> None:
    assert read("90 minutes") == read("1.5 hours") == {("duration", Fraction(90))}
    assert read("2,5 juta", "id") == read("2.5 million") == {("count", Fraction(2_500_000))}
    assert read("30 minutes") != read("30 payments")


@pytest.mark.parametrize(
    "text", ["see https://status.bank.example/12/34", "mail desk24@bank.example", "version v2", "in us-east-1", ""]
)
def test_what_is_no_number_to_a_reader_is_none(text: str) -> None:
    assert read(text) == set()


def test_a_time_of_another_zone_is_that_time_in_ours() -> None:
    assert read("by 2:00 AM PDT") == read("by 09:00 UTC") == read("by 5 am EDT")


@given(st.text(max_size=300), st.sampled_from(["en", "id", "pt-br", "de", "xx"]))
def test_no_text_is_too_odd_to_be_read(text: str, locale: str) -> None:
    for each in quantities(text, locale=locale, zone=UTC, at=AT):
        assert each.kind in {"count", "share", "duration", "time", "date"}


@given(st.integers(0, 6 * 365 * 1440))
def test_a_moment_is_named_in_the_zone_of_the_page(minutes: int) -> None:
    moment = AT + timedelta(minutes=minutes)
    zone = ZoneInfo("Asia/Jakarta")
    local = moment + timedelta(hours=7)
    time, _ = of_moment(moment, zone=zone)
    assert time.value == local.hour * 60 + local.minute
    assert keys(quantities(time.said, locale="en", zone=zone, at=moment)) == {time.key}
