"""Charts as SVG made on the server. Geometry stands in attributes, never in styles, so that the strict policy holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 960, 238
HATCH = "url(#hatch)"
"""What is not explained is hatched as well as coloured; the page defines the pattern once."""

_APART = 130  # a mark's words are about as wide
_COLUMNS = 48
_LINE = 17  # words below each other
_LEFT, _RIGHT, _TOP, _BOTTOM = 30, 844, 26, 212


@dataclass(frozen=True, slots=True)
class Point:
    """A minute or a few, per minute: what arrived, what is usual (10th to 90th percentile), what is not explained."""

    at: datetime
    rate: float
    low: float
    high: float
    unexplained: float = 0.0
    surge: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment worth a dotted line."""

    at: datetime
    text: str


def nice_top(highest: float) -> int:
    """Return the end of an axis from zero that four even steps of whole numbers divide."""
    step = max(1.0, highest / 4)
    size = int(10 ** math.floor(math.log10(step)))
    return 4 * next(factor * size for factor in (1, 2, 3, 4, 5, 6, 8, 10) if factor * size >= step)


def rate_chart(points: Sequence[Point], marks: Sequence[Mark] = ()) -> SafeString:
    """Draw arrivals per minute as a line over the usual range; the part that is not explained is hatched."""
    if len(points) < 2:
        return SafeString()
    first, last = points[0].at, points[-1].at
    span = max((last - first).total_seconds(), 60.0)
    top = nice_top(max(max(point.rate, point.high) for point in points))

    def x(at: datetime) -> float:
        return round(_LEFT + (_RIGHT - _LEFT) * (at - first).total_seconds() / span, 1)

    def y(value: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * value / top, 1)

    upper = [(x(p.at), y(p.rate)) for p in points]
    rest = [(x(p.at), y(max(p.rate - p.unexplained, 0.0))) for p in points]
    usual_low, usual_high = [(x(p.at), y(p.low)) for p in points], [(x(p.at), y(p.high)) for p in points]
    now = points[-1]
    storm = any(p.surge or p.unexplained >= 0.5 for p in points)
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="rate-title rate-what">'
        '<title id="rate-title">Contacts arriving per minute, against the usual range</title>'
        '<desc id="rate-what">{}</desc>{}{}{}{}{}{}<circle class="c-dot" cx="{}" cy="{}" r="3.5"/>{}</svg>',
        WIDTH,
        HEIGHT,
        _described(points),
        _grid(top, y),
        _hours(first, last, x),
        _area(upper, [(px, _BOTTOM) for px, _ in upper], "c-ex") if storm else SafeString(),
        _area(upper, rest, "c-not") if any(p.unexplained >= 0.5 for p in points) else SafeString(),
        _area(usual_high, usual_low, "c-band"),
        format_html('<path class="c-line" d="{}"/>{}', _path(upper), _marks(marks, first, last, x)),
        x(now.at),
        y(now.rate),
        _ends(now, y),
    )


def day_columns(days: Sequence[tuple[date, tuple[int, int, int]]]) -> SafeString:
    """Draw a column per day of what was kept, late and broken, from below; nothing while there is nothing.

    What was broken is hatched as well as coloured; the page defines the pattern once.
    """
    most = max((sum(parts) for _, parts in days), default=0)
    if not most:
        return SafeString()
    top = nice_top(most)
    step = (_RIGHT - _LEFT) / len(days)
    wide = round(max(step - 3, 2.0), 1)
    drawn = []
    for n, (_, parts) in enumerate(days):
        height = float(_BOTTOM)
        for name, size in zip(("d-k", "d-l", "d-b"), parts, strict=True):
            tall = round((_BOTTOM - _TOP) * size / top, 1)
            height -= tall
            if size:
                left = round(_LEFT + step * n + (step - wide) / 2, 1)
                drawn.append((name, HATCH if name == "d-b" else "currentColor", left, round(height, 1), wide, tall))
    every = max(1, math.ceil(len(days) / 10))
    ticks = [
        (round(_LEFT + step * (n + 0.5), 1), f"{day.day} {day:%b}")
        for n, (day, _) in enumerate(days)
        if (len(days) - 1 - n) % every == 0
    ]
    sums = [sum(parts[n] for _, parts in days) for n in range(3)]
    return format_html(
        '<svg class="chart days" viewBox="0 0 {} {}" role="img" aria-labelledby="days-title days-what">'
        '<title id="days-title">Promises by the day they were due</title>'
        '<desc id="days-what">In {} days {} were kept, {} late and {} broken.</desc>{}{}{}</svg>',
        WIDTH,
        HEIGHT,
        len(days),
        *sums,
        _grid(top, lambda value: round(_BOTTOM - (_BOTTOM - _TOP) * value / top, 1)),
        format_html_join("", '<rect class="{}" fill="{}" x="{}" y="{}" width="{}" height="{}"/>', drawn),
        format_html_join("", '<text class="ax m" x="{}" y="232">{}</text>', ticks),
    )


def spark(values: Sequence[float], tone: str = "") -> SafeString:
    """Draw 64 by 18: from zero, no axis, the last point marked."""
    if not values:
        return SafeString()
    top = max(max(values), 1.0)
    step = 60 / max(len(values) - 1, 1)
    dots = [(round(1 + step * n, 1), round(16 - 13 * value / top, 1)) for n, value in enumerate(values)]
    return format_html(
        '<svg class="spark {}" viewBox="0 0 64 18" width="64" height="18" aria-hidden="true"><path d="{}"/>'
        '<circle cx="{}" cy="{}" r="2"/></svg>',
        tone,
        _path(dots),
        *dots[-1],
    )


