"""`holdfast assistant`: reads arguments, calls the room, prints lines or one JSON object. Needs no database."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from holdfast.assistant.understanding import evaluate
from holdfast.assistant.understanding.examples import Unreadable, read_csv, read_scoped
from holdfast.kit.semantic import encoder as semantic
from holdfast.kit.semantic.carrier import Unavailable


class Wrong(Exception):
    """The arguments make no sense; the message is a sentence."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Wrong(f"{self.prog}: {message.removesuffix('.')}. See {self.prog} --help.")


def main(arguments: Sequence[str]) -> int:
    """Run `holdfast assistant ARGUMENTS` and return the exit code: 0, 1 for a file, 2 for arguments."""
    try:
        chosen = _parser().parse_args(arguments)
        figures = _evaluated(chosen)
    except Unreadable as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 1
    except Wrong as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 2
    if chosen.json:
        print(json.dumps(figures))  # noqa: T201
    else:
        _tell(figures)
    return 0


def _parser() -> argparse.ArgumentParser:
    top = _Parser(prog="holdfast assistant", description="How well the assistant understands.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    asked = commands.add_parser(
        "evaluate",
        help="learn from one file and measure on another",
        description="Learn from a CSV file of texts and categories and measure on another; or, with --clinc, measure "
        "what is answered and what is refused as out of scope. Nothing is kept.",
    )
    asked.add_argument("--train", type=Path, metavar="CSV", help="what to learn from: columns text and category")
    asked.add_argument("--test", type=Path, metavar="CSV", help="what to measure on, with the same columns")
    asked.add_argument("--shots", type=_whole, metavar="N", help="learn from N examples per category only")
    asked.add_argument("--seed", type=int, default=1, metavar="S", help="draws these examples, or parts a file (1)")
    asked.add_argument("--clinc", type=Path, metavar="JSON", help="train, val, test, oos_test: lists of [text, label]")
    asked.add_argument("--keep", type=_share, default=0.95, help="share of val the gate lets pass, with --clinc (0.95)")
    asked.add_argument("--no-semantic", action="store_true", help="from words alone, as without the sentence model")
    asked.add_argument("--json", action="store_true", help="one JSON object; its keys name their units")
    return top


def _whole(said: str) -> int:
    if not said.isdecimal() or int(said) < 1:
        raise argparse.ArgumentTypeError(f"{said} is not a whole number of 1 or more")
    return int(said)


def _share(said: str) -> float:
    try:
        share = float(said.removesuffix("%")) / (100 if said.endswith("%") else 1)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(f"{said} is not a share such as 0.95 or 95%")
    return share


def _evaluated(chosen: argparse.Namespace) -> dict[str, Any]:
    paired = chosen.train is not None or chosen.test is not None
    if paired == (chosen.clinc is not None) or (paired and None in (chosen.train, chosen.test)):
        raise Wrong("Name both --train and --test, or --clinc alone. See holdfast assistant evaluate --help.")
    if chosen.clinc is not None:
        if chosen.shots is not None:
            raise Wrong("--shots goes with --train and --test, not with --clinc.")
        parts, about = read_scoped(chosen.clinc, seed=chosen.seed)
        return {"measured": about, **evaluate.scope(parts, encoder=_encoder(chosen), keep=chosen.keep)}
    train, test = read_csv(chosen.train), read_csv(chosen.test)
    if chosen.shots is not None:
        train = train.few(chosen.shots, seed=chosen.seed)
    figures = {"shots": chosen.shots, "seed": chosen.seed if chosen.shots is not None else None}
    return figures | evaluate.accuracy(train, test, encoder=_encoder(chosen))


def _encoder(chosen: argparse.Namespace) -> semantic.Encoder | None:
    if chosen.no_semantic:
        return None
    try:
        return semantic.load()
    except Unavailable as why:
        print(f"{why} Going on from words alone.", file=sys.stderr)  # noqa: T201
        return None


def _tell(figures: dict[str, Any], *, indent: str = "") -> None:
    for name, value in figures.items():
        if isinstance(value, dict):
            print(f"{indent}{name.replace('_', ' ')}:")  # noqa: T201
            _tell(value, indent=f"{indent}  ")
        elif value is not None:
            print(f"{indent}{name.replace('_', ' ')}: {value}")  # noqa: T201
