"""`holdfast vault keys`, `roles`, `rotate`, `export-keys` and `import-keys`: the keys of what is sealed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from holdfast.guard import key_copies, ring_check, roles, rotating


def main(arguments: Sequence[str]) -> int:
    """Run one of the room's commands and return its exit code."""
    parser = argparse.ArgumentParser(prog="holdfast vault", description="The keys of customers' values.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("keys", help="tell whether the key ring fits the database, and what is under which key")
    commands.add_parser("roles", help="give log and keys to a role of their own; again after each migration")
    commands.add_parser("rotate", help="bring everything under the ring's current key; may be stopped and run again")
    for name, about in (("export-keys", "copy customers' wrapped keys to"), ("import-keys", "bring them back from")):
        each = commands.add_parser(name, help=f"{about} a file, apart from the database's backup")
        each.add_argument("file", type=Path)
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command in _OWNERS:
            roles.require_owner()
        return _COMMANDS[chosen.command](chosen)
    except (key_copies.NotACopy, ring_check.WrongRing, roles.CannotSeparate, roles.OwnerNeeded) as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 1


def _keys(_: argparse.Namespace) -> int:
    found = ring_check.findings()
    for good, sentence in found:
        _say(f"{'ok' if good else 'wrong':<6} {sentence}")
    return 0 if all(good for good, _ in found) else 1


def _roles(_: argparse.Namespace) -> int:
    """Set both roles up; a password for the application's is read from HOLDFAST_APP_PASSWORD, never from arguments."""
    roles.separate(password=os.environ.get("HOLDFAST_APP_PASSWORD", ""))
    _say(f"Done. Run web and worker processes with a DATABASE_URL that signs in as {roles.APP}.")
    return 0


def _rotate(_: argparse.Namespace) -> int:
    ring_check.note_ring()
    done = keys = values = 0
    for step in rotating.rotate():
        done += step.done
        keys += step.failed if step.of == rotating.KEYS else 0
        values += step.failed if step.of != rotating.KEYS else 0
        _say(
            f"{step.of}: {step.done} brought under the current key" + (f", {step.failed} closed" if step.failed else "")
        )
    left = [f"{keys} customers' keys"] * bool(keys) + [f"{values} values"] * bool(values)
    what = f" {' and '.join(left)} do not open with this ring and stay as they are." if left else ""
    _say(f"Done: {done}.{what}")
    return 1 if left else 0


def _export(chosen: argparse.Namespace) -> int:
    _say(f"{key_copies.export(chosen.file)} keys written. Keep only the newest copy: older ones undo erasures.")
    return 0


def _import(chosen: argparse.Namespace) -> int:
    brought, destroyed = key_copies.bring_back(chosen.file)
    _say(f"{brought} keys brought back, {destroyed} destroyed as the copy says.")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


_OWNERS = {"rotate", "export-keys", "import-keys"}
_COMMANDS = {"keys": _keys, "roles": _roles, "rotate": _rotate, "export-keys": _export, "import-keys": _import}
