"""`holdfast guard trace`: a photograph of a screen or a copy of a file, and the session it is of, or no guess."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.utils import timezone

from holdfast.conversations.models import Conversation
from holdfast.desk.pictures import is_picture
from holdfast.guard.marks import copies, photos, queries, tracing
from holdfast.guard.marks.photos import Corners, NotReadable
from holdfast.people.models import Agent, Customer

_MOST_BYTES = 200 * 2**20


def main(arguments: Sequence[str]) -> int:
    """Run `holdfast guard trace ARGUMENTS`. Exit code 0 when a session is named, 2 when not, 1 for wrong input."""
    chosen = _parser().parse_args(arguments)
    try:
        seen = _seen(chosen)
        if chosen.code:
            verdict = tracing.read_code(chosen.code, seen)
        elif chosen.photo is None:
            raise NotReadable("Give a photograph or a file, or a code that was read from one (--code).")
        elif chosen.photo.is_file() and not is_picture(chosen.photo):
            verdict = tracing.read_codes(copies.codes_in(_content(chosen.photo)), seen)
        else:
            photo = photos.load(chosen.photo)
            corners = _corners(chosen.corners) if chosen.corners else photos.found_corners(photo)
            size = _numbers(chosen.size.replace("x", ","), 2, "--size 1440x900") if chosen.size else None
            verdict = tracing.trace(
                photo, corners or photos.whole(photo), seen, size=(round(size[0]), round(size[1])) if size else None
            )
    except NotReadable as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 1
    _tell(verdict, seen, as_json=chosen.json)
    return 0 if verdict.named else 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="holdfast guard trace",
        description="Whose screen does a photograph show, whose copy is a file? docs/marks.md",
    )
    parser.add_argument(
        "photo", nargs="?", type=Path, metavar="PHOTO", help="a JPEG or PNG; or any other file that turned up"
    )
    parser.add_argument("--case", type=int, metavar="N", help="only who saw values in this case")
    parser.add_argument("--customer", metavar="REFERENCE", help="only who saw values of this customer")
    parser.add_argument(
        "--at", metavar="FROM..TO", help="only what was shown then, as 2026-03-01T08:00..2026-03-01T18:00"
    )
    parser.add_argument(
        "--corners", metavar="X,Y,...", help="four corners of the page or the card, clockwise from the upper left one"
    )
    parser.add_argument("--size", metavar="WxH", help="what the corners enclose, in CSS pixels, where no page said it")
    parser.add_argument("--code", help="the code as you read it, ? for what is not legible")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    return parser


def _seen(chosen: argparse.Namespace) -> list[queries.Shown]:
    case = customers = None
    if chosen.case is not None:
        case = Conversation.objects.filter(number=chosen.case).values_list("pk", flat=True).first()
        if case is None:
            raise NotReadable(f"There is no case {chosen.case}.")
    if chosen.customer:
        customers = list(Customer.objects.filter(reference=chosen.customer).values_list("pk", flat=True))
        if not customers:
            raise NotReadable(f"There is no customer with the reference {chosen.customer}.")
    since, until = _span(chosen.at) if chosen.at else (None, None)
    return queries.shown(conversation_id=case, customer_ids=customers, since=since, until=until)


def _content(file: Path) -> bytes:
    if file.stat().st_size > _MOST_BYTES:
        raise NotReadable("This file is larger than 200 MB. Cut out the part that came from here.")
    return file.read_bytes()


def _span(text: str) -> tuple[datetime, datetime]:
    try:
        since, until = (datetime.fromisoformat(part.strip()) for part in text.split(".."))
    except ValueError as wrong:
        raise NotReadable("Give the time as FROM..TO, for example 2026-03-01T08:00..2026-03-01T18:00.") from wrong
    zone = timezone.get_current_timezone()
    return tuple(at if at.tzinfo else at.replace(tzinfo=zone) for at in (since, until))  # type: ignore[return-value]


def _corners(text: str) -> Corners:
    x = _numbers(text, 8, "--corners 120,80,1810,95,1790,1120,130,1100")
    return (x[0], x[1]), (x[2], x[3]), (x[4], x[5]), (x[6], x[7])


def _numbers(text: str, count: int, example: str) -> list[float]:
    try:
        found = [float(part) for part in text.replace(" ", ",").split(",") if part]
    except ValueError:
        found = []
    if len(found) != count or not all(abs(number) < 1e6 for number in found):
        raise NotReadable(f"Give {count} numbers, for example {example}.")
    return found


def _tell(verdict: tracing.Verdict, seen: Sequence[queries.Shown], *, as_json: bool) -> None:
    if as_json:
        named = verdict.named
        said = {
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
        name = Agent.objects.filter(pk=verdict.named.agent_id).values_list("name", flat=True).first() or "somebody"
        times = sorted(one.at for one in seen if one.session == verdict.named.session)
        spans = f"values open from {times[0]:%Y-%m-%d %H:%M} to {times[-1]:%H:%M} UTC, {len(times)} in all"
        sys.stdout.write(f"Session {verdict.named.session} of {name}; {spans}.\n")
    sys.stdout.write(verdict.sentence + "\n")
