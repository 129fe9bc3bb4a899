"""Content-addressed files on disk: raw mail and attachments, stored once under their SHA-256."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path


class BlobStore:
    """Files under `root`, named by content. Writing the same bytes twice keeps one file."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, content: bytes) -> str:
        """Store `content` durably (file and directory fsynced) and return its SHA-256 in hex."""
        digest = hashlib.sha256(content).hexdigest()
        path = self.path(digest)
        with suppress(FileNotFoundError):
            os.utime(path)  # it is wanted again, so whoever clears up leaves it (`remove`)
            return digest
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        return digest

    def get(self, digest: str) -> bytes:
        """Return the bytes stored under `digest`. Raises `FileNotFoundError` when there are none."""
        return self.path(digest).read_bytes()

    def remove(self, digest: str, *, unwanted_for: float) -> bool:
        """Delete the file under `digest` when nobody stored these bytes for so many seconds; tell whether it is gone.

        Put aside first, then looked at: who stores the same bytes meanwhile either finds no file and writes a new one,
        or made this one young, and it comes back.
        """
        path = self.path(digest)
        aside = path.with_name(f"{path.name}.going")
        with suppress(FileNotFoundError):
            path.replace(aside)
        try:
            young = aside.stat().st_mtime > time.time() - unwanted_for
        except FileNotFoundError:
            return True
        if young and not path.exists():
            aside.replace(path)
            return False
        aside.unlink()
        return not young

    def path(self, digest: str) -> Path:
        """Return where `digest` is kept. Raises `ValueError` when it is not a SHA-256 in hex."""
        if len(digest) != 64 or any(c not in "0123456789abcdef" for c in digest):
            raise ValueError("A blob is named by the 64 hex digits of its SHA-256.")
        return self._root / digest[:2] / digest[2:]
