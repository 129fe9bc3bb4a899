"""Where contacts wait while PostgreSQL is away: segments of JSON lines, each fsynced before anybody hears `accepted`.

A line is `<crc32 of the JSON, 8 hex digits> <JSON list of a Row>`. A segment belongs to whoever holds its lock: its
writer, or the process that drains it; a crash frees it. It is deleted only after its contacts are committed, so a crash
in between stores them a second time, which changes nothing. Senders are sealed; files are readable by their owner only.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
import zlib
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from io import BufferedReader
from itertools import count
from pathlib import Path
from uuid import UUID

import structlog

from holdfast.intake.store import Row

_log = structlog.get_logger(__name__)
_serial = count()


@dataclass(frozen=True, slots=True)
class Spooled:
    """A contact that lies in the spool."""

    channel: str
    source: str
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next contacts to move, and where in their segment they end."""

    rows: Sequence[Row]
    end: int


class Spool:
    """Segments under `directory`. `append`, `chunk`, `done` and `set_aside` belong to one thread; the rest to any."""

    def __init__(self, directory: Path, *, segment_bytes: int = 16 * 2**20) -> None:
        self._directory = directory
        self._segment_bytes = segment_bytes
        self._active: int | None = None
        self._active_bytes = 0
        self._draining: BufferedReader | None = None
        self._index = _Index(directory)

    def append(self, rows: Sequence[Row]) -> None:
        """Keep `rows` durably, all or none. Raises `OSError`: then nobody may be told that they were accepted."""
        data = b"".join(_line(row) for row in rows)
        handle = self._open() if self._active is None else self._active
        try:
            _write_all(handle, data)
            os.fsync(handle)
        except OSError:
            # What was written in part must not stand in the middle of a segment, and after a failed fsync nothing
            # about this file is known any more: the next contact begins another.
            with suppress(OSError):
                os.ftruncate(handle, self._active_bytes)
            self._close_active()
            raise
        self._active_bytes += len(data)
        if self._active_bytes >= self._segment_bytes:
            self._close_active()

    def waiting(self) -> bool:
        """Tell whether there is anything to drain, of this process or another."""
        return next(self._directory.glob("*.jsonl"), None) is not None

    def chunk(self, limit: int) -> Chunk | None:
        """Return up to `limit` contacts to move to the database, oldest first; `None` when no segment is free."""
        self._close_active()
        while (segment := self._draining or self._claim()) is not None:
            rows: list[Row] = []
            bad: list[bytes] = []
            start = segment.tell()
            while len(rows) < limit and (line := segment.readline()):
                row = _row(line)
                if row is None:
                    bad.append(line)
                else:
                    rows.append(row)
            if bad:
                self.set_aside(bad, because="It cannot be read: torn by a crash, or altered.")
            if rows:
                chunk = Chunk(rows, segment.tell())
                segment.seek(start)  # until `done`, these are still to do
                return chunk
            self._finish(segment)
        return None

    def done(self, chunk: Chunk) -> None:
        """Record that a chunk's contacts are committed (or set aside). Deletes the segment when it was the last."""
        segment = self._draining
        if segment is None:
            raise ValueError("Nothing is being drained.")
        segment.seek(chunk.end)
        if not segment.peek(1):
            self._finish(segment)

    def set_aside(self, lines: Sequence[bytes | Row], *, because: str) -> None:
        """Keep what cannot be stored where a person will see it: a file under `aside`, a warning in the log."""
        place = self._directory / "aside"
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = b"".join(_line(line) if isinstance(line, Row) else line.rstrip(b"\n") + b"\n" for line in lines)
        path = place / f"{zlib.crc32(data):08x}-{len(data)}.jsonl"  # the same lines after a crash: the same file
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            _write_all(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)
        _fsync_directory(place)
        _log.warning("spool line set aside", lines=len(lines), because=because, path=str(path))

    def find(self, receipt_id: UUID) -> Spooled | None:
        """Look for a contact that still waits here."""
        return self._index.find(receipt_id)

    def counts(self) -> Counter[str]:
        """Count the contacts that wait here, by channel."""
        return self._index.counts()

    def aside(self) -> int:
        """Count the lines kept aside."""
        return sum(path.read_bytes().count(b"\n") for path in self._directory.glob("aside/*.jsonl"))

    def close(self) -> None:
        """Let go of every segment; what they hold stays for the next process."""
        self._close_active()
        self._drop_draining()

    def _open(self) -> int:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._directory / f"{time.time_ns():020d}-{os.getpid()}-{next(_serial)}.jsonl"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _fsync_directory(self._directory)
        except OSError:
            os.close(handle)
            raise
        self._active, self._active_bytes = handle, 0
        return handle

    def _close_active(self) -> None:
        if self._active is not None:
            with suppress(OSError):
                os.close(self._active)
            self._active, self._active_bytes = None, 0

    def _claim(self) -> BufferedReader | None:
        """Take the oldest segment nobody holds."""
        for path in sorted(self._directory.glob("*.jsonl")):
            try:
                segment = path.open("rb")
            except FileNotFoundError:
                continue
            try:
                fcntl.flock(segment, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(segment.fileno()).st_nlink:  # else another process drained it between open and lock
                    self._draining = segment
                    return segment
            except OSError:
                pass
            segment.close()
        return None

    def _finish(self, segment: BufferedReader) -> None:
        Path(segment.name).unlink(missing_ok=True)
        self._drop_draining()

    def _drop_draining(self) -> None:
        if self._draining is not None:
            self._draining.close()
            self._draining = None


class _Index:
    """Which contacts lie in the segments. Reads only what was added since it last looked."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._read: dict[Path, int] = {}
        self._of: dict[Path, list[UUID]] = {}
        self._entries: dict[UUID, Spooled] = {}

    def find(self, receipt_id: UUID) -> Spooled | None:
        with self._lock:
            self._refresh()
            return self._entries.get(receipt_id)

    def counts(self) -> Counter[str]:
        with self._lock:
            self._refresh()
            return Counter(entry.channel for entry in self._entries.values())

    def _refresh(self) -> None:
        present = set(self._directory.glob("*.jsonl"))
        for gone in self._read.keys() - present:
            del self._read[gone]
            for contact_id in self._of.pop(gone, ()):
                self._entries.pop(contact_id, None)
        for path in sorted(present):
            with suppress(FileNotFoundError):
                self._extend(path)

    def _extend(self, path: Path) -> None:
        start = self._read.get(path, 0)
        if path.stat().st_size == start:
            return
        with path.open("rb") as file:
            file.seek(start)
            for line in file:
                if not line.endswith(b"\n"):
                    break  # still being written, or torn
                start += len(line)
                row = _row(line)
                if row is not None and row.id not in self._entries:
                    self._entries[row.id] = Spooled(row.channel, row.source, row.accepted_at)
                    self._of.setdefault(path, []).append(row.id)
        self._read[path] = start


def _line(row: Row) -> bytes:
    values = [str(row.id), *row[1:7], row.at.isoformat(), row.accepted_at.isoformat(), *row[9:]]
    data = json.dumps(values).encode()
    return b"%08x %s\n" % (zlib.crc32(data), data)


def _row(line: bytes) -> Row | None:
    """Read a line; `None` when it is torn or altered."""
    try:
        crc, data = int(line[:8], 16), line[9:-1]
        if not line.endswith(b"\n") or line[8:9] != b" " or zlib.crc32(data) != crc:
            return None
        key, *words, at, accepted_at, raw, payload = json.loads(data)
        times = datetime.fromisoformat(at), datetime.fromisoformat(accepted_at)
        return Row._make((UUID(key), *words, *times, raw, payload))
    except (ValueError, TypeError, IndexError):
        return None


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _fsync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