def bar(parts: Sequence[tuple[str, float]], css: str) -> SafeString:
    """Draw one bar of parts, each a class and a size; nothing when there is nothing."""
    total = sum(size for _, size in parts)
    if total <= 0:
        return format_html('<svg class="{}" aria-hidden="true"></svg>', css)
    drawn, start = [], 0.0
    for name, size in parts:
        width = 100 * size / total
        if width > 0:
            drawn.append((name, HATCH if name == "u" else "currentColor", f"{start:.2f}", f"{width:.2f}"))
        start += width
    gaps = [(f"{float(begin):.2f}",) for _, _, begin, _ in drawn[1:]]
    return format_html(
        '<svg class="{}" aria-hidden="true">{}{}</svg>',
        css,
        format_html_join("", '<rect class="{}" fill="{}" x="{}%" width="{}%" height="100%"/>', drawn),
        format_html_join("", '<rect class="gap" x="{}%" width="2" height="100%"/>', gaps),
    )


def people_marks(few: int, some: int, many: int) -> SafeString:
    """Draw a mark for each person, sorted, in columns of four; a few sizes smaller where they are many."""
    names = "a" * few + "b" * some + "c" * many
    rows = max(4, math.ceil(len(names) / _COLUMNS))
    cells = [(name, 8 * (n // rows), 8 * (n % rows)) for n, name in enumerate(names)]
    return format_html(
        '<svg class="people-marks" viewBox="0 0 {} {}" role="img" aria-label="{} people: {} with 0 to 2 hard'
        ' conversations in a row, {} with 3 to 5, {} with 6 or more">{}</svg>',
        8 * _COLUMNS - 2,
        8 * rows - 2,
        len(names),
        few,
        some,
        many,
        format_html_join("", '<rect class="{}" x="{}" y="{}" width="6" height="6" rx="1.5"/>', cells),
    )


def _path(dots: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{px} {py}" for px, py in dots)


def _area(upper: Sequence[tuple[float, float]], lower: Sequence[tuple[float, float]], css: str) -> SafeString:
    fill = HATCH if css == "c-not" else "currentColor"
    return format_html('<path class="{}" fill="{}" d="{}Z"/>', css, fill, _path([*upper, *reversed(lower)]))


def _grid(top: int, y: Callable[[float], float]) -> SafeString:
    lines = [(y(value), y(value) + 4, _on_axis(value)) for value in (0, top // 4, top // 2, 3 * top // 4, top)]
    return format_html_join("", '<path class="grid" d="M30 {}H844"/><text class="ax e" x="22" y="{}">{}</text>', lines)


def _on_axis(value: int) -> str:
    """Write an axis' number short enough for its margin: from 1,000 on in thousands."""
    return f"{value / 1000:g}k" if value >= 1000 else str(value)


def _hours(first: datetime, last: datetime, x: Callable[[datetime], float]) -> SafeString:
    minutes = (last - first).total_seconds() / 60
    step = next(step for step in (5, 10, 15, 30, 60, 120, 240, 720, 1440) if minutes / step <= 9 or step == 1440)
    local = timezone.localtime(first).replace(second=0, microsecond=0)
    at = local + timedelta(minutes=-(local.hour * 60 + local.minute) % step)
    ticks = []
    while at <= last:
        ticks.append((x(at), f"{at:%H:%M}"))
        at += timedelta(minutes=step)
    return format_html_join("", '<text class="ax m" x="{}" y="232">{}</text>', ticks)


def _marks(marks: Sequence[Mark], first: datetime, last: datetime, x: Callable[[datetime], float]) -> SafeString:
    drawn: list[tuple[float, str, float, str, str]] = []
    for mark in marks:
        if not first <= mark.at <= last:
            continue
        at = x(mark.at)
        if drawn and at - drawn[-1][0] < _APART:  # of two that would be written over each other, the later one
            drawn.pop()
        side, gap = ("e", -6) if at > 600 else ("s", 6)
        drawn.append((at, side, at + gap, f"{timezone.localtime(mark.at):%H:%M}", mark.text))
    return format_html_join(
        "",
        '<path class="mark" d="M{} 12V212"/><text class="lab {}" x="{}" y="21"><tspan class="tm">{}</tspan> {}</text>',
        drawn,
    )


def _ends(now: Point, y: Callable[[float], float]) -> SafeString:
    """Name the lines at their right end."""
    labels = [(y(now.rate) + 4, "end", f"{now.rate:,.0f} now")]
    if now.unexplained >= 0.5:
        labels.append((labels[0][0] + _LINE, "lab un", f"{now.unexplained:,.0f} unexplained"))
    labels.append((y((now.low + now.high) / 2) + 4, "ax", f"usual {now.low:,.0f}–{now.high:,.0f}"))
    labels.sort()
    heights = apart([height for height, _, _ in labels], at_least=_LINE, last=_BOTTOM + 4)
    drawn = [(height, css, text) for height, (_, css, text) in zip(heights, labels, strict=True)]
    return format_html_join("", '<text x="852" y="{}" class="{}">{}</text>', drawn)


def apart(heights: Sequence[float], *, at_least: float, last: float) -> Sequence[float]:
    """Move sorted heights so that each is `at_least` below the one before it and none is below `last`."""
    moved: list[float] = []
    for height in heights:
        moved.append(max(height, moved[-1] + at_least) if moved else height)
    for n in reversed(range(len(moved))):
        last = moved[n] = min(moved[n], last)
        last -= at_least
    return [round(height, 1) for height in moved]


def _described(points: Sequence[Point]) -> str:
    now, peak = points[-1], max(points, key=lambda point: point.rate)
    return (
        f"Usual is {now.low:,.0f} to {now.high:,.0f}. The most was {peak.rate:,.0f} at"
        f" {timezone.localtime(peak.at):%H:%M}, now it is {now.rate:,.0f}."
    )
