"""Reading the safetensors format: eight bytes of length, a JSON header, then raw little-endian arrays.

Format: https://github.com/huggingface/safetensors#format. Nothing in such a file is ever executed.
"""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES = {"F32": "<f4", "F16": "<f2", "F64": "<f8", "I64": "<i8", "I32": "<i4"}
_LONGEST_HEADER = 10_000_000  # bytes


class Malformed(ValueError):
    """The bytes are not a safetensors file; the message is a sentence."""


def read(content: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file by name, read-only views into `content`. Raises `Malformed`."""
    if len(content) < 8:
        raise Malformed("The file of weights is shorter than its own header.")
    (length,) = struct.unpack_from("<Q", content)
    if length > min(_LONGEST_HEADER, len(content) - 8):
        raise Malformed("The file of weights ends within its header.")
    try:
        header = json.loads(content[8 : 8 + length])
        return {name: _array(entry, content, 8 + length) for name, entry in header.items() if name != "__metadata__"}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Malformed("The file of weights has a header that cannot be read.") from error


def _array(entry: dict[str, Any], content: bytes, start: int) -> NDArray[Any]:
    dtype = np.dtype(_TYPES[entry["dtype"]])
    begin, end = entry["data_offsets"]
    if not 0 <= begin <= end <= len(content) - start or (end - begin) % dtype.itemsize:
        raise ValueError("offsets outside the file")
    flat = np.frombuffer(content, dtype=dtype, count=(end - begin) // dtype.itemsize, offset=start + begin)
    return flat.reshape(entry["shape"])
