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

    def __init__(self, words: TfidfVectorizer, runs: TfidfVectorizer) -> None:
        self._vocabulary: dict[str, int] = words.vocabulary_
        self._run_vocabulary: dict[str, int] = runs.vocabulary_
        self._idf, self._run_idf = words.idf_, runs.idf_
        self._prepared, self._split = words.build_preprocessor(), words.build_tokenizer()
        self._runs_in = runs.build_analyzer()
        self._kept = lru_cache(maxsize=_KEPT_WORDS)(self._runs_of)

    @classmethod
    def learned_from(cls, documents: Sequence[str]) -> tuple[Features, Any]:
        """Return what the documents teach, and their own vectors (sparse, one row each)."""
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, strip_accents="unicode")
        runs = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, strip_accents="unicode")
        vectors = hstack([words.fit_transform(documents), runs.fit_transform(documents)]).tocsr()
        return cls(words, runs), vectors

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
        return hstack([_weighed(words, self._idf), _weighed(runs, self._run_idf)]).tocsr()

    def _words_of(self, tokens: Sequence[str]) -> list[int]:
        pairs = (f"{first} {second}" for first, second in pairwise(tokens))
        return [self._vocabulary[each] for each in (*tokens, *pairs) if each in self._vocabulary]

    def _runs_of(self, word: str) -> tuple[int, ...]:
        return tuple(self._run_vocabulary[each] for each in self._runs_in(word) if each in self._run_vocabulary)


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
