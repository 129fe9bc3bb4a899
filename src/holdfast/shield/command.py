"""`holdfast shield`: reads arguments, calls the room. Needs no database."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.table import Table

from holdfast.kit.series.baseline import Baseline
from holdfast.shield.evidence import Decision, MinuteReport
from holdfast.shield.judge import Judge
from holdfast.shield.recorded import LineError
from holdfast.shield.replay import Out, Wrong, lines_of, replay, to_json

_SHOWN = 20


def main(arguments: Sequence[str]) -> int:
    """Run `holdfast shield ARGUMENTS` and return the exit code: 1 when a file cannot be read."""
    parser = argparse.ArgumentParser(prog="holdfast shield", description="Surge or flood: judge recorded contacts.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    replaying = commands.add_parser(
        "replay",
        help="judge a stream of contacts, minute by minute",
        description="Judge a stream of contacts, one JSON object a line, in order of arrival. See docs/shield.md.",
    )
    replaying.add_argument("file", help="JSON lines, or - for standard input")
    replaying.add_argument("--json", action="store_true", help="a JSON line per contact, per minute and per fault")
    replaying.add_argument(
        "--baseline", type=Path, metavar="FILE", help="what is usual, as JSON of a learnt baseline; default: the stream"
    )
    chosen = parser.parse_args(list(arguments))
    try:
        baseline = _baseline(chosen.baseline) if chosen.baseline else None
        with _opened(chosen.file) as stream:
            judged = replay(lines_of(stream), judge=Judge(baseline=baseline))
            if chosen.json:
                for out in judged:
                    sys.stdout.write(to_json(out) + "\n")
            else:
                _show(judged, Console())
    except BrokenPipeError:
        # Whoever reads our output has enough of it. What is buffered must not be written once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, LineError) as error:
        named = "Standard input" if chosen.file == "-" else chosen.file
        why = f"{named} cannot be read: {error.strerror or error}." if isinstance(error, OSError) else str(error)
        sys.stderr.write(why + "\n")
        return 1
    return 0


@contextlib.contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
    else:
        with Path(file).open("rb") as stream:
            yield stream


def _baseline(path: Path) -> Baseline:
    try:
        return Baseline.load(json.loads(path.read_bytes()))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise LineError(f"{path} is not a baseline.") from None


@dataclass
class _Summary:
    contacts: int = 0
    bands: Counter[int] = field(default_factory=Counter)
    friction: Counter[str] = field(default_factory=Counter)
    minutes: int = 0
    notable: list[MinuteReport] = field(default_factory=list)
    more: int = 0
    faults: int = 0
    first_faults: list[Wrong] = field(default_factory=list)

    def add(self, out: Out) -> None:
        if isinstance(out, Decision):
            self.contacts += 1
            self.bands[out.band] += 1
            self.friction[out.friction.value] += 1
        elif isinstance(out, MinuteReport):
            self.minutes += 1
            self._add_minute(out)
        else:
            self.faults += 1
            if len(self.first_faults) < _SHOWN:
                self.first_faults.append(out)

    def _add_minute(self, report: MinuteReport) -> None:
        """Keep the minutes in which something began or ended."""
        state = report.surge, report.flood_share > 0
        last = self.notable[-1] if self.notable else None
        if last is None and not report.surge:
            return
        if last is not None and (last.surge, last.flood_share > 0) == state:
            return
        if len(self.notable) < 2 * _SHOWN:
            self.notable.append(report)
        else:
            self.more += 1


def _show(judged: Iterator[Out], console: Console) -> None:
    summary = _Summary()
    for out in judged:
        summary.add(out)
    counts = (("contact", summary.contacts), ("minute", summary.minutes), ("fault", summary.faults))
    console.print(", ".join(_count(count, noun) for noun, count in counts) + ".", highlight=False)
    if summary.notable:
        for report in summary.notable:
            console.print(_change(report), highlight=False)
        if summary.more:
            console.print(f"and {summary.more:,} more changes; --json has them all.")
    elif summary.contacts:
        console.print("Nothing out of the ordinary: everybody in band 0, in order of arrival.")
    if summary.contacts:
        console.print(_bands(summary))
    for fault in summary.first_faults:
        console.print(f"line {fault.line}: {fault.error}", markup=False, highlight=False)
    if summary.faults > _SHOWN:
        console.print(f"and {summary.faults - _SHOWN:,} more; --json has them all.")


def _change(report: MinuteReport) -> str:
    """One change of state and its reasons, a paragraph."""
    state = "flood" if report.flood_share else "surge" if report.surge else "calm"
    share = f", {100 * report.low:.0f} to {100 * report.high:.0f} % not explained" if report.flood_share else ""
    first = f"{report.minute:%Y-%m-%d %H:%M}  {state}{share}"
    return "\n".join([first, *(f"  {sentence}" for sentence in report.reasons)])


def _bands(summary: _Summary) -> Table:
    table = Table("band", "contacts", "share", title="Bands of the line, 0 first")
    for band, count in sorted(summary.bands.items()):
        table.add_row(str(band), f"{count:,}", f"{100 * count / summary.contacts:.1f} %")
    return table


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
