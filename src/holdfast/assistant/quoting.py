"""Which passages of an article are quoted to a question: its own words, in their own order, and where they stand."""

from __future__ import annotations

import re
from functools import lru_cache

from django.conf import settings

from holdfast.assistant.contract import Citation
from holdfast.knowledge.passages import Passage
from holdfast.knowledge.search import IndexedArticle

_WORDS = re.compile(r"\w{3,}")


def quotable(question: str, article: IndexedArticle, *, room: int = 900) -> list[Passage]:
    """Return the article's opening and what shares most words with the question, within `room` characters.

    A passage that ends in a colon announces what follows it, so the two are quoted together or not at all.
    """
    blocks = _blocks(article.passages)
    if not blocks:
        return []
    asked = _words(question)
    shared = [(len(asked & words), block) for words, block in blocks[1:]]
    # Where nothing shares a word with the question, what follows the opening says what to do.
    nearest = [block for count, block in sorted(shared, key=lambda each: -each[0]) if count]
    nearest = nearest or [block for _, block in blocks[1:2]]
    chosen = list(blocks[0][1])
    for block in nearest[:2]:
        if sum(len(p.text) for p in chosen) + sum(len(p.text) for p in block) <= room:
            chosen += block
    return sorted(chosen, key=lambda p: p.start)


def address(article: IndexedArticle) -> str:
    """Return where customers read the whole article."""
    return f"{settings.PUBLIC_URL}/help/{article.locale}/{article.slug}/"


def citation(article: IndexedArticle, passage: Passage) -> Citation:
    """Say where a quoted passage stands."""
    return Citation(
        article.id,
        article.version,
        article.slug,
        article.locale,
        article.title,
        address(article),
        passage.start,
        passage.end,
    )


@lru_cache(maxsize=1024)
def _blocks(passages: tuple[Passage, ...]) -> list[tuple[frozenset[str], tuple[Passage, ...]]]:
    """Return what is quoted together, each with its words. Kept: the same articles are quoted over and over."""
    blocks: list[list[Passage]] = []
    for passage in passages:
        if blocks and blocks[-1][-1].text.rstrip().endswith(":"):
            blocks[-1].append(passage)
        else:
            blocks.append([passage])
    return [(_words(" ".join(passage.text for passage in block)), tuple(block)) for block in blocks]


def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORDS.findall(text))
