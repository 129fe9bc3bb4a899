"""What a text asks for: the mean of a classifier over words and, for English, one over sentence vectors.

Two tiers. `words` needs no encoder and takes a millisecond or two; `sentences` adds it, and is better by two or three
points of a hundred with many examples and by more than ten with few. Who is under load asks for `semantic=False`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from holdfast.assistant.understanding import keeping
from holdfast.assistant.understanding.heads import WordHead, named, softmax
from holdfast.kit.semantic.network import Floats
from holdfast.kit.semantic.ridge import Ridge
from holdfast.knowledge.features import Features

Tier = Literal["words", "sentences"]

# How sharp a score of either head is as a share, found by cross-validation.
_WORDS_SHARP, _SENTENCES_SHARP = 4.0, 10.0
# What a score is made of, each part weighed by how little it varies among texts in scope (2, 3, 2 and 3 over its
# spread; found on CLINC150's validation texts, with thresholds and figures from different halves).
_LEAD, _WORDS, _SENTENCE, _NEAR = 8.3, 4.9, 4.0, 20.0
_NEAREST = 5  # examples of the guessed label, whose mean cosine is the nearness


class Encoder(Protocol):
    """What turns texts into vectors of length 1; `holdfast.kit.semantic` has one."""

    name: str

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return a row per text."""
        ...


@dataclass(frozen=True, slots=True)
class Understood:
    """What one text seems to ask for, and the next best guess. `second` is empty when there is only one label."""

    label: str
    probability: float
    second: str
    second_probability: float
    score: float
    """How likely the text is about any label at all; higher is likelier. Comparable within a tier only."""
    tier: Tier


