"""Arrays as JSON text: little-endian bytes, compressed, base64. Compact enough for thousands of series."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def packed(array: NDArray[Any]) -> dict[str, Any]:
    """Return `array` as JSON values."""
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    data = base64.b64encode(zlib.compress(little.tobytes(), 1)).decode()
    return {"type": little.dtype.str, "shape": list(array.shape), "data": data}


def unpacked(state: Mapping[str, Any]) -> NDArray[Any]:
    """Return the array that `packed` described; raises `ValueError` when the bytes do not fit the shape."""
    raw = zlib.decompress(base64.b64decode(state["data"]))
    array = np.frombuffer(raw, dtype=np.dtype(state["type"])).reshape(state["shape"])
    return array.astype(array.dtype.newbyteorder("="), copy=True)


def grown(array: NDArray[Any], rows: int, fill: float = 0.0) -> NDArray[Any]:
    """Return `array` with `rows` more rows, filled with `fill`."""
    more = np.full((rows, *array.shape[1:]), fill, dtype=array.dtype)
    return np.concatenate([array, more])
