"""What a text wishes to have done, learned from the examples of the actions and from what people only ask.

One linear model for all languages, over words, runs of letters (`knowledge.features`) and signs (`wish_signs`), so that
few examples go a long way; learned in a second from what is shipped, without a database. For English the mean is taken
with what sentence vectors say, where there is an encoder.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from holdfast.assistant import wish_signs
from holdfast.assistant.understanding.heads import softmax
from holdfast.assistant.understanding.model import Encoder
from holdfast.kit.plain_text import plain_text
from holdfast.kit.semantic.encoder import LANGUAGES, one_thread
from holdfast.kit.semantic.ridge import Ridge
from holdfast.knowledge.features import Features
from holdfast.operations.actions import ACTIONS

NOTHING = ""
"""The label of what is no wish for an action."""

# Found by cross-validation over the examples (benchmarks/wishes.py); the held-out wishes were not used for it.
_C = 20.0
_SIGNS = 2.0  # weight of the signs beside the words
_NOTHING_WEIGHS = 2.0  # to act on what is no wish is worse than not to act
_SENTENCES = 0.3  # share of the sentence vectors
_SHARP = 10.0
_LOOK_CLOSER = 0.10  # share of all actions together from which a sentence is worth its encoding

Shares = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    text: str
    action: str
    """`NOTHING` for what is no wish."""
    language: str


def shipped() -> list[Example]:
    """Return every example there is, in all languages."""
    found: list[Example] = []
    for language in wish_signs.languages():
        for action in ACTIONS:
            found += [Example(text, action, language) for text in wish_signs.examples(action, language)]
        found += [Example(text, NOTHING, language) for text in wish_signs.questions(language)]
    return found


class WishModel:
    """Immutable; ask from any thread."""

    def __init__(self, examples: Sequence[Example]) -> None:
        texts = [each.text for each in examples]
        self._features, words = Features.learned_from([plain_text(text) for text in texts])
        self._signs = TfidfVectorizer(analyzer=wish_signs.in_pairs)
        signs = self._signs.fit_transform(texts) * _SIGNS
        weights = {each.action: _NOTHING_WEIGHS if each.action == NOTHING else 1.0 for each in examples}
        with one_thread():
            self._model = LogisticRegression(C=_C, tol=1e-3, max_iter=300, class_weight=weights)
            self._model.fit(hstack([words, signs]).tocsr(), [each.action for each in examples])
        self.labels: tuple[str, ...] = tuple(self._model.classes_)

    def shares(self, texts: Sequence[str]) -> Shares:
        """Return a row per text: how likely each of `labels` is."""
        words = self._features.of([plain_text(text) for text in texts])
        both: Any = hstack([words, self._signs.transform(texts) * _SIGNS]).tocsr()
        found: Shares = self._model.predict_proba(both)
        return found


class SentenceModel:
    """The same from the meaning of sentences, for the languages of the encoder."""

    def __init__(self, examples: Iterable[Example], *, labels: Sequence[str], encoder: Encoder) -> None:
        own = [each for each in examples if each.language in LANGUAGES]
        self._encoder = encoder
        numbers = np.array([labels.index(each.action) for each in own], dtype=np.intp)
        self._ridge = Ridge.fit(encoder.encode([each.text for each in own]), numbers, count=len(labels))

    def shares(self, texts: Sequence[str]) -> Shares:
        """Return a row per text, as `WishModel.shares` does."""
        found: Shares = softmax(self._ridge.scores(self._encoder.encode(texts)), _SHARP)
        return found


def shares_of(
    texts: Sequence[str], *, words: WishModel, sentences: SentenceModel | None = None, locales: Sequence[str]
) -> Shares:
    """Return a row per text; of texts in a language of the encoder that may be a wish the mean of both models."""
    found = words.shares(texts)
    if sentences is None:
        return found
    closer = [
        i
        for i, locale in enumerate(locales)
        if locale in LANGUAGES and 1 - found[i, words.labels.index(NOTHING)] >= _LOOK_CLOSER
    ]
    if closer:
        found[closer] = (1 - _SENTENCES) * found[closer] + _SENTENCES * sentences.shares([texts[i] for i in closer])
    return found
