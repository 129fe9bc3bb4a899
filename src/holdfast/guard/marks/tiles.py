"""What is drawn over a page and over a shown value: where the visible code repeats, and the faint pattern as a PNG.

One `Tile` is drawn by three hands: as a path in a page's SVG, into a picture, and by the reader of photographs.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
import zlib
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime

from holdfast.guard.marks import codes, glyphs

CELL, CELLS = 8, 64
"""Side of a cell of the faint pattern in CSS pixels; cells of its tile along each side."""
LEVELS = 2.5
"""How far the faint pattern lightens and darkens, in levels of 255. See docs/marks.md for what 2.5 and 4 would do."""
ALPHA = round(2 * LEVELS)
"""Black and white cells this opaque (of 255) differ by as many levels on any ground, light or dark."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle that repeats, turned by `turn` degrees about the upper left corner, in CSS pixels."""

    width: float
    height: float
    turn: float
    stroke: float
    rows: tuple[tuple[float, float, float], ...]
    """Left, top and height of the letters of each copy of the text."""

    def lines(self, text: str) -> list[glyphs.Line]:
        """Return the lines of one tile, before it is turned."""
        return [
            line for left, top, height in self.rows for line in glyphs.lines(text, left=left, top=top, height=height)
        ]

    def path(self, text: str) -> str:
        """Return one tile as the `d` of an SVG path."""
        return "".join("M" + "L".join(f"{x:.4g} {y:.4g}" for x, y in line) for line in self.lines(text))


CARD = Tile(width=98, height=20, turn=-9, stroke=1.0, rows=((6, 6, 8),))
"""Over one shown value, which holds three or more copies of the code, without the minute."""
PAGE = Tile(width=206, height=112, turn=-14, stroke=1.5, rows=((6, 14, 12), (52, 74, 9)))
"""Over the whole page, in two sizes."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Everything a page needs to carry the marks of one session in one minute."""

    code: str
    text: str
    faint: str
    """The faint pattern as a `data:` address: it comes with the value, so no cache can hand it to another session."""

    card = CARD
    page = PAGE
    side = CELL * CELLS

    @property
    def card_text(self) -> str:
        return self.text[: codes.LENGTH + 1]

    @property
    def card_path(self) -> str:
        return CARD.path(self.card_text)

    @property
    def page_path(self) -> str:
        return PAGE.path(self.text)


def marks_for(*, session: str, at: datetime) -> Marks:
    """Return the marks of a session, named by its mark in the log, at an aware time."""
    code = codes.code_for(session=session, minute=codes.minute_of(at))
    picture = f"data:image/png;base64,{b64encode(faint_png(session)).decode()}"
    return Marks(code=code, text=text_of(code, at), faint=picture)


def text_of(code: str, at: datetime) -> str:
    """Return what is drawn: the code in two halves, and the minute in UTC for who reads it by eye."""
    return f"{code[:5]} {code[5:]} {codes.minute_of(at) // 60 % 24:02}{codes.minute_of(at) % 60:02}"


def faint_bits(session: str) -> bytes:
    """Return the session's pattern: 64 rows of 64 bits, set where the page is lightened. The same for good."""
    seed = hmac.digest(codes.marks_key("faint"), session.encode(), "sha256")
    return hashlib.shake_256(seed).digest(CELLS * CELLS // 8)


def faint_png(session: str) -> bytes:
    """Return the pattern as a PNG of one pixel a cell: black and white, both nearly transparent (some 600 bytes)."""
    bits = faint_bits(session)
    rows = b"".join(b"\0" + bits[start : start + CELLS // 8] for start in range(0, len(bits), CELLS // 8))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", CELLS, CELLS, 1, 3, 0, 0, 0)),
        (b"PLTE", bytes([0, 0, 0, 255, 255, 255])),
        (b"tRNS", bytes([ALPHA, ALPHA])),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
