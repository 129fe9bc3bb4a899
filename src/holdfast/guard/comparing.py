"""Whether what somebody said fits a value: yes or no, and nothing of the value.

A date of birth is compared as a whole, a postcode as a whole, a number by its last four digits, a name word by word.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Callable

SHORTEST = 8  # of anything shorter, four characters would be half the value

_ISO = re.compile(r"(\d{4})[-./ ]?(\d{1,2})[-./ ]?(\d{1,2})\Z")
_DAY_FIRST = re.compile(r"(\d{1,2})[-./ ](\d{1,2})[-./ ](\d{4})\Z")
_POSTCODE = re.compile(r"[A-Z]{0,2}\d[A-Z0-9]{0,3}[ -]?\d?[A-Z0-9]{2,4}", re.IGNORECASE)


class TooShort(Exception):  # noqa: N818 - reads as what is the matter
    """Of a value this short, four characters would say too much."""


def fits(kind: str, value: str, typed: str) -> bool:
    """Return whether `typed` fits `value` in the way `kind` says. Raises `KeyError` for no such kind, `TooShort`.

    Takes the same time whatever it is that differs.
    """
    known, said = KINDS[kind](value), KINDS[kind](typed) if kind != "last_four" else folded(typed)
    return bool(said) and hmac.compare_digest(known.encode(), said.encode())


def folded(text: str) -> str:
    """Return letters and digits only, without accents and case: what is the same when it is read out."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in apart if c.isalnum())


def _last_four(value: str) -> str:
    whole = folded(value)
    if len(whole) < SHORTEST:
        raise TooShort
    return whole[-4:]


def _date(text: str) -> str:
    """Return a date as eight digits, year first; day before month where the year comes last."""
    text = text.strip()
    if found := _ISO.match(text):
        year, month, day = found.groups()
    elif found := _DAY_FIRST.match(text):
        day, month, year = found.groups()
    else:
        return ""
    return f"{year}{int(month):02}{int(day):02}"


def _postcode(text: str) -> str:
    """Return the postcode of an address: the last word group with a digit in it that looks like one."""
    found = [each.group() for each in _POSTCODE.finditer(text) if len(folded(each.group())) >= 4]
    return folded(found[-1]) if found else ""


KINDS: dict[str, Callable[[str], str]] = {
    "last_four": _last_four,
    "date": _date,
    "postcode": _postcode,
    "whole": folded,
}
