"""How a forbidden statement is looked for: as a phrase, whatever its case, spaces and quotes, or as an expression.

Expressions are written by people and searched while an update waits, so only such are taken as end quickly: nothing
repeated inside something repeated, no back-references, at most one part without an end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Final

from holdfast.incidents.words.contract import Ban
from holdfast.incidents.words.errors import Refused

LONGEST: Final = 200
_MOST_REPEATS: Final = 50
_REPEATS: Final = {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}
_REFERENCES: Final = {codes.GROUPREF, codes.GROUPREF_EXISTS}


def compiled(pattern: str, *, is_expression: bool) -> re.Pattern[str]:
    """Return what to search for. Raises `Refused` with what is wrong with it."""
    plain = " ".join(pattern.replace("\x00", "").split())
    if not plain:
        raise Refused("Write the words that may not be said.")
    if len(plain) > LONGEST:
        raise Refused(f"A forbidden statement has at most {LONGEST} characters; this has {len(plain)}.")
    if not is_expression:
        return _phrase(plain)
    try:
        tree = parser.parse(plain, re.IGNORECASE)
        found = re.compile(plain, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise Refused(f"The expression cannot be read: {error}.") from error
    if _without_end(tree, inside=False) > 1:
        raise Refused(
            "An expression has at most one part without an end (* or +). Give the others a limit, as in {0,40}."
        )
    if found.search(""):
        raise Refused("The expression fits every text. Name what may not be said.")
    return found


def _phrase(plain: str) -> re.Pattern[str]:
    words = [re.escape(each).replace("'", "['’]").replace("’", "['’]") for each in plain.split()]
    before = r"(?<!\w)" if plain[0].isalnum() else ""
    after = r"(?!\w)" if plain[-1].isalnum() else ""
    return re.compile(before + r"\s+".join(words) + after, re.IGNORECASE)


def _without_end(tree: Iterable[tuple[Any, Any]], *, inside: bool) -> int:
    """Count parts without an end. Raises `Refused` for what may take for ever."""
    count = 0
    for code, given in tree:
        if code in _REFERENCES:
            raise Refused("An expression cannot refer back to a part of itself.")
        if code in _REPEATS:
            _, high, part = given
            ends = high != codes.MAXREPEAT
            if inside and high != 1:
                raise Refused("An expression cannot repeat what has a repeat in it.")
            if ends and high > _MOST_REPEATS:
                raise Refused(f"An expression repeats a part at most {_MOST_REPEATS} times.")
            count += (0 if ends else 1) + _without_end(part, inside=inside or high != 1)
            continue
        for part in _parts(given):
            count += _without_end(part, inside=inside)
    return count


def _parts(given: Any) -> list[Any]:
    if isinstance(given, parser.SubPattern):
        return [given]
    if isinstance(given, tuple | list):
        return [each for part in given for each in _parts(part)]
    return []


def said(
    text: str, *, locale: str, bans: Sequence[Ban], jurisdictions: Sequence[str], at: datetime
) -> list[tuple[Ban, str]]:
    """Return which forbidden statements a text makes, each with the words that make it.

    A statement forbidden in one jurisdiction is so for every text that may be read there; a text without jurisdictions
    may be read anywhere.
    """
    found = []
    for ban in bans:
        if ban.until is not None and ban.until <= at:
            continue
        if ban.locale and ban.locale.split("-")[0] != locale.split("-")[0]:
            continue
        if ban.jurisdiction and jurisdictions and ban.jurisdiction not in jurisdictions:
            continue
        match = compiled(ban.pattern, is_expression=ban.is_expression).search(text)
        if match is not None:
            found.append((ban, match.group()))
    return found
