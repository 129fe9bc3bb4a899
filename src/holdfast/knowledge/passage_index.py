"""Passages by their words: BM25 over stems, a part per language.

A passage is found by its own words and, at three times the weight, by those of its article's head: title, summary,
ways of asking. BM25: Robertson and Zaragoza, The Probabilistic Relevance Framework (2009), with k1 = 1.2 and b = 0.75.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from holdfast.knowledge.models import Article
from holdfast.knowledge.passages import Passage, PassageFound, announces, passages, plain
from holdfast.knowledge.stems import stems_of, words

K1, B = 1.2, 0.75
HEAD_SHARE = 3.0
MOST_WORDS = 60  # of a question; what comes after them changes nothing


class PassageIndex:
    """An immutable index over articles. Build once, ask from any thread."""

    def __init__(self, articles: Sequence[Article]) -> None:
        by_locale: dict[str, list[Article]] = {}
        for article in articles:
            by_locale.setdefault(article.locale, []).append(article)
        self._parts = {locale: _Part(locale, group) for locale, group in by_locale.items()}
        self._blocks = {
            passage.id: block for part in self._parts.values() for block in _blocks(part.found) for passage in block
        }

    def find(self, text: str, locale: str, limit: int) -> list[PassageFound]:
        """Return the passages of a language that share words with `text`, best first, however weak."""
        part = self._part_for(locale)
        asked = words(text)[:MOST_WORDS]
        return part.find(asked, limit) if part is not None and asked and limit > 0 else []

    def _part_for(self, locale: str) -> _Part | None:
        """`pt` and `pt-PT` are served by `pt-br` where there is no other."""
        base = locale.split("-")[0]
        return self._parts.get(locale) or next(
            (part for code, part in self._parts.items() if code.split("-")[0] == base), None
        )

    def together(self, passage: PassageFound) -> list[PassageFound]:
        """Return the passages that are quoted with this one, in order; itself alone when it is of another version."""
        return [passage if each.id == passage.id else each for each in self._blocks.get(passage.id, [passage])]

    def everything(self) -> list[PassageFound]:
        """Return every passage, without a score."""
        return [each for part in self._parts.values() for each in part.found]


class _Part:
    def __init__(self, locale: str, articles: Sequence[Article]) -> None:
        self._locale = locale
        self.found: list[PassageFound] = []
        owners: list[int] = []
        bodies: list[list[str]] = []
        heads: list[list[str]] = []
        for position, article in enumerate(articles):
            heads.append(words(" ".join([*[article.title] * 2, article.summary, *article.asks])))
            for number, passage in enumerate(passages(article.body), 1):
                self.found.append(_of(article, number, passage))
                owners.append(position)
                bodies.append(words(f"{_heading(article.body, passage.start)} {passage.text}"))
        stems = stems_of((word for each in (*bodies, *heads) for word in each), locale)
        documents = [_stemmed(each, stems) for each in (*bodies, *heads)]
        self._vocabulary = {stem: n for n, stem in enumerate(dict.fromkeys(s for each in documents for s in each))}
        own = self._weighed(documents[: len(bodies)])
        head = self._weighed(documents[len(bodies) :])[np.array(owners, dtype=np.int64)]
        weights = (own + HEAD_SHARE * head).tocsc()
        # Rarity is counted in articles: a word of an article's every passage is still that article's own.
        places = weights.tocoo()
        holders = np.unique(np.stack([places.col, np.array(owners, dtype=np.int64)[places.row]]), axis=1)[0]
        frequency = np.bincount(holders, minlength=len(self._vocabulary))
        self._idf = np.log(1 + (len(articles) - frequency + 0.5) / (frequency + 0.5))
        # A word nobody wrote weighs as one that one article has: in a small house nearly all words are such.
        self._unknown = float(np.log(1 + (len(articles) - 0.5) / 1.5))
        weights.data *= np.repeat(self._idf, np.diff(weights.indptr))
        self._weights = weights

    def _weighed(self, documents: Sequence[Counter[str]]) -> Any:
        """Return documents by stems, weighed by how often each stands there: BM25 without rarity."""
        lengths = np.array([sum(each.values()) for each in documents], dtype=np.float64)
        norm = K1 * (1 - B + B * lengths / max(lengths.mean() if len(lengths) else 1.0, 1.0))
        rows = np.repeat(np.arange(len(documents)), [len(each) for each in documents])
        columns = np.fromiter((self._vocabulary[stem] for each in documents for stem in each), dtype=np.int64)
        counts = np.fromiter((count for each in documents for count in each.values()), dtype=np.float64)
        weights = counts * (K1 + 1) / (counts + norm[rows]) if len(rows) else counts
        return csr_matrix((weights, (rows, columns)), shape=(len(documents), len(self._vocabulary)))

    def find(self, asked: Sequence[str], most: int) -> list[PassageFound]:
        score = np.zeros(len(self.found))
        had = np.zeros(len(self.found))
        whole = 0.0
        for stems in (stems for stems in stems_of(asked, self._locale).values() if stems):
            known = [self._vocabulary[stem] for stem in stems if stem in self._vocabulary]
            weight = max((float(self._idf[column]) for column in known), default=self._unknown)
            whole += weight
            rows, points = self._holding(known)
            score[rows] += points
            had[rows] += weight
        order = np.argsort(-score, kind="stable")[:most]
        return [
            replace(self.found[place], score=float(score[place]), covered=float(had[place] / whole))
            for place in order.tolist()
            if score[place] > 0
        ]

    def _holding(self, columns: Sequence[int]) -> tuple[Any, Any]:
        """Return the passages that hold any of a word's stems, each once, and what that is worth."""
        slices = [slice(self._weights.indptr[each], self._weights.indptr[each + 1]) for each in columns]
        if len(slices) == 1:
            return self._weights.indices[slices[0]], self._weights.data[slices[0]]
        best = np.zeros(len(self.found))
        for each in slices:
            rows = self._weights.indices[each]
            best[rows] = np.maximum(best[rows], self._weights.data[each])
        rows = np.flatnonzero(best)
        return rows, best[rows]


def _blocks(found: Sequence[PassageFound]) -> list[list[PassageFound]]:
    """Return passages in blocks: one that ends in a colon announces what follows it in its article."""
    blocks: list[list[PassageFound]] = []
    for each in found:
        last = blocks[-1][-1] if blocks else None
        if last is not None and last.article_id == each.article_id and announces(last):
            blocks[-1].append(each)
        else:
            blocks.append([each])
    return blocks


def _stemmed(document: Sequence[str], stems: Mapping[str, tuple[str, ...]]) -> Counter[str]:
    return Counter(stem for word in document for stem in stems[word])


def _heading(body: str, before: int) -> str:
    """Return the heading that stands over a place of a body, or nothing."""
    start = max(body.rfind("\n#", 0, before), -1 if body.startswith("#") else -2)
    return plain(body[start + 1 :].split("\n", 1)[0]) if start > -2 and before > 0 else ""


def _of(article: Article, number: int, passage: Passage) -> PassageFound:
    return PassageFound(
        id=f"{article.pk}.{article.version}.{number}",
        article_id=article.pk,
        version=article.version,
        slug=article.slug,
        locale=article.locale,
        title=article.title,
        summary=article.summary,
        topic=article.topic,
        start=passage.start,
        end=passage.end,
        text=passage.text,
        score=0.0,
        covered=0.0,
    )
