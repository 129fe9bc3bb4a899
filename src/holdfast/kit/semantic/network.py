"""MiniLM's six layers in numpy: BERT (https://arxiv.org/abs/1810.04805) with 384 dimensions and 12 heads, mean-pooled.

Texts of a batch lie one behind the other without padding. All but attention is then one product for all of them;
attention goes by groups of equal length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

HEADS, LAYERS, WIDTH = 12, 6, 384
_EPSILON = 1e-12
_ROWS, _COLUMNS = 32, 128  # of blocks that stay in the cache


class _Linear:
    """x W + b. W is kept in blocks of columns: for the dozen rows of one short text a third faster than W whole."""

    def __init__(self, weight: Floats, bias: Floats) -> None:
        rows, columns = weight.shape
        blocks = weight.reshape(rows, columns // _COLUMNS, _COLUMNS).transpose(1, 0, 2)
        self._blocks, self._bias = np.ascontiguousarray(blocks), bias

    def __call__(self, x: Floats) -> Floats:
        y = np.empty((len(x), len(self._bias)), dtype=np.float32)
        np.matmul(x, self._blocks, out=y.reshape(len(x), -1, _COLUMNS).transpose(1, 0, 2))
        y += self._bias
        return y


@dataclass(frozen=True, slots=True)
class _Norm:
    weight: Floats
    bias: Floats

    def __call__(self, x: Floats) -> Floats:
        x -= x.mean(axis=1, keepdims=True)
        x /= np.sqrt(np.einsum("ij,ij->i", x, x)[:, None] / x.shape[1] + np.float32(_EPSILON))
        x *= self.weight
        x += self.bias
        return x


@dataclass(frozen=True, slots=True)
class _Layer:
    query_key_value: _Linear
    joined: _Linear
    joined_norm: _Norm
    wide: _Linear
    narrow: _Linear
    norm: _Norm


class Network:
    """The weights, and the way from numbers of pieces to vectors. Safe to use from any thread."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Raises `KeyError` or `ValueError` when an array is missing or has another shape."""
        self._words = _shaped(arrays["embeddings.word_embeddings.weight"], None, WIDTH)
        # Every text here is the first of BERT's two segments.
        segment = _shaped(arrays["embeddings.token_type_embeddings.weight"], 2, WIDTH)[0]
        self._places = _shaped(arrays["embeddings.position_embeddings.weight"], None, WIDTH) + segment
        self._norm = _norm(arrays, "embeddings.LayerNorm")
        self._layers = [_layer(arrays, f"encoder.layer.{number}") for number in range(LAYERS)]

    def __call__(self, texts: Sequence[Sequence[int]]) -> Floats:
        """Return a vector of length 1 per text. Texts of equal length should stand beside each other."""
        lengths = [len(text) for text in texts]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        groups = [(length, len(list(same))) for length, same in groupby(lengths)]
        numbers = np.fromiter((number for text in texts for number in text), dtype=np.int64, count=int(starts[-1]))
        places = np.concatenate([np.arange(length) for length in lengths])
        x = self._norm(self._words[numbers] + self._places[places])
        for layer in self._layers:
            x = layer.joined_norm(layer.joined(_attended(layer.query_key_value(x), groups)) + x)
            x = layer.norm(layer.narrow(_gelu(layer.wide(x))) + x)
        means = np.add.reduceat(x, starts[:-1], axis=0)
        return cast(Floats, means / np.linalg.norm(means, axis=1, keepdims=True))


def _attended(joint: Floats, groups: Sequence[tuple[int, int]]) -> Floats:
    """Return what each piece takes from the others of its text; `groups` are (length, number of texts)."""
    out = np.empty((len(joint), WIDTH), dtype=np.float32)
    start = 0
    for length, count in groups:
        end = start + length * count
        part = joint[start:end].reshape(count, length, 3, HEADS, WIDTH // HEADS).transpose(2, 0, 3, 1, 4)
        query, key, value = part[0], part[1], part[2]
        scores = query @ key.transpose(0, 1, 3, 2)
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        out[start:end] = (scores @ value).transpose(0, 2, 1, 3).reshape(length * count, WIDTH)
        start = end
    return out


def _gelu(x: Floats) -> Floats:
    """Put x times the normal distribution's share below x in place of x. Rows go in blocks that stay in the cache."""
    for start in range(0, len(x), _ROWS):
        _gelu_block(x[start : start + _ROWS])
    return x


def _gelu_block(x: Floats) -> None:
    """erf by Abramowitz and Stegun, formula 7.1.26 (error below 1.5e-7), in few passes over the memory."""
    size = np.abs(x)
    t = size * np.float32(0.3275911 * 0.5**0.5)
    t += np.float32(1)
    np.reciprocal(t, out=t)
    tail = t * np.float32(1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail += np.float32(factor)
        tail *= t
    np.square(size, out=t)
    t *= np.float32(-0.5)
    np.exp(t, out=t)
    tail *= t  # 1 - erf(|x| / sqrt 2)
    tail *= size
    tail *= np.float32(0.5)
    np.maximum(x, np.float32(0), out=x)
    x -= tail


def _layer(arrays: Mapping[str, NDArray[Any]], name: str) -> _Layer:
    attention = f"{name}.attention"
    parts = [_weights(arrays, f"{attention}.self.{part}", WIDTH, WIDTH) for part in ("query", "key", "value")]
    scale = np.float32((WIDTH / HEADS) ** -0.5)  # on the queries once, instead of on every score
    parts[0] = (parts[0][0] * scale, parts[0][1] * scale)
    weights, biases = zip(*parts, strict=True)
    return _Layer(
        query_key_value=_Linear(np.concatenate(weights, axis=1), np.concatenate(biases)),
        joined=_Linear(*_weights(arrays, f"{attention}.output.dense", WIDTH, WIDTH)),
        joined_norm=_norm(arrays, f"{attention}.output.LayerNorm"),
        wide=_Linear(*_weights(arrays, f"{name}.intermediate.dense", WIDTH, 4 * WIDTH)),
        narrow=_Linear(*_weights(arrays, f"{name}.output.dense", 4 * WIDTH, WIDTH)),
        norm=_norm(arrays, f"{name}.output.LayerNorm"),
    )


def _weights(arrays: Mapping[str, NDArray[Any]], name: str, wide_in: int, wide_out: int) -> tuple[Floats, Floats]:
    weight = _shaped(arrays[f"{name}.weight"], wide_out, wide_in)
    return weight.T, _shaped(arrays[f"{name}.bias"], wide_out)


def _norm(arrays: Mapping[str, NDArray[Any]], name: str) -> _Norm:
    return _Norm(_shaped(arrays[f"{name}.weight"], WIDTH), _shaped(arrays[f"{name}.bias"], WIDTH))


def _shaped(array: NDArray[Any], *shape: int | None) -> Floats:
    """Return a copy, so that the file's own bytes can go."""
    if len(array.shape) != len(shape) or any(w is not None and w != h for w, h in zip(shape, array.shape, strict=True)):
        raise ValueError(f"an array of {array.shape} where {shape} belongs")
    return np.array(array, dtype=np.float32)
