"""How an apology, blame, the next update and a cause are said in each language, read from `lexicon.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """The expressions of one language; `next_line` takes the time in `{time}`."""

    apology: re.Pattern[str]
    empty_apology: re.Pattern[str]
    blame: re.Pattern[str]
    style: re.Pattern[str]
    next_said: re.Pattern[str]
    next_line: str


def _any(expressions: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?<!\w)(?:{each})" for each in expressions), re.IGNORECASE)


def _language(given: Mapping[str, Any]) -> Lexicon:
    patterns = {key: _any(value) for key, value in given.items() if key != "next_line"}
    return Lexicon(next_line=given["next_line"], **patterns)


_GIVEN: Final = tomllib.loads((Path(__file__).parent / "lexicon.toml").read_text(encoding="utf-8"))
LEXICONS: Final[Mapping[str, Lexicon]] = {code: _language(given) for code, given in _GIVEN["language"].items()}
CAUSES: Final[Mapping[str, re.Pattern[str]]] = {each["name"]: _any(each["said"]) for each in _GIVEN["cause"]}


def lexicon_of(locale: str) -> Lexicon | None:
    """Return what is known of a language, by its main part; nothing when it is not among ours."""
    return LEXICONS.get(locale.lower().split("-")[0])


def causes_in(text: str) -> frozenset[str]:
    """Return which causes a text names, asserting or denying them."""
    return frozenset(cause for cause, said in CAUSES.items() if said.search(text))
