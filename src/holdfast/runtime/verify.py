"""`holdfast test`: every check of the project, one after the other, all of them even when one fails."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from holdfast.runtime.terminal import Terminal


def verify(*, root: Path, pytest_arguments: Sequence[str], terminal: Terminal) -> int:
    """Run formatting, lint, types, import contracts and tests in `root`. Returns 0 when all of them passed."""
    tools = Path(sys.executable).parent
    steps: list[tuple[str, list[str | Path]]] = [
        ("format", [tools / "ruff", "format", "--check", "."]),
        ("lint", [tools / "ruff", "check", "."]),
        ("types", [tools / "mypy"]),
        ("imports", [tools / "lint-imports"]),
        ("tests", [sys.executable, "-m", "pytest", "-n", "2", *pytest_arguments]),
    ]
    started, failed = time.monotonic(), []
    for name, command in steps:
        step_started = time.monotonic()
        code = _run(command, root=root, quietly=name != "tests")
        terminal.say(name, f"{'passed' if code == 0 else 'FAILED'} in {time.monotonic() - step_started:.1f} s")
        if code:
            failed.append(name)
    took = f"in {time.monotonic() - started:.0f} s"
    terminal.say("holdfast", f"Failed: {', '.join(failed)} ({took})." if failed else f"Everything passed {took}.")
    return 1 if failed else 0


def _run(command: Sequence[str | Path], *, root: Path, quietly: bool) -> int:
    """Run one step; a quiet one shows its output only when it fails."""
    if not quietly:
        return subprocess.run(command, cwd=root, check=False).returncode
    with tempfile.TemporaryDirectory(prefix="holdfast-") as data:
        # mypy's Django plugin loads the settings, and those keep their keys in the data directory.
        environment = os.environ | {"HOLDFAST_DATA": data}
        done = subprocess.run(
            command, cwd=root, env=environment, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    if done.returncode:
        sys.stdout.write(done.stdout)
        sys.stdout.flush()
    return done.returncode
