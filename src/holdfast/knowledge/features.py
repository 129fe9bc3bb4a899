"""Texts as vectors: TF-IDF over words and pairs of words beside TF-IDF over runs of 2 to 5 characters of a word.

scikit-learn learns vocabulary and weights. Its `transform` then goes through a text run by run in Python; here the runs
of a word are looked up once and kept, which gives the same vectors for a third of the time. tests/knowledge compares.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

_KEPT_WORDS = 20_000
_KEPT_LENGTH = 32  # characters; longer ones are rarely words and are not seen twice


class Features:
    """What was learned from a set of documents. Each half of a vector has length 1, or 0 when nothing is known."""

    def __init__(self, *, words: Sequence[str], word_idf: Any, runs: Sequence[str], run_idf: Any) -> None:
        """Take words and runs in the order of their columns, and how rare each is."""
        self.words, self.word_idf, self.runs, self.run_idf = tuple(words), word_idf, tuple(runs), run_idf
        self._vocabulary = {word: column for column, word in enumerate(self.words)}
        self._run_vocabulary = {run: column for column, run in enumerate(self.runs)}
        self._prepared, self._split = _word_vectorizer().build_preprocessor(), _word_vectorizer().build_tokenizer()
        # A word comes prepared; small letters a second time would change some (a styled S becomes S, then s).
        self._runs_in = _run_vectorizer().set_params(lowercase=False, strip_accents=None).build_analyzer()
        self._kept = lru_cache(maxsize=_KEPT_WORDS)(self._runs_of)

    @classmethod
    def learned_from(cls, documents: Sequence[str]) -> tuple[Features, Any]:
        """Return what the documents teach, and their own vectors (sparse, one row each)."""
        words, runs = _word_vectorizer(), _run_vectorizer()
        vectors = hstack([words.fit_transform(documents), runs.fit_transform(documents)]).tocsr()
        learned = cls(
            words=words.get_feature_names_out().tolist(),
            word_idf=words.idf_,
            runs=runs.get_feature_names_out().tolist(),
            run_idf=runs.idf_,
        )
        return learned, vectors

    def of(self, texts: Sequence[str]) -> Any:
        """Return the vectors of texts, sparse, one row each."""
        words: list[list[int]] = []
        runs: list[list[int]] = []
        for text in texts:
            prepared = self._prepared(text)
            words.append(self._words_of(self._split(prepared)))
            found: list[int] = []
            for word in prepared.split():
                found += self._kept(word) if len(word) <= _KEPT_LENGTH else self._runs_of(word)
            runs.append(found)
        return hstack([_weighed(words, self.word_idf), _weighed(runs, self.run_idf)]).tocsr()

    def _words_of(self, tokens: Sequence[str]) -> list[int]:
        pairs = (f"{first} {second}" for first, second in pairwise(tokens))
        return [self._vocabulary[each] for each in (*tokens, *pairs) if each in self._vocabulary]

    def _runs_of(self, word: str) -> tuple[int, ...]:
        return tuple(self._run_vocabulary[each] for each in self._runs_in(word) if each in self._run_vocabulary)


def _word_vectorizer() -> TfidfVectorizer:
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, strip_accents="unicode")


def _run_vectorizer() -> TfidfVectorizer:
    return TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, strip_accents="unicode")


def _weighed(rows: Sequence[Sequence[int]], idf: Any) -> Any:
    """Return counts as `(1 + ln count) * idf`, each row with length 1."""
    lengths = [len(row) for row in rows]
    columns = np.fromiter((column for row in rows for column in row), dtype=np.int32, count=sum(lengths))
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    counts = csr_matrix((np.ones(len(columns)), columns, starts), shape=(len(rows), len(idf)))
    counts.sum_duplicates()
    counts.data = (np.log(counts.data) + 1) * idf[counts.indices]
    of_row = np.repeat(np.arange(len(rows)), np.diff(counts.indptr))
    norms = np.sqrt(np.bincount(of_row, weights=counts.data**2, minlength=len(rows)))
    counts.data /= norms[of_row]
    return counts
