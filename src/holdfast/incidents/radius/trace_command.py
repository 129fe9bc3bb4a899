"""`holdfast guard trace`: a photograph of a screen or a copy of a file, and the session it is of, or no guess. Kept."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.utils import timezone

from holdfast.guard.marks import photos, reading
from holdfast.guard.marks.photos import NotReadable
from holdfast.guard.marks.queries import Shown
from holdfast.guard.marks.tracing import Verdict
from holdfast.incidents.radius import tracing
from holdfast.people.queries import names_of


def main(arguments: Sequence[str]) -> int:
    """Run `holdfast guard trace ARGUMENTS`. Exit code 0 when a session is named, 2 when not, 1 for wrong input."""
    chosen = _parser().parse_args(arguments)
    try:
        since, until = _span(chosen.at) if chosen.at else (None, None)
        asked = tracing.asked(
            case=chosen.case or "",
            customer=chosen.customer or "",
            since=since,
            until=until,
            corners=chosen.corners or "",
            size=chosen.size or "",
            code=chosen.code or "",
        )
        content = _content(chosen.photo) if chosen.photo is not None and not chosen.code else None
        verdict, seen = reading.read(content, asked)
    except NotReadable as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 1
    kept = reading.keep(content, asked, verdict, seen, with_file=chosen.keep)
    _tell(verdict, seen, kept=kept, as_json=chosen.json)
    return 0 if verdict.named else 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="holdfast guard trace",
        description="Whose screen does a photograph show, whose copy is a file? docs/marks.md",
    )
    parser.add_argument(
        "photo", nargs="?", type=Path, metavar="PHOTO", help="a JPEG or PNG; or any other file that turned up"
    )
    parser.add_argument("--case", metavar="N", help="only who saw values in this case")
    parser.add_argument("--customer", metavar="REFERENCE", help="only who saw values of this customer")
    parser.add_argument(
        "--at", metavar="FROM..TO", help="only what was shown then, as 2026-03-01T08:00..2026-03-01T18:00"
    )
    parser.add_argument(
        "--corners", metavar="X,Y,...", help="four corners of the page or the card, clockwise from the upper left one"
    )
    parser.add_argument("--size", metavar="WxH", help="what the corners enclose, in CSS pixels, where no page said it")
    parser.add_argument("--code", help="the code as you read it, ? for what is not legible")
    parser.add_argument(
        "--keep", action="store_true", help="keep the file, sealed, with the answer; else only its hash"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    return parser


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            most = photos.MOST_BYTES if photos.begins_a_picture(opened.read(16)) else reading.MOST_BYTES
            opened.seek(0)
            return opened.read(most + 1)
    except FileNotFoundError as missing:
        raise NotReadable(f"There is no file {file}.") from missing
    except OSError as error:
        raise NotReadable(f"{file} cannot be read: {error.strerror}.") from error


def _span(text: str) -> tuple[datetime, datetime]:
    try:
        since, until = (datetime.fromisoformat(part.strip()) for part in text.split(".."))
    except ValueError as wrong:
        raise NotReadable("Give the time as FROM..TO, for example 2026-03-01T08:00..2026-03-01T18:00.") from wrong
    zone = timezone.get_current_timezone()
    return tuple(at if at.tzinfo else at.replace(tzinfo=zone) for at in (since, until))  # type: ignore[return-value]


def _tell(verdict: Verdict, seen: Sequence[Shown], *, kept: UUID, as_json: bool) -> None:
    if as_json:
        named = verdict.named
        said = {
            "trace": str(kept),
            "named": named and {"session": named.session, "agent": named.agent_id, "code": named.code},
            "sentence": verdict.sentence,
            "z": round(verdict.z, 2),
            "gap": round(verdict.gap, 2),
            "compared": verdict.compared,
            "fits": [
                {"session": fit.session, "agent": fit.agent_id, "faint": fit.faint, "visible": fit.visible}
                for fit in verdict.fits[:20]
            ],
        }
        sys.stdout.write(json.dumps(said) + "\n")
        return
    if verdict.named:
        who = verdict.named.agent_id
        times = sorted(one.at for one in seen if one.session == verdict.named.session)
        spans = f"values open from {times[0]:%Y-%m-%d %H:%M} to {times[-1]:%H:%M} UTC, {len(times)} in all"
        sys.stdout.write(f"Session {verdict.named.session} of {names_of([who]).get(who, 'somebody')}; {spans}.\n")
    sys.stdout.write(f"{verdict.sentence}\nKept as trace {kept}.\n")
