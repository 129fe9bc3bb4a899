"""The classifier over words and runs of letters, and what a label says. The one over sentences is `semantic.ridge`."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC

from holdfast.kit.semantic.network import Floats
from holdfast.knowledge.features import Features

_WORD = re.compile(r"[^\W\d_]{2,}")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class WordHead:
    """A linear support vector machine, one against the rest, over TF-IDF features."""

    features: Features
    weights: Floats
    """A row per feature, a column per label."""
    bias: Floats

    @classmethod
    def fit(cls, texts: Sequence[str], labels: NDArray[np.intp], *, count: int) -> WordHead:
        """Learn from texts and the numbers (below `count`) of their labels."""
        features, vectors = Features.learned_from(texts)
        if count == 1:
            return cls(features, np.zeros((vectors.shape[1], 1), np.float32), np.ones(1, np.float32))
        machine = LinearSVC(C=1.0, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # good enough is good enough
            machine.fit(vectors, labels)
        weights, bias = machine.coef_.T, machine.intercept_
        if count == 2:  # scikit-learn keeps one column for two labels
            weights, bias = np.hstack([-weights, weights]), np.concatenate([-bias, bias])
        return cls(features, np.ascontiguousarray(weights, dtype=np.float32), bias.astype(np.float32))

    def scores(self, texts: Sequence[str]) -> Floats:
        """Return a row per text: about 1 for its label, about -1 for the others."""
        return cast(Floats, self.features.of(texts).astype(np.float32) @ self.weights + self.bias)


def named(label: str) -> str:
    """Return what a label says in words (`card_arrival`: card arrival), or nothing where it is but a number."""
    words = _WORD.findall(_CAMEL.sub(" ", label))
    return " ".join(words).lower()


def softmax(scores: Any, sharpness: float) -> Any:
    """Return shares that sum to 1 per row."""
    shares = np.exp(sharpness * (scores - scores.max(axis=1, keepdims=True)))
    return shares / shares.sum(axis=1, keepdims=True)
