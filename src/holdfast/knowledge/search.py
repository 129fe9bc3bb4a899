"""Which published article answers a question: TF-IDF over words and character runs, and a linear model on top.

Each title, summary, body and way of asking is a document of its article. Per language a multinomial logistic regression
learns from these documents which article a text belongs to; the cosine to the nearest document keeps questions away
that are near nothing. For English the mean is taken with what sentence vectors say, where an encoder is at hand.
benchmarks/first_answer.py compares this with the nearest document alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from threadpoolctl import ThreadpoolController

from holdfast.kit.semantic.remembered import Remembered
from holdfast.kit.semantic.ridge import Ridge
from holdfast.knowledge import meaning
from holdfast.knowledge.features import Features
from holdfast.knowledge.kept import Kept
from holdfast.knowledge.models import Article
from holdfast.knowledge.passages import Passage, passages, plain

RANK = 500
SHARPNESS = 6.0  # of the sentence vectors' scores as shares: the gate then means what it means without them


@dataclass(frozen=True, slots=True)
class IndexedArticle:
    id: int
    slug: str
    locale: str
    title: str
    summary: str
    topic: str
    version: int
    body: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """One article for one question.

    `probability` is the model's; `margin` its lead over the next article; `similarity` the cosine (0 to 1) to the
    article's nearest document.
    """

    article: IndexedArticle
    probability: float
    margin: float
    similarity: float


_libraries = ThreadpoolController()


def _one_thread() -> AbstractContextManager[object]:
    """These matrices are small: more BLAS threads only spin beside a busy database (four times the CPU, measured)."""
    return cast(AbstractContextManager[object], _libraries.limit(limits=1, user_api="blas"))


class ArticleIndex:
    """An immutable index over a set of articles, one part per language. Build once, ask from any thread."""

    def __init__(self, articles: Sequence[Article], *, encoder: Remembered | None = None) -> None:
        by_locale: dict[str, list[Article]] = {}
        for article in articles:
            by_locale.setdefault(article.locale, []).append(article)
        with _one_thread():
            self._parts = {
                locale: _LocaleIndex(group, encoder if meaning.speaks(locale) else None)
                for locale, group in by_locale.items()
            }

    def find(
        self, questions: Sequence[str], *, locales: Sequence[str], limit: int = 5, semantic: bool = True
    ) -> list[list[Found]]:
        """Return for each question its best articles in its locale, best first, at most `limit`.

        A sentence costs its encoder 3 to 10 ms; `semantic=False` searches by words alone, in a fraction of that.
        """
        results: list[list[Found]] = [[] for _ in questions]
        for locale, part in self._parts.items():
            chosen = [i for i, wanted in enumerate(locales) if wanted == locale]
            if chosen:
                with _one_thread():
                    found = part.find([questions[i] for i in chosen], limit, semantic=semantic)
                for i, each in zip(chosen, found, strict=True):
                    results[i] = each
        return results


class _LocaleIndex:
    def __init__(self, articles: Sequence[Article], encoder: Remembered | None) -> None:
        self._articles = [
            IndexedArticle(
                a.pk, a.slug, a.locale, a.title, a.summary, a.topic, a.version, a.body, tuple(passages(a.body))
            )
            for a in articles
        ]
        documents: list[str] = []
        owners: list[int] = []
        for position, article in enumerate(articles):
            own = [article.title, article.summary or article.title, plain(article.body), *article.asks]
            documents.extend(own)
            owners.extend([position] * len(own))
        self._features, learned = Features.learned_from(documents)
        # Each half has length 1, so a stacked vector has length sqrt(2) and products are halved to be cosines.
        self._columns = learned.T.tocsr()
        self._starts = np.searchsorted(np.array(owners), np.arange(len(self._articles)))
        # The model sees a text as its cosines to all documents, turned into at most RANK coordinates (kernel PCA).
        # With a thousand documents that is a fiftieth of the words' own dimensions, and the fit is as much shorter.
        values, vectors = np.linalg.eigh((learned @ learned.T).toarray())
        kept = np.flatnonzero(values > 1e-6)[-RANK:]
        self._projection = vectors[:, kept] / np.sqrt(values[kept])
        self._model = None
        if len(articles) > 1:
            points = vectors[:, kept] * np.sqrt(values[kept])
            self._model = LogisticRegression(C=20, tol=1e-3, max_iter=200).fit(points, owners)
        self._meanings = None
        if encoder is not None and len(articles) > 1:
            self._encoder, self._meanings = encoder.fresh, _meanings(articles, encoder)

    def find(self, questions: Sequence[str], limit: int, *, semantic: bool) -> list[list[Found]]:
        products = (self._features.of(questions) @ self._columns).toarray()
        similarity = np.maximum.reduceat(products / 2, self._starts, axis=1)
        probability = (
            self._model.predict_proba(products @ self._projection)
            if self._model is not None
            else np.ones_like(similarity)
        )
        if semantic and self._meanings is not None:
            scores = SHARPNESS * self._meanings.scores(self._encoder.encode(questions))
            probability = (probability + softmax(scores, axis=1)) / 2
        return self._ranked(probability, similarity, limit)

    def _ranked(self, probability: Any, similarity: Any, limit: int) -> list[list[Found]]:
        order = np.argsort(-probability, axis=1, kind="stable")[:, : limit + 1]
        lead = np.pad(np.take_along_axis(probability, order, axis=1), ((0, 0), (0, 1)))
        near = np.take_along_axis(similarity, order, axis=1)
        columns = (order[:, :limit], lead, lead[:, :-1] - lead[:, 1:], near)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [
            [
                Found(self._articles[place], likely, margin, cosine)
                for place, likely, margin, cosine in zip(*row, strict=False)
                if cosine > 0
            ]
            for row in rows
        ]


def _meanings(articles: Sequence[Article], encoder: Remembered) -> Ridge:
    """Learn which article a sentence belongs to. Bodies are left out: four times the cost, and no better for it."""
    said = [(text, place) for place, a in enumerate(articles) for text in (a.title, a.summary, *a.asks) if text]
    vectors = encoder.encode([text for text, _ in said])
    return Ridge.fit(vectors, np.array([place for _, place in said], dtype=np.intp), count=len(articles))


_encoder: Remembered | None = None


def _published_stamp() -> object:
    return tuple(Article.objects.filter(published=True).order_by("pk").values_list("pk", "version", "updated_at"))


def _built() -> ArticleIndex:
    return ArticleIndex(list(Article.objects.filter(published=True).order_by("pk")), encoder=_encoder)


_FRESH_SECONDS = 15.0
_kept = Kept(_built, stamp=_published_stamp, name="article-index", fresh_for=_FRESH_SECONDS)


def warm() -> None:
    """Build the index now, by words; where sentences can be encoded, it is built anew beside it with them."""
    global _encoder
    article_index()
    _encoder = meaning.encoder()
    if _encoder is not None:
        _kept.rebuild_beside()


def article_index(*, fresh_for: float = _FRESH_SECONDS) -> ArticleIndex:
    """Return the index over what is published, looking for changes at most every `fresh_for` seconds.

    The first call builds it and takes seconds. After a change the old index answers until the new one is built beside
    it, so that nobody waits for it.
    """
    return _kept.get(fresh_for=fresh_for)


def index_at_hand() -> ArticleIndex | None:
    """Return the index if there is one, and let it be built beside the caller if not: for who cannot wait seconds."""
    return _kept.at_hand()


def forget() -> None:
    """Drop the index; the next call builds it anew. For tests, and after an import of articles."""
    _kept.forget()
