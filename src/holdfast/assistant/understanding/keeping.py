"""A model on disk: plain arrays and JSON, each with its hash. Nothing in them is ever executed; there is no pickle.

`model.json` names the SHA-256 of the other two files; its own is what `write` returns, for whoever wants to be sure
that a directory holds the model they approved.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

_FORMAT = 1
_HEAD, _ARRAYS, _WORDS = "model.json", "arrays.npz", "words.json"

Arrays = Mapping[str, NDArray[Any]]
Lists = Mapping[str, list[str]]


class Refused(ValueError):
    """The directory holds no model that may be used; the message is a sentence."""


def write(directory: Path, *, facts: Mapping[str, Any], arrays: Arrays, lists: Lists) -> str:
    """Write a model's three files, the head last, and return the SHA-256 of the head."""
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)  # type: ignore[arg-type]
    contents = {_ARRAYS: packed.getvalue(), _WORDS: json.dumps(dict(lists), ensure_ascii=False).encode()}
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (directory / name).write_bytes(content)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    head = json.dumps({"format": _FORMAT, "sha256": hashes, "facts": dict(facts)}, indent=1).encode()
    (directory / _HEAD).write_bytes(head)
    return hashlib.sha256(head).hexdigest()


def read(directory: Path, *, sha256: str | None = None) -> tuple[dict[str, Any], dict[str, NDArray[Any]], Lists]:
    """Return facts, arrays and lists of a model. With `sha256` only of the model with this head. Raises `Refused`."""
    head = _verified(directory / _HEAD, sha256)
    try:
        content = json.loads(head)
        facts, hashes, form = content["facts"], content["sha256"], content["format"]
    except (ValueError, KeyError, TypeError):
        raise Refused(f"{directory / _HEAD} is not the head of a model.") from None
    if form != _FORMAT:
        raise Refused(f"{directory} holds a model of another version of Holdfast; fit it anew.")
    packed = _verified(directory / _ARRAYS, str(hashes.get(_ARRAYS)))
    lists = _verified(directory / _WORDS, str(hashes.get(_WORDS)))
    try:
        with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
            return facts, {name: arrays[name] for name in arrays.files}, json.loads(lists)
    except (ValueError, BadZipFile, OSError):
        raise Refused(f"The files of the model in {directory} cannot be read; fit it anew.") from None


def _verified(path: Path, sha256: str | None) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from None
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise Refused(f"{path} has been changed since it was written (its SHA-256 differs), so it is not used.")
    return content
