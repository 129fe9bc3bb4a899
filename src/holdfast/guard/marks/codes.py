"""The visible code: ten letters and digits that only the server can make, for one session and minute.

Forty-five bits of HMAC-SHA256 in Crockford's base 32 (no I, L, O, U), and a check symbol over GF(32). A reader's wrong
or missing symbols are made good by comparing with the codes that were really shown, never by blind error correction,
which turns unreadable text into somebody's code now and then.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import comb
from operator import eq
from typing import TypeVar

from holdfast.guard.keys import key_ring

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10
UNREADABLE = "?"
CHANCE = 1e-3
"""A reading is believed when, of all codes it is compared with, fewer than this many would fit it as well by chance."""

_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0"})
_WHO = TypeVar("_WHO")


def minute_of(at: datetime) -> int:
    """Return the minutes since 1970 (UTC) of an aware time."""
    return int(at.timestamp() // 60)


def marks_key(use: str) -> bytes:
    """Return the key behind one kind of mark. It hangs on the oldest key of the ring, which is kept for good."""
    ring = key_ring()
    return ring.derive(list(ring.keys)[-1], f"marks.{use}")


def code_for(*, session: str, minute: int) -> str:
    """Return the code of a session, named by its mark in the log (`session_mark`), for one minute since 1970."""
    digest = hmac.digest(marks_key("code"), f"{session}.{minute}".encode(), "sha256")
    number = int.from_bytes(digest[:6], "big") >> 3
    symbols = [number >> 5 * place & 31 for place in range(LENGTH - 2, -1, -1)]
    return "".join(ALPHABET[symbol] for symbol in [*symbols, _check(symbols)])


def is_well_formed(code: str) -> bool:
    """Whether the check symbol is right. One wrong symbol, or two exchanged, never pass; a forged code may."""
    if len(code) != LENGTH or not set(code) <= set(ALPHABET):
        return False
    *symbols, check = (ALPHABET.index(symbol) for symbol in code)
    return _check(symbols) == check


def spelled(typed: str) -> str:
    """Return `typed` as codes are written: capitals, no blanks or dashes, I and L as 1, O as 0, unreadable as `?`."""
    plain = "".join(c for c in typed.upper() if not c.isspace() and c not in "-·.").translate(_READ_AS)
    return "".join(c if c in ALPHABET else UNREADABLE for c in plain)


@dataclass(frozen=True, slots=True)
class Reading:
    """The code that fits best what somebody read, how many symbols agree, and whether that can be chance."""

    code: str
    agree: int
    by_chance: float
    """How many of the other codes would be expected to agree in as many symbols."""
    alone: bool
    """Whether the next best agrees in at least two symbols fewer."""

    @property
    def sure(self) -> bool:
        return self.alone and self.by_chance < CHANCE


def nearest(read: str, table: Mapping[str, _WHO]) -> Reading | None:
    """Find what was read among the codes that were shown. None when nothing was read or nothing was shown."""
    read = spelled(read)[:LENGTH].ljust(LENGTH, UNREADABLE)
    ranked = sorted(((_agreeing(read, code), code) for code in table), reverse=True)
    if not ranked or not ranked[0][0]:
        return None
    agree, code = ranked[0]
    others = [count for count, other in ranked[1:] if table[other] != table[code]]
    legible = sum(symbol != UNREADABLE for symbol in read)
    by_chance = len(ranked) * comb(legible, agree) / 32**agree
    return Reading(code, agree, by_chance, alone=not others or agree - others[0] >= 2)


def _agreeing(read: str, code: str) -> int:
    return sum(map(eq, read, code))


def _check(symbols: list[int]) -> int:
    """Sum of the symbols, each times a power of x of its own: every weight differs, so exchanges show as well."""
    total = 0
    for symbol in reversed(symbols):
        total = _times_x(total ^ symbol)
    return total


def _times_x(element: int) -> int:
    """Multiply by x in GF(32) = GF(2)[x] / (x^5 + x^2 + 1)."""
    element <<= 1
    return element ^ 0b100101 if element & 32 else element
