"""`holdfast guard radius`: whose data some accounts could know from a time, signed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from holdfast.guard.radius import keeping, reconciling
from holdfast.guard.radius.contract import Class, Question, Refused
from holdfast.guard.radius.known import Known, known
from holdfast.guard.radius.reconciling import Evidence, Held, Source
from holdfast.guard.radius.statement import sentences
from holdfast.incidents.radius import choosing, making
from holdfast.incidents.radius.handing import WORDS
from holdfast.incidents.radius.making import Made


def main(arguments: Sequence[str]) -> int:
    """Run `holdfast guard radius ARGUMENTS`. Exit code 0 when it was counted, 1 for wrong input."""
    chosen = _parser().parse_args(arguments)
    try:
        made = making.make(
            Question(
                agents=tuple(choosing.named(word for each in chosen.agents for word in each.split(","))),
                since=_moment(chosen.since),
                until=_moment(chosen.until),
                fields=_fields(chosen.field),
            ),
            by=None,
            places=making.read_places(_text(chosen.places)) if chosen.places else None,
        )
        held = _held(made, chosen.sample)
        if chosen.out is not None:
            _write(chosen.out, made)
    except Refused as refused:
        sys.stderr.write(f"{refused.sentence}\n")
        return 1
    if chosen.json:
        sys.stdout.write(made.files.as_json.decode() + "\n")
    else:
        _tell(made, held)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="holdfast guard radius", description="Whose data could these accounts know? See docs/blast-radius.md."
    )
    parser.add_argument(
        "--agents",
        action="append",
        required=True,
        metavar="WHO",
        help="ids, sign-in addresses, vendor:NAME or team:NAME, with commas between; repeatable",
    )
    parser.add_argument("--from", dest="since", required=True, metavar="TIME", help="as 2026-03-02T09:00Z, included")
    parser.add_argument("--to", dest="until", required=True, metavar="TIME", help="as 2026-03-09T09:00Z, not included")
    parser.add_argument(
        "--field", action="append", default=[], help=f"only these: {', '.join(choosing.FIELDS)}; repeatable"
    )
    parser.add_argument("--places", type=Path, metavar="CSV", help="account reference, jurisdiction")
    parser.add_argument("--sample", type=Path, metavar="CSV", help="references that are known to have got out")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write report.json, report.csv and report.note there"
    )
    parser.add_argument("--json", action="store_true", help="print the report's JSON")
    return parser


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"{text} is no time. Write it as 2026-03-02T09:00Z.") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _fields(given: Sequence[str]) -> tuple[str, ...]:
    unknown = sorted(set(given) - set(choosing.FIELDS))
    if unknown:
        raise Refused(f"There is no field {unknown[0]}. There are {', '.join(choosing.FIELDS)}.")
    return tuple(given)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read as a CSV file in UTF-8.") from error


def _held(made: Made, sample: Path | None) -> tuple[Held, ...]:
    if sample is None:
        return ()
    accounts = reconciling.references(_text(sample))
    return reconciling.reconcile(made.files.as_json, [Evidence(source=Source.SAMPLE, accounts=accounts)])


def _known(made: Made) -> Known:
    kept = keeping.kept(made.id)
    if kept is None:
        raise LookupError(made.id)
    return known(kept, made.files.as_json)


def _write(folder: Path, made: Made) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.json").write_bytes(made.files.as_json)
        (folder / "report.csv").write_bytes(made.files.as_csv)
        (folder / "report.note").write_text(made.files.note, encoding="utf-8")
    except OSError as error:
        raise Refused(f"{folder} cannot be written: {error.strerror}. Name another folder with --out.") from error


def _tell(made: Made, held: Sequence[Held]) -> None:
    for kind in Class:
        sys.stdout.write(f"{made.radius.totals[kind]:>9,}  {WORDS[kind]}\n")
    for each in held:
        sys.stdout.write(
            f"\nOf {each.known:,} references in the sample: {each.shown:,} had a value shown ({each.share:.0%}),"
            f" {each.masked:,} only under masks or in a case, {each.refused:,} only refused,"
            f" {each.elsewhere:,} not by these accounts.\n"
        )
    found = _known(made)
    reported = found.reported
    if reported.known:
        sys.stdout.write(
            f"\nOf {reported.known:,} customers who reported that somebody knew them, {reported.shown:,} had a"
            f" value shown, {reported.masked:,} only under masks or in a case.\n"
        )
    if found.proven.confirmed:
        sys.stdout.write(
            f"\n{found.proven.confirmed:,} addresses or numbers made up for one of these viewers were used.\n"
        )
    if found.traced.confirmed:
        sys.stdout.write(
            f"\n{found.traced.confirmed:,} photographs, files or codes were read as being of these accounts.\n"
        )
    sys.stdout.writelines(f"\nGAP: {gap}\n" for gap in found.gaps)
    sys.stdout.write("\n" + "\n".join(sentences(made.radius)) + f"\n\nKept as report {made.id}.\n")
