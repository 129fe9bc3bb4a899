"""Kernel ridge regression over sentence vectors: which of several things is a text nearest to in meaning?

A text's vector is compared with landmarks, by a kernel that falls off with distance; the rest is one linear system
(subset of regressors: Rasmussen and Williams 2006, 8.3.1). It learns in seconds, and better from few examples than a
linear model. Width and ridge were found by cross-validation on training data; benchmarks/assistant.py compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from holdfast.kit.semantic.encoder import one_thread
from holdfast.kit.semantic.network import Floats

_WIDTH = 1.0  # of the kernel exp(-width |x - y|^2)
_RIDGE = 0.1
_FLOOR = 1e-3
_LANDMARKS = 4000  # with fewer examples than that the regression is exact
_ROWS = 2048  # of the kernel's matrix at a time: 64 MB


@dataclass(frozen=True, slots=True)
class Ridge:
    """What was learned. Plain arrays, for whoever keeps them."""

    landmarks: Floats
    weights: Floats
    """A row per landmark, a column per label."""

    @classmethod
    def fit(cls, vectors: Floats, labels: NDArray[np.intp], *, count: int) -> Ridge:
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
        scores = np.empty((len(vectors), self.weights.shape[1]), dtype=np.float32)
        with one_thread():
            for start in range(0, len(vectors), _ROWS):
                scores[start : start + _ROWS] = _kernel(vectors[start : start + _ROWS], self.landmarks) @ self.weights
        return scores


def _kernel(left: Floats, right: Floats) -> Floats:
    product = left @ right.T
    product -= np.float32(1)
    product *= np.float32(2 * _WIDTH)
    return cast(Floats, np.exp(product, out=product))
