"""Examples to learn from and to measure on: CSV files of texts and labels, and JSON in CLINC150's shape."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

_LABEL_COLUMNS = ("category", "label", "intent")
_MOST_BYTES = 500_000_000


class Unreadable(ValueError):
    """The file is not what it should be; the message is a sentence that names the place."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Texts, and the label of each."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def __add__(self, other: Examples) -> Examples:
        return Examples(self.texts + other.texts, self.labels + other.labels)

    def at(self, places: Sequence[int]) -> Examples:
        """Return the examples at these places."""
        return Examples(tuple(self.texts[i] for i in places), tuple(self.labels[i] for i in places))

    def few(self, shots: int, *, seed: int) -> Examples:
        """Return at most `shots` examples per label, drawn with this seed."""
        drawn = np.random.default_rng(seed)
        places = _by_label(self.labels)
        return self.at([int(i) for own in places for i in drawn.permutation(own)[:shots]])

    def parted(self, share: float, *, seed: int) -> tuple[Examples, Examples]:
        """Return the rest and about `share` of each label, drawn with this seed; every label keeps an example."""
        drawn = np.random.default_rng(seed)
        apart: set[int] = set()
        for own in _by_label(self.labels):
            apart |= {int(i) for i in drawn.permutation(own)[: min(len(own) - 1, round(share * len(own)))]}
        return self.at([i for i in range(len(self)) if i not in apart]), self.at(sorted(apart))


def _by_label(labels: Sequence[str]) -> list[list[int]]:
    places: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        places.setdefault(label, []).append(place)
    return [places[label] for label in sorted(places)]


def read_csv(path: Path) -> Examples:
    """Read a CSV file with the columns `text` and `category` (or `label`, `intent`). Raises `Unreadable`."""
    try:
        rows = list(csv.DictReader(io.StringIO(_content(path), newline=""), strict=True))
    except csv.Error as error:
        raise Unreadable(f"{path} is not a CSV file: {error}.") from None
    if not rows:
        raise Unreadable(f"{path} has no examples below its first line.")
    column = next((name for name in _LABEL_COLUMNS if name in rows[0]), None)
    if column is None or "text" not in rows[0]:
        raise Unreadable(f"{path} needs the columns text and category (or label, or intent) in its first line.")
    for number, row in enumerate(rows, 1):
        if not (row["text"] or "").strip() or not (row[column] or "").strip():
            raise Unreadable(f"Example {number} of {path} has no text or no {column}.")
    return Examples(tuple(row["text"] for row in rows), tuple(row[column].strip() for row in rows))


@dataclass(frozen=True, slots=True)
class Scoped:
    """In-scope examples of three kinds, and texts that are about nothing the labels name (`oos`: out of scope)."""

    train: Examples
    val: Examples
    test: Examples
    oos_test: Examples


def read_scoped(path: Path, *, seed: int) -> tuple[Scoped, str]:
    """Read a JSON object of `train`, `val`, `test`, `oos_test`: lists of [text, label]. Raises `Unreadable`.

    Returns with it a sentence on what was measured. Without `test` half of `val` is kept apart for it; without
    `oos_test` the out-of-scope texts of `oos_train` and `oos_val` stand in, which nothing else uses.
    """
    try:
        content = json.loads(_content(path))
    except json.JSONDecodeError as error:
        raise Unreadable(f"{path} is not JSON: {error.msg} in line {error.lineno}.") from None
    if not isinstance(content, dict):
        raise Unreadable(f"{path} needs to be a JSON object with the keys train, val, test and oos_test.")
    train, val, test = (_pairs(content, key, path) for key in ("train", "val", "test"))
    if not len(train) or not len(val):
        raise Unreadable(f"{path} needs examples under train and under val.")
    outside = _pairs(content, "oos_test", path)
    about = "Measured on test and oos_test."
    if not len(test):
        val, test = val.parted(0.5, seed=seed)
        about = f"There is no test: half of val (seed {seed}) is kept apart for it."
    if not len(outside):
        outside = _pairs(content, "oos_train", path) + _pairs(content, "oos_val", path)
        about += " There is no oos_test: oos_train and oos_val stand in; nothing else uses them."
    return Scoped(train, val, test, outside), about


def _pairs(content: dict[str, Any], key: str, path: Path) -> Examples:
    pairs = content.get(key, [])
    if not isinstance(pairs, list):
        raise Unreadable(f"{key} in {path} needs to be a list of [text, label].")
    for number, pair in enumerate(pairs, 1):
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)):
            raise Unreadable(f"Example {number} under {key} in {path} is not [text, label].")
    # Some files keep texts out of scope among the others, under the label oos.
    kept = [pair for pair in pairs if key.startswith("oos") or pair[1] != "oos"]
    return Examples(tuple(text for text, _ in kept), tuple(label for _, label in kept))


def _content(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise Unreadable(f"{path} is larger than {_MOST_BYTES // 1_000_000} MB.")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise Unreadable(f"{path} is not UTF-8 text.") from None
