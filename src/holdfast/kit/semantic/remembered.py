"""Vectors of texts that come again: documents, examples. What was encoded once is not encoded anew at every refit."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from hashlib import blake2b
from itertools import islice

import numpy as np

from holdfast.kit.semantic.encoder import DIMENSIONS, Encoder
from holdfast.kit.semantic.network import Floats


class Remembered:
    """An encoder with a memory of the `most` texts used last, by hash: 1.6 kB each. Safe to use from any thread.

    For what is learned from. What customers write is asked of `fresh`, the encoder itself, and leaves no trace.
    """

    def __init__(self, encoder: Encoder, *, most: int = 20_000) -> None:
        self.name, self.fresh, self._most = encoder.name, encoder, most
        self._vectors: dict[bytes, Floats] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._vectors)

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return what the encoder returns."""
        keys = [blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in texts]
        with self._lock:
            known = {key: self._vectors[key] for key in keys if key in self._vectors}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        known |= dict(zip(missing, self.fresh.encode(list(missing.values())), strict=True))
        with self._lock:
            for key in known:
                self._vectors.pop(key, None)
            self._vectors |= known  # what was used last stands last
            for key in list(islice(self._vectors, max(0, len(self._vectors) - self._most))):
                del self._vectors[key]
        return np.array([known[key] for key in keys], dtype=np.float32).reshape(len(keys), DIMENSIONS)
