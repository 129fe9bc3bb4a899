"""`holdfast audit`: what is known to be wrong with what we depend on, secrets in the repository's whole history, and
bandit's whole list. What needs minutes or the network and so is no part of `holdfast test`.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from enum import Enum
from pathlib import Path

from holdfast.runtime import secrets_scan
from holdfast.runtime.terminal import Terminal

UNREACHED = "NOT CHECKED: the list of known weaknesses could not be reached. Run this again with a way to the internet."
_NO_NETWORK = ("ConnectionError", "Could not connect", "Max retries", "ProxyError", "Timeout", "resolve")


class Said(Enum):
    """What became of one check."""

    GOOD = "passed"
    BAD = "FAILED"
    UNKNOWN = "NOT CHECKED"


def bandit(root: Path) -> list[str | Path]:
    """The command that looks for risky code; what ruff asks a reason for at its line is left out (`pyproject.toml`)."""
    tools = Path(sys.executable).parent
    return [tools / "bandit", "-q", "-ll", "-c", root / "pyproject.toml", "-r", root / "src" / "holdfast"]


def main(arguments: Sequence[str], *, root: Path, terminal: Terminal) -> int:
    """Run the checks; 0 when nothing was found. What was not looked at is said loudly; `--strict` makes it fail."""
    parser = argparse.ArgumentParser(prog="holdfast audit", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--strict", action="store_true", help="fail when the list of weaknesses cannot be reached")
    strict = parser.parse_args(arguments).strict
    came = {"bandit": _code(root), "secrets": _secrets(root, terminal), "advisories": advisories(root)}
    for name, said in came.items():
        terminal.say(name, said.value)
    if Said.UNKNOWN in came.values():
        terminal.panel("ADVISORIES WERE NOT CHECKED", [("", UNREACHED)])
    return 1 if Said.BAD in came.values() or (strict and Said.UNKNOWN in came.values()) else 0


def advisories(root: Path, *, more: Sequence[str] = ()) -> Said:
    """Hold every pinned package against the public list of weaknesses. `more` are arguments for pip-audit."""
    tools = Path(sys.executable).parent
    export: list[str | Path] = [tools / "uv", "export", "--frozen", "--no-emit-project", "--all-extras", "--quiet"]
    audit: list[str | Path] = [tools / "pip-audit", "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as wishes:
        subprocess.run([*export, "-o", wishes.name, "--project", root], check=True, stdout=subprocess.DEVNULL)
        done = subprocess.run([*audit, *more, "-r", wishes.name], capture_output=True, text=True, check=False)
    if done.returncode and "Found" not in done.stderr and any(sign in done.stderr for sign in _NO_NETWORK):
        return Said.UNKNOWN
    if done.returncode:
        sys.stdout.write(done.stdout + done.stderr)
    return Said.BAD if done.returncode else Said.GOOD


def _code(root: Path) -> Said:
    return Said.BAD if subprocess.run(bandit(root), check=False).returncode else Said.GOOD


def _secrets(root: Path, terminal: Terminal) -> Said:
    found = secrets_scan.scan(root=root, history=True)
    for each in found:
        terminal.say("secrets", str(each))
    return Said.BAD if found else Said.GOOD
