"""The small parts: times, clocks, ranges, seals, fields."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django import forms
from django.template import Context, Template
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from holdfast.guard.fields import Sealed
from holdfast.web.templatetags import holdfast_ui as ui

NOW = dt.datetime(2026, 11, 20, 14, 19, tzinfo=dt.UTC)


def render(source: str, **context: object) -> str:
    return Template("{% load holdfast_ui %}" + source).render(Context(context))


@pytest.fixture(autouse=True)
def _at_1419(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def later(**length: float) -> dt.datetime:
    return NOW + dt.timedelta(**length)


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (dt.timedelta(seconds=-5), "now"),
        (dt.timedelta(seconds=44), "now"),
        (dt.timedelta(seconds=60), "1 min"),
        (dt.timedelta(minutes=38), "38 min"),
        (dt.timedelta(hours=5, minutes=59), "5 h"),
        (dt.timedelta(days=3), "3 d"),
        (dt.timedelta(days=30), "4 wk"),
    ],
)
def test_an_age_is_told_in_the_shortest_true_words(age: dt.timedelta, words: str) -> None:
    assert ui.short_age(age) == words


def test_a_time_carries_the_machine_form_and_the_full_date() -> None:
    html = render("{% at moment %}", moment=later(minutes=-35))
    assert 'datetime="2026-11-20T13:44:00+00:00"' in html
    assert ">13:44<" in html
    assert "Fri 20 Nov 2026, 13:44" in html
    assert ">17 Oct<" in render("{% at moment %}", moment=later(days=-34))


@pytest.mark.parametrize(
    ("due", "state", "words"),
    [
        (later(minutes=50), "open", "in 50 min"),
        (later(minutes=14), "soon", "in 14 min"),
        (later(minutes=-14), "broken", "14 min late"),
        (later(minutes=-87), "broken", "1 h 27 min late"),
    ],
)
def test_a_promise_clock_changes_shape_with_its_state(due: dt.datetime, state: str, words: str) -> None:
    html = render("{% clock due since %}", due=due, since=later(minutes=-10))
    assert f'class="clock {state}"' in html
    assert words in html
    assert ("i-circle-alert" in html) == (state == "broken")
    assert ("stroke-dasharray" in html) == (state != "broken")


def test_the_last_quarter_of_a_long_promise_is_soon() -> None:
    assert "clock soon" in render("{% clock due since %}", due=later(hours=2), since=later(hours=-22))


def test_a_kept_promise_is_a_tick() -> None:
    html = render("{% clock due kept_at=kept %}", due=later(hours=1), kept=later(minutes=-19))
    assert "clock kept" in html
    assert "i-check" in html
    assert "14:00" in html


@given(st.floats(-5, 5, allow_nan=False))
def test_a_ring_never_leaves_its_circle(share: float) -> None:
    drawn = re.search(r'stroke-dasharray="(\d+) 100"', ui.ring(share))
    assert drawn is not None
    assert 0 <= int(drawn[1]) <= 100


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (None, None, "not known yet"),
        (0, 1.4, "under 2 min"),
        (25, 40, "25–40 min"),
        (3, 3.2, "3 min"),
        (62, 90, "over an hour"),
    ],
)
def test_a_wait_is_a_range_never_a_false_precision(low: float | None, high: float | None, words: str) -> None:
    assert ui.wait_words(low, high) == words


@given(st.floats(0, 500), st.floats(0, 500))
def test_a_range_bar_stays_on_its_axis(low: float, span: float) -> None:
    x, width = re.findall(r'(?:x|width)="([\d.]+)%"', ui.wait_range(low, low + span))[:2]
    assert 0 <= float(x) <= 100
    assert 3.2 < float(width) <= 100


def test_a_seal_shows_the_mask_and_says_that_it_is_sealed() -> None:
    html = render('{% seal value "email" %}', value=Sealed("1.k.secret.token", "m•••@p•••.ie"))
    assert "m•••@p•••.ie" in html
    assert "email, sealed" in html
    assert "secret" not in html


def test_names_are_escaped_wherever_they_are_shown() -> None:
    nasty = '"><script>alert(1)</script>'
    shown = render("{% avatar n title=n %}{% chip n %}{% seal n %}{% icon n label=n %}", n=nasty)
    assert "<script" not in shown


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Maren Okafor", "MO"),
        ("Maren O.", "MO"),
        ("Kofi", "KO"),
        ("", "?"),
        (None, "?"),
        ("Bríd Ní Nolan", "BN"),
        ("•••", "?"),
    ],
)
def test_initials(name: str | None, letters: str) -> None:
    assert ui.initials(name) == letters


@given(st.text(max_size=40))
def test_any_name_has_initials(name: str) -> None:
    assert 1 <= len(ui.initials(name)) <= 6  # upper case may be longer than the letter itself


def test_a_field_ties_label_hint_and_error_together() -> None:
    class Form(forms.Form):
        summary = forms.CharField(label="Summary", help_text="One line.")

    html = render("{% field form.summary %}", form=Form({"summary": ""}))
    assert '<label for="id_summary">Summary</label>' in html
    described = re.search(r'aria-describedby="([^"]+)"', html)
    assert described is not None
    assert all(f'id="{name}"' in html for name in described[1].split())
    assert 'aria-invalid="true"' in html


def test_key_caps_take_words_and_chords() -> None:
    html = render('{% keys "mod" "enter" %}{% keys "Shift R" %}')
    assert html.count("<kbd") == 4
    assert "data-mod" in html
    assert "data-shift" in html


def test_sizes_and_shares_are_readable() -> None:
    assert [ui.file_size(size) for size in (840, 12_400, 3_400_000)] == ["840 B", "12 kB", "3.4 MB"]
    assert ui.share(0.974) == "97\u2009%"
