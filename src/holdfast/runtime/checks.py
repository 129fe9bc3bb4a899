"""What `holdfast doctor` looks at on the machine itself: Python, binaries, the data directory, disk space."""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from holdfast.runtime.postgres import EmbeddedPostgres, PostgresError

_ENOUGH_DISK = 2 * 2**30  # bytes free: write-ahead log (2 GB at most) must always fit


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked at, in a sentence."""

    good: bool
    sentence: str


def machine(*, data: Path, embedded: bool) -> Iterator[Finding]:
    """Look at this machine. `embedded` tells whether Holdfast runs its own database server here."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding(good=sys.version_info >= (3, 11), sentence=f"Python {version} (3.11 or later is needed).")
    yield from _directory(data)
    if embedded:
        try:
            binaries = EmbeddedPostgres(data=data).binaries
            yield Finding(good=True, sentence=f"PostgreSQL {binaries.major} in {binaries.directory}.")
        except PostgresError as error:
            yield Finding(good=False, sentence=str(error))


def _directory(data: Path) -> Iterator[Finding]:
    if not data.exists():
        yield Finding(good=True, sentence=f"Data directory {data} does not exist yet; `holdfast up` makes it.")
        return
    mode = data.stat().st_mode & 0o777
    sentence = f"Data directory {data} has mode {mode:04o}"
    yield Finding(good=mode == 0o700, sentence=f"{sentence}." if mode == 0o700 else f"{sentence}; it must be 0700.")
    if not os.access(data, os.W_OK):
        yield Finding(good=False, sentence=f"Data directory {data} cannot be written by this user.")
    free = shutil.disk_usage(data).free
    yield Finding(good=free >= _ENOUGH_DISK, sentence=f"{free / 2**30:.1f} GiB of disk are free (2 are needed).")
