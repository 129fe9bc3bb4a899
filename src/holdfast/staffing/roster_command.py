"""`holdfast staffing roster FILE`: the one command of this room that needs the database."""

from __future__ import annotations

import argparse
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from holdfast.staffing import rosters
from holdfast.staffing.files import Unreadable
from holdfast.staffing.reserve import Refused
from holdfast.staffing.roster_file import Sheet
from holdfast.staffing.roster_file import Unreadable as NoRoster

_SHOWN = 50


def roster(chosen: argparse.Namespace) -> tuple[dict[str, Any], list[Table | str]]:
    """Check a roster and, with `--load`, load it. Skills are not held against the queues here, only on the page.

    Raises `files.Unreadable` for a file that is no roster or that was not loaded.
    """
    try:
        text = chosen.file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Unreadable(f"{chosen.file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise Unreadable(f"{chosen.file} is not UTF-8 text.") from None
    try:
        sheet = rosters.check(text, skills=None)
        if chosen.load:
            rosters.load(text=text, name=chosen.file.name, by=None, skills=None, leave_out=chosen.leave_out)
    except NoRoster as problem:
        raise Unreadable(str(problem)) from None
    except Refused as problem:
        faults = "".join(f"\nLine {fault.line}: {fault.sentence}" for fault in sheet.faults[:_SHOWN])
        raise Unreadable(f"{problem}{faults}") from None
    found = {
        "loaded": chosen.load,
        "shifts": len(sheet.shifts),
        "people": sheet.people,
        "hours": sheet.hours,
        "unknown_people_lines": sheet.count("unknown"),
        "overlap_lines": sheet.count("overlap"),
        "wrong_lines": sheet.count("wrong"),
        "faults": [{"line": fault.line, "kind": fault.kind, "sentence": fault.sentence} for fault in sheet.faults],
    }
    return found, [_summed_up(sheet, loaded=chosen.load), *([_faults(sheet)] if sheet.faults else [])]


def _summed_up(sheet: Sheet, *, loaded: bool) -> str:
    done = "Loaded" if loaded else "Checked, and not loaded"
    return f"{done}: {len(sheet.shifts):,} shifts of {sheet.people:,} people, {sheet.hours:,.1f} hours."


def _faults(sheet: Sheet) -> Table:
    table = Table("line", "what is wrong", box=SIMPLE_HEAD)
    for fault in sheet.faults[:_SHOWN]:
        table.add_row(str(fault.line), fault.sentence)
    return table
