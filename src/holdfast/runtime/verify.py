"""`holdfast test`: every check of the project, all of them even when one fails; the tests last."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from holdfast.runtime.audit import bandit
from holdfast.runtime.terminal import Terminal

_AT_ONCE = 2
# A file at a time, for the servers and crawls that its tests share; in our order: browsers last. Three workers keep two
# processors busy: one of them waits for a process to start, or for a page.
_SHARED = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")
Command = Sequence[str | Path]


@dataclass(frozen=True, slots=True)
class _Done:
    code: int
    seconds: float
    said: str = ""


def verify(*, root: Path, pytest_arguments: Sequence[str], terminal: Terminal) -> int:
    """Run formatting, lint, types, import contracts, bandit, the search for secrets, and tests, in `root`.

    Returns 0 when all of them passed.
    """
    tools = Path(sys.executable).parent
    quiet: dict[str, Command] = {
        "format": [tools / "ruff", "format", "--check", "."],
        "lint": [tools / "ruff", "check", "."],
        "types": [tools / "mypy"],
        "imports": [tools / "lint-imports"],
        "bandit": bandit(root),
        "secrets": [sys.executable, "-m", "holdfast.runtime.secrets_scan", root],
    }
    started, failed = time.monotonic(), []

    def note(name: str, done: _Done) -> None:
        sys.stdout.write(done.said if done.code else "")
        sys.stdout.flush()
        terminal.say(name, f"{'passed' if done.code == 0 else 'FAILED'} in {done.seconds:.1f} s")
        if done.code:
            failed.append(name)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for name, done in zip(quiet, pool.map(partial(_quietly, root=root), quiet.values()), strict=True):
            note(name, done)
    note("tests", _aloud([sys.executable, "-m", "pytest", *_SHARED, *pytest_arguments], root=root))
    took = f"in {time.monotonic() - started:.0f} s"
    terminal.say("holdfast", f"Failed: {', '.join(failed)} ({took})." if failed else f"Everything passed {took}.")
    return 1 if failed else 0


def _aloud(command: Command, *, root: Path) -> _Done:
    started = time.monotonic()
    code = subprocess.run(command, cwd=root, check=False).returncode
    return _Done(code, time.monotonic() - started)


def _quietly(command: Command, *, root: Path) -> _Done:
    """Run one step; what it says is kept, for when it fails."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="holdfast-") as data:
        # mypy's Django plugin loads the settings, and those keep their keys in the data directory.
        environment = os.environ | {"HOLDFAST_DATA": data}
        done = subprocess.run(
            command, cwd=root, env=environment, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    return _Done(done.returncode, time.monotonic() - started, done.stdout)
