"""`holdfast status export DIR`: the public page as files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from holdfast.incidents.status.exporting import ExportRefused, export


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="holdfast status", description="The public status page.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    out = actions.add_parser(
        "export", help="put page, JSON and feeds into a folder, replacing the last copy in one step"
    )
    out.add_argument("folder", type=Path, metavar="DIR")
    chosen = parser.parse_args(argv)
    try:
        number = export(chosen.folder)
    except ExportRefused as refused:
        print(refused, file=sys.stderr)  # noqa: T201
        return 1
    print(f"{number} files are at {chosen.folder}.")  # noqa: T201
    return 0
