"""Charts: honest axes, nothing outside the frame, no styles."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from holdfast.bridge.charts import HEIGHT, WIDTH, Mark, Point, apart, bar, nice_top, rate_chart, spark

START = datetime(2026, 11, 23, 7, 3, tzinfo=UTC)
numbers = st.floats(0, 5000, allow_nan=False)


def points(rates: list[tuple[float, float]]) -> list[Point]:
    return [
        Point(START + timedelta(minutes=n), rate, usual * 0.8, usual * 1.2, unexplained=rate / 3)
        for n, (rate, usual) in enumerate(rates)
    ]


@given(st.floats(0, 1e6, allow_nan=False))
def test_an_axis_begins_at_zero_and_ends_above_all_that_is_drawn(highest: float) -> None:
    top = nice_top(highest)
    assert highest <= top <= max(4, 3 * highest + 4)
    assert top % 4 == 0


@given(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=500))
def test_a_chart_is_sound_markup_and_stays_in_its_frame(rates: list[tuple[float, float]]) -> None:
    drawn = str(rate_chart(points(rates), [Mark(START + timedelta(minutes=1), "surge <declared> & seen")]))
    tree = ElementTree.fromstring(drawn)  # noqa: S314
    assert "style" not in drawn
    for path in tree.iter("path"):
        for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path.attrib["d"]):
            assert 0 <= float(x) <= WIDTH
            assert 0 <= float(y) <= HEIGHT
    assert tree.find("title") is not None
    assert tree.find("desc") is not None


@given(st.floats(1, 200_000))
def test_the_numbers_of_an_axis_fit_into_its_margin(highest: float) -> None:
    tree = ElementTree.fromstring(str(rate_chart(points([(highest, 1.0), (highest, 1.0)]))))  # noqa: S314
    numbers = [text.text or "" for text in tree.iter("text") if text.attrib["class"] == "ax e"]
    assert len(numbers) == 5
    assert max(map(len, numbers)) <= 4


@given(st.lists(st.floats(0, 220), min_size=1, max_size=5).map(sorted))
def test_words_beside_each_other_s_lines_stay_apart_and_in_order(heights: list[float]) -> None:
    placed = apart(heights, at_least=17, last=216)
    assert all(below - above >= 16.8 for above, below in pairwise(placed))
    assert placed[-1] <= 216


def test_nothing_is_drawn_of_nothing() -> None:
    assert rate_chart(points([(1.0, 1.0)])) == ""
    assert spark([]) == ""
    assert "rect" not in bar([("p", 0), ("b", 0)], "tally-bar")


@given(st.lists(st.floats(0, 1e6, allow_nan=False), min_size=1, max_size=6))
def test_the_parts_of_a_bar_fill_it(sizes: list[float]) -> None:
    drawn = bar([("u", size) for size in sizes], "mix")
    widths = [float(width) for width in re.findall(r'class="u"[^>]* width="([\d.]+)%"', drawn)]
    if sum(sizes) > 0:
        assert abs(sum(widths) - 100) < 0.1
