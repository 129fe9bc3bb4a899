"""One owner per data directory: `up`, or one command that needs the database while nothing else runs."""

import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self


class DataDirectoryError(Exception):
    """The data directory cannot be used. The text is a sentence for the person at the terminal."""


class DataDirectoryBusyError(DataDirectoryError):
    """Another process owns the data directory. `holder` is what it called itself, `pid` its process."""

    def __init__(self, *, data: Path, holder: str, pid: int) -> None:
        self.holder, self.pid = holder, pid
        super().__init__(f"{data} is in use by `holdfast {holder}` (process {pid}).")


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who owns a data directory."""

    name: str
    pid: int


class DataDirectoryLock:
    """An advisory lock on a data directory that the kernel drops when its owner dies, however it dies."""

    def __init__(self, *, data: Path, name: str) -> None:
        self._data, self._name = data, name
        self._path = data / "holdfast.lock"
        self._file: int | None = None

    def acquire(self, *, wait: float = 0.0) -> None:
        """Take the lock, waiting up to `wait` seconds. Raises `DataDirectoryBusyError`, naming the owner."""
        make_private(self._data)
        deadline = time.monotonic() + wait
        # Children never get this descriptor (close-on-exec), so no orphan keeps a dead owner's lock.
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    os.close(file)
                    holder = holder_of(data=self._data)
                    raise DataDirectoryBusyError(data=self._data, holder=holder.name, pid=holder.pid) from None
                time.sleep(0.05)
        os.ftruncate(file, 0)
        os.pwrite(file, f"{self._name} {os.getpid()}\n".encode(), 0)
        self._file = file

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        if self._file is None:
            self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def holder_of(*, data: Path) -> Holder:
    """Read who wrote itself into the lock file last; only meaningful when the lock is held."""
    try:
        name, pid = (data / "holdfast.lock").read_text().split()
        return Holder(name=name, pid=int(pid))
    except (OSError, ValueError):
        return Holder(name="?", pid=0)


def make_private(directory: Path) -> None:
    """Create `directory` for its owner's eyes only (0700), also when it was there with wider permissions.

    Raises `DataDirectoryError` when this user may not.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if directory.stat().st_mode & 0o077:
            directory.chmod(0o700)
    except OSError as error:
        raise DataDirectoryError(f"{directory} cannot be used as the data directory: {error.strerror}.") from error
