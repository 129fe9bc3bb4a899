"""Articles cut into passages with exact offsets, so that a citation always points at the words it quotes."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BLOCK = re.compile(r"\S(?:.|\n(?!\s*\n))*")
_EMPHASIS = re.compile(r"(\*\*|__|`)")
_LINK = re.compile(r"!?\[([^\]]+)\]\([^)]+\)")
_HEADINGS = re.compile(r"(?:#{1,6}(?:[ \t][^\n]*)?(?:\n|$)\s*)+")


@dataclass(frozen=True, slots=True)
class Passage:
    """A block of an article: `body[start:end]`, and the same words without Markdown."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PassageFound:
    """A passage that speaks of a question: `body[start:end]` of this version of its article, `text` without Markdown.

    `score` orders; `covered` (0 to 1) is the share of the question's weight that the passage and its article's head
    have; `similarity` the cosine of meanings, None where no encoder looked.
    """

    id: str
    article_id: int
    version: int
    slug: str
    locale: str
    title: str
    summary: str
    topic: str
    start: int
    end: int
    text: str
    score: float
    covered: float
    similarity: float | None = None


def passages(body: str) -> list[Passage]:
    """Return the blocks of a Markdown body: paragraphs, whole lists; headings are left out."""
    found = []
    for match in _BLOCK.finditer(body):
        # Words may follow a heading without an empty line between.
        heading = _HEADINGS.match(match.group())
        start = match.start() + (heading.end() if heading else 0)
        if start < match.end():
            found.append(Passage(plain(body[start : match.end()]), start, match.end()))
    return found


def announces(passage: Passage | PassageFound) -> bool:
    """Whether a passage ends in a colon: then it is quoted with what follows it, or not at all."""
    return passage.text.rstrip().endswith(":")


def plain(markdown: str) -> str:
    """Return Markdown as plain text: no emphasis, links as their words, headings without their marks."""
    text = _LINK.sub(r"\1", _EMPHASIS.sub("", markdown))
    return re.sub(r"^#+\s*", "", text, flags=re.MULTILINE).strip()
