"""Passages put in order by what they mean, where an encoder of sentences is at hand. Without one nothing changes.

The encoder stands behind a small protocol: `kit.semantic` has one for English, and a deployment may bring its own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from holdfast.knowledge.passages import PassageFound

MEANING_SHARE = 0.7  # of the order; the rest is the words'
_KEPT = 20_000  # vectors; 384 numbers each make 30 MB


class Encoder(Protocol):
    """Sentences as rows of length 1."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


_lock = Lock()
_encoder: Encoder | None = None
_languages: frozenset[str] = frozenset()
_vectors: OrderedDict[str, NDArray[np.float32]] = OrderedDict()


def use(
    encoder: Encoder | None,
    *,
    languages: frozenset[str] = frozenset({"en"}),
    known: Sequence[PassageFound] = (),
) -> None:
    """Let an encoder order what the words found in the languages it was made for. None takes it away.

    The passages `known` are encoded before it is used, so that no question waits for them.
    """
    global _encoder, _languages
    with _lock:
        _encoder = None
        _vectors.clear()
    if encoder is not None:
        spoken = [_said(each) for each in known if each.locale.split("-")[0] in languages][:_KEPT]
        for start in range(0, len(spoken), 64):
            _vectors_of(encoder, spoken[start : start + 64])
    with _lock:
        _encoder, _languages = encoder, languages


def by_meaning(text: str, locale: str, found: Sequence[PassageFound]) -> list[PassageFound]:
    """Return passages with the similarity of their meaning to `text`, in a new order; or as they are."""
    encoder = _encoder
    if encoder is None or not found or locale.split("-")[0] not in _languages:
        return list(found)
    vectors = _vectors_of(encoder, [_said(each) for each in found])
    similarity = vectors @ encoder.encode([text])[0]
    best = max(each.score for each in found)
    ordered = [
        replace(
            each,
            similarity=float(near),
            score=MEANING_SHARE * float(near) + (1 - MEANING_SHARE) * each.score / best,
        )
        for each, near in zip(found, similarity.tolist(), strict=True)
    ]
    return sorted(ordered, key=lambda each: -each.score)


def _said(passage: PassageFound) -> str:
    return f"{passage.title}. {passage.text}"


def _vectors_of(encoder: Encoder, texts: Sequence[str]) -> NDArray[np.float32]:
    with _lock:
        known = {text: _vectors[text] for text in texts if text in _vectors}
    missing = list(dict.fromkeys(text for text in texts if text not in known))
    if missing:
        fresh = dict(zip(missing, encoder.encode(missing), strict=True))
        known |= fresh
        with _lock:
            _vectors.update(fresh)
            while len(_vectors) > _KEPT:
                _vectors.popitem(last=False)
    return np.stack([known[text] for text in texts])
