"""The words a team has prepared: which there are, what a case changes, and filling them in. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from holdfast.incidents.words.errors import Refused
from holdfast.incidents.words.filling import VARIABLE, variables

WORDS: Final[Mapping[str, str]] = {
    slug: body.strip()
    for slug, body in tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8")).items()
}
USES: Final[Mapping[str, str]] = {
    "first": "first",
    "holding": "holding",
    "resolved": "resolved",
    "resolved-open": "resolved",
    "affected": "breach_affected",
    "unaffected": "breach_unaffected",
}
MOST_FACTS: Final = 3
"""Facts in one update; a text with more is not read on a telephone."""


def use_of(slug: str) -> str:
    """Return what a prepared text is for, as the house names it."""
    return USES.get(slug, "update")


def faults(own: Mapping[str, str]) -> list[str]:
    """Return what is wrong with the words a case says differently."""
    found = []
    for slug, body in own.items():
        if slug not in WORDS:
            found.append(f"words.{slug}: there is no prepared text of that name; there are {', '.join(WORDS)}")
            continue
        try:
            variables(body)
        except Refused as refused:
            found.append(f"words.{slug}: {refused}")
    return found


def filled(body: str, *, values: Mapping[str, Sequence[str]]) -> str:
    """Return a text with its variables filled in, each with its next value; what is not given stays as it is."""
    left = {name: list(given) for name, given in values.items()}

    def value(name: str) -> str:
        given = left.get(name, [])
        if not given:
            return f"{{{name}}}"
        return given.pop(0) if len(given) > 1 else given[0]

    return VARIABLE.sub(lambda match: value(match[1]), body)


def longest_sentence(text: str) -> str:
    """Return the longest line of a text that is the same for everybody: by it a mail is known again."""
    lines = [" ".join(line.split()) for line in text.splitlines() if "{" not in line]
    return max(lines, key=len, default="")
