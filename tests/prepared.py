"""A cluster whose main database has every migration, made once and kept: workers' databases are copied from it.

Making it takes ten seconds of a processor, as often as a migration changes; copying it takes less than one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from holdfast.runtime.postgres import USER, EmbeddedPostgres

DATABASE = USER
KEPT = 3
"""Clusters of so many states of the migrations: of as many branches one can go to and fro at no cost."""

_ROOT = Path(__file__).parents[1]


def cluster(data: Path) -> None:
    """Put a prepared cluster into a data directory without one."""
    kept = _place()
    if kept.exists():
        kept.touch()
    else:
        _make(kept)
    shutil.copytree(kept, data, dirs_exist_ok=True)  # its keys too: the database knows the ones it was sealed with


def _place() -> Path:
    """Where the cluster of the present migrations is: they, and what is installed, name it."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted([_ROOT / "uv.lock", *_ROOT.glob("src/holdfast/**/migrations/*.py")]):
        digest.update(f"\n{path.relative_to(_ROOT)}\n".encode() + path.read_bytes())
    return _cache() / digest.hexdigest()[:24]


def _cache() -> Path:
    place = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "holdfast" / "tests"
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError:  # somebody without a home, for whom nothing is kept
        return Path(tempfile.mkdtemp(prefix="holdfast-prepared-"))
    return place


def _make(kept: Path) -> None:
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix="unfinished-", ignore_cleanup_errors=True) as made:
        with EmbeddedPostgres(data=Path(made), durable=False).running() as url:
            environment = os.environ | {"DATABASE_URL": url, "HOLDFAST_DATA": made}
            command = [sys.executable, "-m", "holdfast", "manage", "migrate", "--verbosity", "0"]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"The tests need a database with every migration, and they fail:\n{done.stderr[-3000:]}")
        shutil.rmtree(Path(made) / "run", ignore_errors=True)
        with contextlib.suppress(OSError):  # another run was first
            Path(made).rename(kept)
    older = sorted(kept.parent.glob("[!u]*"), key=lambda path: -path.stat().st_mtime)[KEPT:]
    for path in older:
        shutil.rmtree(path, ignore_errors=True)
