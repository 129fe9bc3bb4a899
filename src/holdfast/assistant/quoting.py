"""Which passages are quoted to a question: an article's own words, in their own order, and where they stand.

Also the frame around them: whose words these are, where the whole article is, and that a person reads what comes back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from django.conf import settings

from holdfast.assistant.contract import Answer, Citation
from holdfast.knowledge.passages import Passage, PassageFound, announces
from holdfast.knowledge.search import IndexedArticle

_WORDS = re.compile(r"\w{3,}")
_FRAMES = {
    "en": (
        "This is from our help article “{title}”:",
        "The whole article: {url}",
        "If this does not answer it, write back and a person reads it.",
    ),
    "id": (
        "Ini dari artikel bantuan kami “{title}”:",
        "Artikel lengkap: {url}",
        "Jika ini belum menjawab, balas pesan ini dan petugas kami akan membacanya.",
    ),
    "pt": (
        "Isto está no nosso artigo de ajuda “{title}”:",
        "O artigo completo: {url}",
        "Se isto não responder, escreva de volta e uma pessoa vai ler.",
    ),
}


class _Named(Protocol):
    @property
    def slug(self) -> str: ...
    @property
    def locale(self) -> str: ...
    @property
    def title(self) -> str: ...


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


def answer(quoted: Sequence[Passage], article: IndexedArticle, *, locale: str, confidence: float) -> Answer:
    """Return passages of one article as an answer in their own words."""
    citations = tuple(citation(article, passage) for passage in quoted)
    words = "\n\n".join(passage.text for passage in quoted)
    return Answer(_framed([(article, words)], locale), citations, locale, confidence)


def answer_from(found: Sequence[PassageFound], *, locale: str, confidence: float = 0.0, worded: str = "") -> Answer:
    """Return passages of one article or of several as an answer: in their own words, or as `worded` from them."""
    of: dict[int, list[PassageFound]] = {}
    for passage in found:
        of.setdefault(passage.article_id, []).append(passage)
    groups = [sorted(group, key=lambda each: each.start) for group in of.values()]
    parts: list[tuple[_Named, str]] = [(group[0], "\n\n".join(each.text for each in group)) for group in groups]
    citations = tuple(
        Citation(p.article_id, p.version, p.slug, p.locale, p.title, address(p), p.start, p.end)
        for group in groups
        for p in group
    )
    return Answer(_framed(parts, locale, worded=worded), citations, locale, confidence)


def _framed(parts: Sequence[tuple[_Named, str]], locale: str, *, worded: str = "") -> str:
    opening, whole, otherwise = _FRAMES.get(locale.split("-")[0], _FRAMES["en"])
    lines = [worded] if worded else []
    for article, words in parts:
        lines += [] if worded else [opening.format(title=article.title), words]
        lines.append(whole.format(url=address(article)))
    return "\n\n".join([*lines, otherwise])


def address(article: _Named) -> str:
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
        if blocks and announces(blocks[-1][-1]):
            blocks[-1].append(passage)
        else:
            blocks.append([passage])
    return [(_words(" ".join(passage.text for passage in block)), tuple(block)) for block in blocks]


def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORDS.findall(text))
