"""How well and how fast a model understands: accuracy on one file after learning from another, and the gate's work."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import f1_score, roc_auc_score

from holdfast.assistant.understanding import gate
from holdfast.assistant.understanding.examples import Examples, Scoped
from holdfast.assistant.understanding.model import Encoder, Model, Understood

Figures = dict[str, Any]
_TURNS = 300  # texts asked one at a time for the time of a turn


def accuracy(train: Examples, test: Examples, *, encoder: Encoder | None) -> Figures:
    """Learn from `train`, ask `test`, and return what came of it: accuracy, macro F1, times and memory.

    A test label that `train` does not have counts as not understood.
    """
    started = time.perf_counter()
    model = Model.fit(train.texts, train.labels, encoder=encoder)
    fitted = time.perf_counter() - started
    figures: Figures = {
        "train": len(train),
        "test": len(test),
        "labels": len(model.labels),
        "semantic": encoder is not None,
    }
    figures["unknown_labels"] = len(set(test.labels) - set(model.labels))
    figures |= {"fit_seconds": round(fitted, 2), **_measured(model, test, semantic=True)}
    if encoder is not None:
        figures["words_only"] = _measured(model, test, semantic=False)
    return figures | {"memory_mb": _peak_megabytes()}


def scope(parts: Scoped, *, encoder: Encoder | None, keep: float) -> Figures:
    """Learn from `train`, set thresholds by `val` alone, and return what the gate does with `test` and `oos_test`."""
    started = time.perf_counter()
    model = Model.fit(parts.train.texts, parts.train.labels, encoder=encoder)
    figures: Figures = {
        "train": len(parts.train),
        "val": len(parts.val),
        "test": len(parts.test),
        "oos_test": len(parts.oos_test),
        "labels": len(model.labels),
        "semantic": encoder is not None,
        "keep": keep,
        "fit_seconds": round(time.perf_counter() - started, 2),
    }
    opened = gate.calibrate(model, parts.val.texts, keep=keep)
    figures |= _gated(model, opened, parts, semantic=True)
    if encoder is not None:
        figures["words_only"] = _gated(model, opened, parts, semantic=False)
    return figures | {"memory_mb": _peak_megabytes()}


def _measured(model: Model, test: Examples, *, semantic: bool) -> Figures:
    started = time.perf_counter()
    said = [each.label for each in model.predict(test.texts, semantic=semantic)]
    seconds = time.perf_counter() - started
    return {
        "accuracy": _share(said, test.labels),
        "macro_f1": round(
            float(f1_score(test.labels, said, average="macro", labels=sorted(set(test.labels)), zero_division=0)), 4
        ),
        "texts_per_second": round(len(test) / seconds, 1),
        **_turns(model, test.texts, semantic=semantic),
    }


def _turns(model: Model, texts: Sequence[str], *, semantic: bool) -> Figures:
    """Return the times of texts asked one at a time, in milliseconds; the first few are not counted."""
    asked = [texts[i % len(texts)] for i in range(_TURNS + 10)]
    times = []
    for text in asked:
        started = time.perf_counter()
        model.predict([text], semantic=semantic)
        times.append(1000 * (time.perf_counter() - started))
    p50, p95 = np.percentile(times[10:], [50, 95])
    return {"turn_ms_p50": round(float(p50), 2), "turn_ms_p95": round(float(p95), 2)}


def _gated(model: Model, opened: gate.Gate, parts: Scoped, *, semantic: bool) -> Figures:
    inside = model.predict(parts.test.texts, semantic=semantic)
    outside = model.predict(parts.oos_test.texts, semantic=semantic)
    answered = [
        (each.label, label) for each, label in zip(inside, parts.test.labels, strict=True) if opened.passes(each)
    ]
    right = sum(said == label for said, label in answered)
    return {
        "threshold": round(opened.thresholds["sentences" if semantic and "sentences" in model.tiers else "words"], 4),
        "accuracy": _share([each.label for each in inside], parts.test.labels),
        "answered": round(len(answered) / len(inside), 4) if inside else None,
        "right_of_answered": round(right / len(answered), 4) if answered else None,
        "oos_refused": round(sum(not opened.passes(each) for each in outside) / len(outside), 4) if outside else None,
        "auroc": _auroc(inside, outside),
    }


def _auroc(inside: Sequence[Understood], outside: Sequence[Understood]) -> float | None:
    """Return how often a text in scope has a higher score than one out of it."""
    if not inside or not outside:
        return None
    of = [1] * len(inside) + [0] * len(outside)
    return round(float(roc_auc_score(of, [each.score for each in (*inside, *outside)])), 4)


def _share(said: Sequence[str], labels: Sequence[str]) -> float:
    return round(sum(a == b for a, b in zip(said, labels, strict=True)) / len(labels), 4)


def _peak_megabytes() -> int:
    """Return the most memory this process has had, fitting included."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10))
