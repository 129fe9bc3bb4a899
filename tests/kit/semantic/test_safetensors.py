"""Reading weights: right where they are right, and a sentence where a file is anything else."""

from __future__ import annotations

import contextlib
import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.kit.semantic.safetensors import Malformed, read


def written(header: object, data: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def test_arrays_come_back_as_they_were() -> None:
    floats = np.arange(6, dtype="<f4").reshape(2, 3)
    header = {
        "__metadata__": {"format": "pt"},
        "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "b": {"dtype": "I64", "shape": [1], "data_offsets": [24, 32]},
    }
    found = read(written(header, floats.tobytes() + np.array([7], dtype="<i8").tobytes()))
    assert set(found) == {"a", "b"}
    assert np.array_equal(found["a"], floats)
    assert found["b"].tolist() == [7]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x01",
        struct.pack("<Q", 2**63) + b"{}",
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 2) + b"\xff\xff",
        written({"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}, b"1234"),
        written({"a": {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}}, b"1234"),
        written({"a": {"dtype": "F32", "shape": [9], "data_offsets": [0, 4]}}, b"1234"),
        written({"a": {"dtype": "object", "shape": [1], "data_offsets": [0, 4]}}, b"1234"),
        written({"a": 3}),
    ],
)
def test_what_is_not_such_a_file_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(Malformed, match=r"^The file of weights .*\.$"):
        read(content)


@given(st.binary(max_size=200))
def test_no_bytes_do_anything_but_be_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(Malformed):
        read(content)
