"""Articles cut into passages with exact offsets, so that a citation always points at the words it quotes."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BLOCK = re.compile(r"\S(?:.|\n(?!\s*\n))*")
_EMPHASIS = re.compile(r"(\*\*|__|`)")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


@dataclass(frozen=True, slots=True)
class Passage:
    """A block of an article: `body[start:end]`, and the same words without Markdown."""

    text: str
    start: int
    end: int


def passages(body: str) -> list[Passage]:
    """Return the blocks of a Markdown body: paragraphs, whole lists; headings are left out."""
    found = []
    for match in _BLOCK.finditer(body):
        if match.group().startswith("#"):
            continue
        found.append(Passage(plain(match.group()), match.start(), match.end()))
    return found


def plain(markdown: str) -> str:
    """Return Markdown as plain text: no emphasis, links as their words, headings without their marks."""
    text = _LINK.sub(r"\1", _EMPHASIS.sub("", markdown))
    return re.sub(r"^#+\s*", "", text, flags=re.MULTILINE).strip()
