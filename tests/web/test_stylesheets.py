"""The colours of the design language, measured: contrast of each pair by WCAG 2.2 in both themes."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import pytest

STYLES = Path(__file__).resolve().parents[2] / "src" / "holdfast" / "web" / "static" / "holdfast"
_PAIR = re.compile(r"--([\w-]+):\s*light-dark\(oklch\(([^)]+)\),\s*oklch\(([^)]+)\)\);")
TOKENS = {
    name: (light, dark) for name, light, dark in _PAIR.findall((STYLES / "tokens.css").read_text(encoding="utf-8"))
}
GROUNDS = ("canvas", "surface", "raised", "sunken", "hover", "selected")
TEXT = [
    *itertools.product(("ink", "ink-2", "ink-3"), GROUNDS),
    *itertools.product(("ink", "ink-2"), ("band-watch", "band-surge", "band-recovery", "amber-tint", "coral-tint")),
    *((hue, ground) for hue in ("kelp", "amber", "coral", "tide", "plum") for ground in ("surface", "raised")),
    *((hue, f"{hue}-tint") for hue in ("kelp", "amber", "coral", "tide", "plum")),
    ("on-kelp", "kelp-fill"),
    ("on-kelp", "kelp-over"),
    ("on-siege", "band-siege"),
    ("on-you", "you"),
    ("ink-2", "person"),
    ("ink-2", "chip"),
    ("ink-2", "hatch-a"),
    ("ink", "found"),
]
MARKS = [("control", "surface"), ("control", "raised"), ("kelp", "surface"), ("amber-fill", "surface")]


def luminance(oklch: str) -> float:
    """Relative luminance (WCAG 2.2) of an `L C h` triple. OKLab to linear sRGB: bottosson.github.io/posts/oklab."""
    lightness, chroma, hue = (float(part) for part in oklch.split("/")[0].split())
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    return sum(w * min(1.0, max(0.0, c)) for w, c in zip((0.2126, 0.7152, 0.0722), (red, green, blue), strict=True))


def contrast(one: str, other: str, *, theme: int) -> float:
    """Contrast ratio of two tokens; `band-calm` and the like that only point elsewhere are not measured."""
    brighter, darker = sorted((luminance(TOKENS[one][theme]), luminance(TOKENS[other][theme])), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_can_be_read_on_each_ground_it_stands_on(text: str, ground: str, theme: int) -> None:
    assert contrast(text, ground, theme=theme) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("mark", "ground"), MARKS)
def test_marks_and_field_edges_can_be_seen(mark: str, ground: str, theme: int) -> None:
    assert contrast(mark, ground, theme=theme) >= 3.0


def test_each_variable_a_stylesheet_uses_is_defined() -> None:
    sheets = {path.name: path.read_text(encoding="utf-8") for path in STYLES.glob("*.css")}
    defined = {name for text in sheets.values() for name in re.findall(r"(--[\w-]+)\s*:", text)}
    for name, text in sheets.items():
        assert set(re.findall(r"var\((--[\w-]+)", text)) <= defined, name


def test_stylesheets_load_nothing_from_elsewhere() -> None:
    for path in STYLES.glob("*.css"):
        for address in re.findall(r"url\(\"?([^\")]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / address).resolve().is_file(), f"{path.name}: {address}"
