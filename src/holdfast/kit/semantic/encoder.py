"""The encoder: texts in, vectors out, one at a time or ten thousand."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import cast

import numpy as np
import structlog
from threadpoolctl import ThreadpoolController

from holdfast.kit.semantic import carrier, safetensors
from holdfast.kit.semantic.carrier import Unavailable
from holdfast.kit.semantic.network import WIDTH, Floats, Network
from holdfast.kit.semantic.wordpiece import WordPiece

NAME = "all-MiniLM-L6-v2"
DIMENSIONS = WIDTH
LANGUAGES = frozenset({"en"})  # measured: next to useless in others
_BATCH = 512  # pieces: enough to keep a core busy, few enough for its cache

_log = structlog.get_logger(__name__)
_libraries = ThreadpoolController()


class Encoder:
    """Safe to use from any thread. About 90 MB, and one core while it works."""

    name = NAME

    def __init__(self, cut: WordPiece, network: Network) -> None:
        self._cut, self._network = cut, network

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return a vector of `DIMENSIONS` numbers and length 1 per text; 256 pieces of a text are read at most."""
        known: dict[str, Floats] | None = getattr(_once, "known", None)
        if known is None:
            return self._encoded(texts)
        missing = list(dict.fromkeys(text for text in texts if text not in known))
        known.update(zip(missing, self._encoded(missing), strict=True))
        return np.array([known[text] for text in texts], dtype=np.float32).reshape(len(texts), DIMENSIONS)

    def _encoded(self, texts: Sequence[str]) -> Floats:
        pieces = [self._cut(text) for text in texts]
        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        with one_thread():
            for batch in _batches(pieces):
                vectors[batch] = self._network([pieces[i] for i in batch])
        return vectors


_once = threading.local()


@contextmanager
def each_once() -> Iterator[None]:
    """In this thread and block, let equal texts be encoded once, whoever asks; after it nothing of them is left."""
    _once.known = {}
    try:
        yield
    finally:
        del _once.known


def one_thread() -> AbstractContextManager[object]:
    """More BLAS threads only spin beside a busy database; several processes scale better than one with threads."""
    return cast(AbstractContextManager[object], _libraries.limit(limits=1, user_api="blas"))


def _batches(pieces: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Return positions in batches of about `_BATCH` pieces, texts of equal length beside each other."""
    batch: list[int] = []
    size = 0
    for position in sorted(range(len(pieces)), key=lambda i: len(pieces[i])):
        batch.append(position)
        size += len(pieces[position])
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def load(folder: Path | None = None) -> Encoder:
    """Read, verify and prepare the weights (a quarter of a second). Raises `Unavailable`."""
    folder = folder or carrier.folder()
    vocabulary = carrier.verified(folder / "vocab.txt", carrier.VOCABULARY_SHA256).decode().splitlines()
    weights = carrier.verified(folder / "model.safetensors", carrier.WEIGHTS_SHA256)
    return Encoder(WordPiece(vocabulary), Network(safetensors.read(weights)))


_lock = threading.Lock()
_looked = False
_encoder: Encoder | None = None


def available() -> Encoder | None:
    """Return this process's encoder, loaded by the first call, or None when there is none; the log says why, once."""
    global _looked, _encoder
    with _lock:
        if not _looked:
            try:
                _encoder = load()
            except Unavailable as why:
                _log.warning("semantic_unavailable", why=str(why))
            _looked = True
        return _encoder
