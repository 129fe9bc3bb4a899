"""The arguments of `holdfast staffing`: what may be asked, and how durations, shares and numbers are written."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from holdfast.staffing import wording

_ABOUT = "How many people are needed. Durations: 180, 180s, 3m, 1h30m. Shares: 0.8, 80%."


class Wrong(Exception):
    """The arguments make no sense; the message is a sentence."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Wrong(f"{self.prog}: {message.removesuffix('.')}. See {self.prog} --help.")


def parser() -> argparse.ArgumentParser:
    """Return the parser; it raises `Wrong` where argparse would print its usage."""
    top = _Parser(prog="holdfast staffing", description=_ABOUT)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)

    def command(name: str, about: str, *groups: Callable[[argparse.ArgumentParser], None]) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=f"{about[:1].upper()}{about[1:]}. {_ABOUT[28:]}")
        for group in groups:
            group(added)
        added.add_argument("--json", action="store_true", help="one JSON object; its keys name their units")
        return added

    one = command("erlang", "what so many agents give a constant load", _load, _agents, _patience)
    _within(one)
    command("required", "the least number of agents that keeps a target", _load, _patience, _target)
    made = command("simulate", "play days call by call", _load, _agents, _patience)
    _within(made)
    made.add_argument("--lasts", type=_seconds, default=86400.0, metavar="TIME", help="how long a day is (24h)")
    made.add_argument("--days", type=_whole, default=1, metavar="N", help="how many such days (1)")
    made.add_argument("--seed", type=int, default=1, help="the same seed plays the same days (1)")
    change = command("what-if", "what measures would change", _load, _agents, _patience, _target)
    change.add_argument("--add", type=int, default=0, metavar="N", help="people added")
    change.add_argument("--second-site", type=_whole, default=0, metavar="N", help="people of another site")
    change.add_argument("--deflect", type=_share, default=0.0, metavar="SHARE", help="content without a person")
    change.add_argument("--callbacks", type=_share, default=0.0, metavar="SHARE", help="take a callback")
    change.add_argument(
        "--shorter", type=_share, default=0.0, metavar="SHARE", help="by how much handling gets shorter"
    )
    storm = command("surge", "whether people alone can meet a storm", _patience, _target, _agents)
    storm.add_argument("--usual", type=_number, required=True, metavar="N", help="usual contacts per --per")
    storm.add_argument("--per", type=_minutes, default=60.0, metavar="TIME", help="bare numbers are minutes (1)")
    storm.add_argument("--times", type=_number, required=True, metavar="K", help="times the usual")
    storm.add_argument("--aht", type=_seconds, required=True, metavar="TIME", help="handling time of one contact")
    storm.add_argument("--callable", type=_whole, default=0, metavar="N", help="people who can be called in")
    storm.add_argument("--lasts", type=_seconds, default=3600.0, metavar="TIME", help="how long it lasts (1h)")
    ahead = command("forecast", "the next intervals, learnt from a file of past ones")
    ahead.add_argument("file", type=Path, help="CSV or JSON: start, contacts")
    ahead.add_argument("--next", type=_whole, default=48, metavar="N", help="how many intervals (48)")
    ahead.add_argument("--minutes", type=_whole, help="length of an interval; else as in the file")
    ahead.add_argument("--zone", default="UTC", help="time zone of the customers (UTC)")
    ahead.add_argument("--holiday", type=_day, action="append", default=[], metavar="DATE", help="repeatable")
    ahead.add_argument("--storm", nargs=3, action="append", default=[], metavar=("FROM", "UNTIL", "TIMES"))
    table = command("plan", "what each interval of a forecast needs", _patience, _target)
    table.add_argument("file", type=Path, help="CSV or JSON: start, contacts, optional low, high, agents")
    table.add_argument("--aht", type=_seconds, required=True, metavar="TIME", help="handling time of one contact")
    table.add_argument("--minutes", type=_whole, help="length of an interval; else as in the file")
    table.add_argument("--shrinkage", type=_share, default=0.0, metavar="SHARE", help="paid time away from the line")
    roster = command("roster", "check a file of shifts against who is here, and load it")
    roster.add_argument("file", type=Path, help="CSV: agent (e-mail), start, end, optional skills")
    roster.add_argument("--load", action="store_true", help="load it, as a whole or not at all")
    roster.add_argument("--leave-out", action="store_true", help="without lines of unknown people and overlaps")
    return top


def _load(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--calls", type=_number, required=True, metavar="N", help="contacts per --per")
    parser.add_argument("--per", type=_minutes, default=3600.0, metavar="TIME", help="bare numbers are minutes (60)")
    parser.add_argument("--aht", type=_seconds, required=True, metavar="TIME", help="handling time of one contact")


def _agents(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--agents", type=_whole, required=True, metavar="N", help="people at the line")


def _patience(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--patience", type=_seconds, metavar="TIME", help="mean time until who waits gives up (never)")


def _within(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--target",
        "--within",
        dest="within",
        type=_seconds,
        default=20.0,
        metavar="TIME",
        help="target of the wait (20s)",
    )


def _target(parser: argparse.ArgumentParser) -> None:
    _within(parser)
    parser.add_argument("--service-level", type=_share, metavar="SHARE", help="answered within the target (0.8)")
    parser.add_argument("--max-abandon", type=_share, metavar="SHARE", help="at most this share gives up")


# Reading values


def _reader(read: Callable[[str], Any]) -> Callable[[str], Any]:
    def reading(text: str) -> Any:
        try:
            return read(text)
        except ValueError as problem:
            raise argparse.ArgumentTypeError(str(problem)) from None

    return reading


def to_number(text: str) -> float:
    """Read a number of 0 or more; raises `ValueError` with a sentence."""
    value = float(text) if text.replace(".", "", 1).replace("e", "", 1).replace("+", "", 1).isdigit() else math.nan
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not a number of 0 or more")
    return value


def _to_whole(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


_number, _whole = _reader(to_number), _reader(_to_whole)
_seconds, _share, _day = _reader(wording.seconds), _reader(wording.share), _reader(date.fromisoformat)
_minutes = _reader(lambda text: wording.seconds(text, bare="m"))
