"""The letters of the visible code, as lines on a grid 4 wide and 6 high.

Our own, so that the browser, the picture with a burnt-in mark and the reader of photographs draw the same shapes, and
none of them depends on a font.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

ADVANCE = 6.0
"""From one letter to the next, in units of the grid."""
HEIGHT = 6.0

Line = tuple[tuple[float, float], ...]

_DRAWN = {
    "0": "0,1 1,0 3,0 4,1 4,5 3,6 1,6 0,5 0,1",
    "1": "1,1 2,0 2,6|1,6 3,6",
    "2": "0,1 1,0 3,0 4,1 4,2 0,6 4,6",
    "3": "0,0 4,0 2,2.5 3,2.5 4,3.5 4,5 3,6 1,6 0,5",
    "4": "3,6 3,0 0,4 4,4",
    "5": "4,0 0,0 0,3 3,3 4,4 4,5 3,6 0,6",
    "6": "3,0 1,0 0,2 0,5 1,6 3,6 4,5 4,4 3,3 0,3",
    "7": "0,0 4,0 1.5,6",
    "8": "1,3 0,2 0,1 1,0 3,0 4,1 4,2 3,3 1,3 0,4 0,5 1,6 3,6 4,5 4,4 3,3",
    "9": "4,3 1,3 0,2 0,1 1,0 3,0 4,1 4,4 3,6 1,6",
    "A": "0,6 2,0 4,6|0.7,4 3.3,4",
    "B": "0,0 0,6 3,6 4,5 4,4 3,3 0,3|3,3 4,2 4,1 3,0 0,0",
    "C": "4,1 3,0 1,0 0,1 0,5 1,6 3,6 4,5",
    "D": "0,0 0,6 2.5,6 4,4.5 4,1.5 2.5,0 0,0",
    "E": "4,0 0,0 0,6 4,6|0,3 3,3",
    "F": "4,0 0,0 0,6|0,3 3,3",
    "G": "4,1 3,0 1,0 0,1 0,5 1,6 3,6 4,5 4,3 2.5,3",
    "H": "0,0 0,6|4,0 4,6|0,3 4,3",
    "J": "4,0 4,5 3,6 1,6 0,5",
    "K": "0,0 0,6|4,0 0,3.5|1.3,2.5 4,6",
    "M": "0,6 0,0 2,3 4,0 4,6",
    "N": "0,6 0,0 4,6 4,0",
    "P": "0,6 0,0 3,0 4,1 4,2 3,3 0,3",
    "Q": "0,1 1,0 3,0 4,1 4,5 3,6 1,6 0,5 0,1|2.5,4.5 4.3,6.5",
    "R": "0,6 0,0 3,0 4,1 4,2 3,3 0,3|2,3 4,6",
    "S": "4,1 3,0 1,0 0,1 0,2 1,3 3,3 4,4 4,5 3,6 1,6 0,5",
    "T": "0,0 4,0|2,0 2,6",
    "V": "0,0 2,6 4,0",
    "W": "0,0 1,6 2,3 3,6 4,0",
    "X": "0,0 4,6|4,0 0,6",
    "Y": "0,0 2,3 4,0|2,3 2,6",
    "Z": "0,0 4,0 0,6 4,6",
    " ": "",
}


@cache
def _lines(letter: str) -> tuple[Line, ...]:
    drawn = filter(None, _DRAWN[letter].split("|"))
    return tuple(tuple((float(x), float(y)) for x, y in (at.split(",") for at in line.split())) for line in drawn)


def lines(text: str, *, left: float, top: float, height: float) -> Iterator[Line]:
    """Yield the lines of `text` with its upper left corner at (`left`, `top`), its capitals `height` high."""
    unit = height / HEIGHT
    for place, letter in enumerate(text):
        start = left + place * ADVANCE * unit
        for line in _lines(letter):
            yield tuple((start + x * unit, top + y * unit) for x, y in line)


def width(text: str, *, height: float) -> float:
    """Return how wide `text` is, without the gap after its last letter."""
    return (len(text) * ADVANCE - (ADVANCE - 4)) * height / HEIGHT
