"""The two classifiers: a linear one over words and runs of letters, and kernel ridge regression over sentence vectors.

Both were chosen by cross-validation on training data; benchmarks/assistant.py prints what they give beside others.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC
from threadpoolctl import ThreadpoolController

from holdfast.knowledge.features import Features

Floats = NDArray[np.float32]

_WIDTH = 1.0  # of the kernel exp(-width |x - y|^2)
_RIDGE = 0.1
_FLOOR = 1e-3
_LANDMARKS = 2500  # texts the kernel looks at; with fewer examples than that the regression is exact
_ROWS = 2048  # of the kernel's matrix at a time: 40 MB
_WORD = re.compile(r"[^\W\d_]{2,}")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")

_libraries = ThreadpoolController()


def one_thread() -> AbstractContextManager[object]:
    """More BLAS threads only spin beside a busy database."""
    return cast(AbstractContextManager[object], _libraries.limit(limits=1, user_api="blas"))


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


@dataclass(frozen=True, slots=True)
class SentenceHead:
    """Kernel ridge regression on landmarks (subset of regressors: Rasmussen and Williams 2006, 8.3.1)."""

    landmarks: Floats
    weights: Floats
    """A row per landmark, a column per label."""

    @classmethod
    def fit(cls, vectors: Floats, labels: NDArray[np.intp], *, count: int) -> SentenceHead:
        """Learn from vectors of length 1 and the numbers (below `count`) of their labels."""
        chosen = np.random.default_rng(0).permutation(len(vectors))[:_LANDMARKS]
        landmarks = vectors[np.sort(chosen)]
        size = len(landmarks)
        # In double precision: the matrix is near to singular, and more so where examples are repeated.
        system = _RIDGE * _kernel(landmarks, landmarks).astype(np.float64) + _FLOOR * np.eye(size)
        moments = np.zeros((size, count))
        with one_thread():
            for start in range(0, len(vectors), _ROWS):
                part = _kernel(vectors[start : start + _ROWS], landmarks).astype(np.float64)
                wanted = np.full((len(part), count), -1.0)
                wanted[np.arange(len(part)), labels[start : start + _ROWS]] = 1
                system += part.T @ part
                moments += part.T @ wanted
            weights = cho_solve(cho_factor(system, overwrite_a=True), moments)
        return cls(landmarks, weights.astype(np.float32))

    def scores(self, vectors: Floats) -> Floats:
        """Return a row per text: about 1 for its label, about -1 for the others."""
        with one_thread():
            return cast(Floats, _kernel(vectors, self.landmarks) @ self.weights)


def _kernel(left: Floats, right: Floats) -> Floats:
    product = left @ right.T
    product -= np.float32(1)
    product *= np.float32(2 * _WIDTH)
    return cast(Floats, np.exp(product, out=product))


def named(label: str) -> str:
    """Return what a label says in words (`card_arrival`: card arrival), or nothing where it is but a number."""
    words = _WORD.findall(_CAMEL.sub(" ", label))
    return " ".join(words).lower()


def softmax(scores: Any, sharpness: float) -> Any:
    """Return shares that sum to 1 per row."""
    shares = np.exp(sharpness * (scores - scores.max(axis=1, keepdims=True)))
    return shares / shares.sum(axis=1, keepdims=True)