class Model:
    """Immutable; ask from any thread. Texts in scope in, `Understood` out."""

    def __init__(
        self,
        *,
        labels: Sequence[str],
        words: WordHead,
        sentences: Ridge | None,
        examples: Floats,
        starts: NDArray[np.intp],
        encoder: Encoder | None,
    ) -> None:
        """`examples` are the vectors of what was learned from, by label; `starts` says where each label's begin."""
        self.labels = tuple(labels)
        self._words, self._sentences, self._encoder = words, sentences, encoder
        self._examples, self._starts = examples, starts

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        labels: Sequence[str],
        *,
        encoder: Encoder | None = None,
        names: Mapping[str, str] | None = None,
    ) -> Model:
        """Learn from texts and their labels, in seconds per ten thousand once they are encoded.

        `names` says labels in words for the sentence head, which learns from them too; without it that is read off the
        label. Raises `ValueError` when there is nothing to learn from.
        """
        if not texts or len(texts) != len(labels):
            raise ValueError("There is nothing to learn from: a label per text is needed, and one text at least.")
        known = sorted(set(labels))
        place = {label: number for number, label in enumerate(known)}
        order = sorted(range(len(texts)), key=lambda i: place[labels[i]])
        texts = [texts[i] for i in order]
        numbers = np.array([place[labels[i]] for i in order], dtype=np.intp)
        words = WordHead.fit(texts, numbers, count=len(known))
        starts = np.searchsorted(numbers, np.arange(len(known) + 1))
        if encoder is None:
            nothing = np.empty((0, 0), np.float32)
            return cls(labels=known, words=words, sentences=None, examples=nothing, starts=starts, encoder=None)
        said = {label: names[label] if names and label in names else named(label) for label in known}
        extra = [label for label in known if said[label]]
        vectors = encoder.encode(texts)
        sentences = Ridge.fit(
            np.concatenate([vectors, encoder.encode([said[label] for label in extra])]),
            np.concatenate([numbers, np.array([place[label] for label in extra], dtype=np.intp)]),
            count=len(known),
        )
        return cls(labels=known, words=words, sentences=sentences, examples=vectors, starts=starts, encoder=encoder)

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """What this model can be asked in, here."""
        return ("words", "sentences") if self._sentences is not None and self._encoder is not None else ("words",)

    def predict(self, texts: Sequence[str], *, semantic: bool = True) -> list[Understood]:
        """Return what each text asks for. Without an encoder, or with `semantic=False`, from its words alone."""
        if not texts:
            return []
        scores = self._words.scores(texts)
        shares = softmax(scores, _WORDS_SHARP)
        if not semantic or self._sentences is None or self._encoder is None:
            best = shares.argmax(axis=1)
            return self._told(shares, _WORDS * _at(scores, best), "words")
        vectors = self._encoder.encode(texts)
        meanings = self._sentences.scores(vectors)
        shares = (shares + softmax(meanings, _SENTENCES_SHARP)) / 2
        best = shares.argmax(axis=1)
        near = np.array([self._nearness(label, vector) for label, vector in zip(best, vectors, strict=True)])
        sure = _WORDS * _at(scores, best) + _SENTENCE * _at(meanings, best) + _NEAR * near
        return self._told(shares, sure, "sentences")

    def _nearness(self, label: int, vector: Floats) -> float:
        own = self._examples[self._starts[label] : self._starts[label + 1]]
        return float(np.sort(own @ vector)[-_NEAREST:].mean())

    def _told(self, shares: Any, sure: Any, tier: Tier) -> list[Understood]:
        order = np.argsort(-shares, axis=1, kind="stable")[:, :2]
        top = np.pad(np.take_along_axis(shares, order, axis=1), ((0, 0), (0, 2 - order.shape[1])))
        score = _LEAD * (top[:, 0] - top[:, 1]) + sure
        return [
            Understood(
                label=self.labels[places[0]],
                probability=round(float(first), 6),
                second=self.labels[places[1]] if len(places) > 1 else "",
                second_probability=round(float(second), 6),
                score=float(one),
                tier=tier,
            )
            for places, (first, second), one in zip(order, top, score, strict=True)
        ]

    def dump(self, directory: Path) -> str:
        """Write the model into a directory and return its SHA-256, which `load` can ask for."""
        features = self._words.features
        arrays: dict[str, NDArray[Any]] = {
            "word_idf": features.word_idf,
            "run_idf": features.run_idf,
            "word_weights": self._words.weights,
            "word_bias": self._words.bias,
            "starts": self._starts,
        }
        if self._sentences is not None:
            arrays |= {"landmarks": self._sentences.landmarks, "sentence_weights": self._sentences.weights}
            arrays["examples"] = self._examples.astype(np.float16)
        lists = {"labels": list(self.labels), "words": list(features.words), "runs": list(features.runs)}
        encoder = self._encoder.name if self._encoder is not None and self._sentences is not None else ""
        return keeping.write(directory, facts={"encoder": encoder}, arrays=arrays, lists=lists)

    @classmethod
    def load(cls, directory: Path, *, encoder: Encoder | None = None, sha256: str | None = None) -> Model:
        """Read a model. Another encoder than it was fitted with is not used. Raises `keeping.Refused`."""
        facts, arrays, lists = keeping.read(directory, sha256=sha256)
        try:
            words = WordHead(
                Features(
                    words=lists["words"],
                    word_idf=arrays["word_idf"],
                    runs=lists["runs"],
                    run_idf=arrays["run_idf"],
                ),
                arrays["word_weights"],
                arrays["word_bias"],
            )
            fits = encoder is not None and encoder.name == facts["encoder"]
            return cls(
                labels=lists["labels"],
                words=words,
                sentences=Ridge(arrays["landmarks"], arrays["sentence_weights"]) if fits else None,
                examples=arrays["examples"].astype(np.float32) if fits else np.empty((0, 0), np.float32),
                starts=arrays["starts"],
                encoder=encoder if fits else None,
            )
        except (KeyError, TypeError) as error:
            raise keeping.Refused(f"The model in {directory} lacks a part; fit it anew.") from error


def _at(scores: Floats, best: NDArray[np.intp]) -> Any:
    return scores[np.arange(len(best)), best]
