"""Kernel ridge regression: nearness decides, repeated examples do no harm, and nothing is random."""

from __future__ import annotations

import numpy as np
import pytest

from holdfast.kit.semantic import ridge
from holdfast.kit.semantic.network import Floats
from holdfast.kit.semantic.ridge import Ridge


def near(centre: int, count: int, *, seed: int) -> Floats:
    drawn = np.random.default_rng(seed)
    vectors = np.eye(8, dtype=np.float32)[centre] + 0.2 * drawn.standard_normal((count, 8)).astype(np.float32)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


VECTORS = np.concatenate([near(label, 20, seed=label) for label in range(4)])
LABELS = np.repeat(np.arange(4), 20)
ASKED = np.concatenate([near(label, 10, seed=9 + label) for label in range(4)])


def test_a_text_near_examples_of_a_label_gets_it() -> None:
    scores = Ridge.fit(VECTORS, LABELS, count=4).scores(ASKED)
    assert (scores.argmax(axis=1) == np.repeat(np.arange(4), 10)).all()
    assert np.abs(scores).max() < 1.5


def test_it_is_the_exact_solution_where_there_are_few_examples() -> None:
    kernel = np.exp(2 * ridge._WIDTH * (VECTORS @ VECTORS.T - 1)).astype(np.float64)
    exact = np.linalg.solve(kernel + ridge._RIDGE * np.eye(80), 2.0 * np.eye(4)[LABELS] - 1)
    asked = np.exp(2 * ridge._WIDTH * (ASKED @ VECTORS.T - 1))
    assert np.allclose(Ridge.fit(VECTORS, LABELS, count=4).scores(ASKED), asked @ exact, atol=0.02)


def test_the_same_example_a_thousand_times_does_no_harm() -> None:
    vectors = np.concatenate([VECTORS, np.repeat(VECTORS[:1], 1000, axis=0)])
    labels = np.concatenate([LABELS, np.zeros(1000, dtype=np.intp)])
    scores = Ridge.fit(vectors, labels, count=4).scores(ASKED)
    assert np.isfinite(scores).all()
    assert (scores.argmax(axis=1) == np.repeat(np.arange(4), 10)).mean() > 0.9


def test_more_examples_than_landmarks_and_rows_change_little(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Ridge.fit(VECTORS, LABELS, count=4).scores(ASKED)
    monkeypatch.setattr(ridge, "_LANDMARKS", 30)
    monkeypatch.setattr(ridge, "_ROWS", 7)
    few = Ridge.fit(VECTORS, LABELS, count=4)
    assert few.landmarks.shape == (30, 8)
    assert (few.scores(ASKED).argmax(axis=1) == whole.argmax(axis=1)).all()
    assert np.array_equal(few.weights, Ridge.fit(VECTORS, LABELS, count=4).weights)
    assert few.scores(ASKED[:0]).shape == (0, 4)
