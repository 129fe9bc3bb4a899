"""`holdfast replay FILE`: real contacts through the real door, and a report in which each of them is accounted for."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from holdfast.drills.replay_files import FileError, Row, Source, source
from holdfast.drills.replay_senders import Door, DoorError, HttpDoor, Senders, SmtpDoor
from holdfast.drills.replay_watch import Database, Http, Seen, together, until_triaged
from holdfast.intake import tokens
from holdfast.kit import whereabouts


@dataclass(kw_only=True)
class Report:
    """Every row is in exactly one of `answered, waiting, parked, refused, lost`.

    `refused` counts rows the door refused with a reason as well as contacts refused later. `lost` are acknowledged
    contacts that cannot be found, and rows that got no answer at all.
    """

    file: str
    rows: int = 0
    accepted: int = 0
    answered: int = 0
    waiting: int = 0
    parked: int = 0
    refused: int = 0
    lost: int = 0
    not_triaged_yet: int = 0
    synthetic_senders: int = 0
    sending_seconds: float = 0.0
    per_second: float = 0.0
    accept_to_visible_p50_seconds: float | None = None
    accept_to_visible_p95_seconds: float | None = None
    refusals: dict[str, int] = field(default_factory=dict)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `replay` understands."""
    parser.add_argument("file", type=Path, help="CSV with a header, JSON lines, or mbox")
    parser.add_argument(
        "--url", default="", help="base URL of the door; default: the server running on this data directory"
    )
    parser.add_argument("--token", default="", help="bearer token (contacts:write); default: one made for this run")
    parser.add_argument(
        "--rate", type=float, metavar="N", help="contacts per second; default: as fast as they are taken"
    )
    parser.add_argument("--speed-up", type=float, metavar="X", help="keep the file's own times, X times faster")
    parser.add_argument(
        "--connections", type=int, default=32, metavar="N", help="connections at the same time (default 32)"
    )
    parser.add_argument("--channel", default="web", help="channel of rows that name none (default web)")
    parser.add_argument("--smtp", metavar="HOST:PORT", help="SMTP receiver, for mbox; default: the running server's")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N rows")
    parser.add_argument("--again", action="store_true", help="send as new contacts what an earlier replay sent already")
    parser.add_argument(
        "--wait", type=float, default=120.0, metavar="S", help="seconds to wait for triage (default 120)"
    )
    parser.add_argument("--json", action="store_true", help="print the report as one line of JSON")


def main(argv: Sequence[str]) -> int:
    """Parse `argv` and replay; Django must be set up. Returns 0 when every row is accounted for and none lost."""
    parser = argparse.ArgumentParser(prog="holdfast replay", description=__doc__)
    add_arguments(parser)
    return run(parser.parse_args(argv))


def run(arguments: argparse.Namespace) -> int:
    """Replay and print the report. Returns 0 when every row is accounted for and none lost."""
    console = Console(stderr=True)
    try:
        given = source(arguments.file, channel=arguments.channel)
        with _token(given, arguments.token, needed=given.kind != "mbox") as token:
            report = asyncio.run(_replay(given, token=token, arguments=arguments, console=console))
    except (FileError, DoorError, tokens.TokenError) as error:
        console.print(str(error), style="red", markup=False)
        return 2
    except DatabaseError as error:
        first = str(error).strip().split("\n")[0]
        console.print(f"The database cannot be used ({first}). Is Holdfast running?", style="red", markup=False)
        return 2
    if arguments.json:
        sys.stdout.write(json.dumps(asdict(report)) + "\n")
    else:
        _show(report, Console())
    return 1 if report.lost else 0


@contextmanager
def _token(given: Source, token: str, *, needed: bool) -> Iterator[str]:
    if token or not needed:
        yield token
        return
    # Named for the file: contacts are told apart by their token's name, so a second run meets the first one's.
    name = f"replay of {given.digest}"
    token = tokens.rotate(name=name, scopes=[tokens.CONTACTS_WRITE])
    try:
        yield token
    finally:
        tokens.revoke(name)


async def _replay(given: Source, *, token: str, arguments: argparse.Namespace, console: Console) -> Report:
    running = whereabouts.read(settings.DATA_DIR)
    url = arguments.url or (running.url if running else settings.PUBLIC_URL)
    door: Door
    if given.kind == "mbox":
        host, port = _smtp(arguments.smtp, running)
        to = f"support@{settings.MAIL_DOMAIN}"
        door = SmtpDoor(host=host, port=port, to=to)
    else:
        key = f"{given.digest}:{os.urandom(4).hex()}" if arguments.again else given.digest
        door = HttpDoor(url=url, token=token, key=key)
    rows = list(given.rows(limit=arguments.limit))
    report = Report(file=given.path.name, rows=len(rows), synthetic_senders=sum(row.synthetic_sender for row in rows))
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        senders = Senders(door, connections=arguments.connections)
        try:
            acknowledged = await _send_all(rows, senders, report, arguments=arguments, progress=progress)
        finally:
            senders.close()
        bar = progress.add_task("triaged", total=len(set(acknowledged)))
        seen = await until_triaged(
            acknowledged,
            Http(url, token) if arguments.url and arguments.token else Database(),
            wait=arguments.wait,
            progress=lambda number: progress.update(bar, completed=number),
        )
    _count(report, acknowledged, seen)
    return report


async def _send_all(
    rows: Sequence[Row], senders: Senders, report: Report, *, arguments: argparse.Namespace, progress: Progress
) -> list[UUID]:
    bar = progress.add_task("sending", total=len(rows))
    coming = _paced(rows, rate=arguments.rate, speed_up=arguments.speed_up)
    taking = asyncio.Lock()
    acknowledged: list[UUID] = []
    refusals: Counter[str] = Counter()
    started = time.perf_counter()

    async def connection() -> None:
        while True:
            async with taking:
                row = await anext(coming, None)
            if row is None:
                return
            answer = await senders.send(row)
            if answer.receipt is not None:
                acknowledged.append(answer.receipt)
            else:
                refusals[answer.because] += 1
                report.lost += answer.gave_up
                report.refused += not answer.gave_up
            progress.advance(bar)

    async with together() as group:
        for _ in range(min(arguments.connections, len(rows))):
            group.create_task(connection())
    report.accepted = len(acknowledged)
    report.sending_seconds = round(time.perf_counter() - started, 3)
    report.per_second = round(len(rows) / max(report.sending_seconds, 0.001), 1)
    report.refusals = dict(refusals.most_common(20))
    return acknowledged


async def _paced(rows: Sequence[Row], *, rate: float | None, speed_up: float | None) -> AsyncIterator[Row]:
    """Give each row when it is due: evenly at `rate` a second, or at its own time `speed_up` times faster."""
    started = time.monotonic()
    first = next((row.at for row in rows if row.at is not None), None)
    for number, row in enumerate(rows):
        due = started
        if rate:
            due += number / rate
        elif speed_up and first is not None and row.at is not None:
            due += (row.at - first).total_seconds() / speed_up
        if due > time.monotonic():
            await asyncio.sleep(due - time.monotonic())
        yield row


def _count(report: Report, acknowledged: Sequence[UUID], seen: dict[UUID, Seen]) -> None:
    after = []
    for receipt in acknowledged:  # rows, not receipts: equal mails share one
        one = seen.get(receipt)
        if one is None:
            report.lost += 1
            continue
        setattr(report, one.state, getattr(report, one.state) + 1)
        report.not_triaged_yet += not one.triaged
        if one.visible_after is not None:
            after.append(one.visible_after)
    if after:
        after.sort()
        report.accept_to_visible_p50_seconds = round(after[len(after) // 2], 3)
        report.accept_to_visible_p95_seconds = round(after[int(len(after) * 0.95)], 3)


def _show(report: Report, console: Console) -> None:
    table = Table(title=f"Replay of {report.file}", show_header=False, title_justify="left")
    for name, value in asdict(report).items():
        if name not in ("file", "refusals") and value is not None:
            table.add_row(name.replace("_", " "), f"{value:,}")
    console.print(table)
    if report.synthetic_senders:
        console.print(
            f"The file names no sender for {report.synthetic_senders:,} rows; each got a synthetic one of its own."
        )
    for because, count in report.refusals.items():
        console.print(f"{count:,} × {because}", markup=False)


def _smtp(given: str | None, running: whereabouts.Whereabouts | None) -> tuple[str, int]:
    if given:
        parts = urlsplit(f"//{given}")
        return parts.hostname or "127.0.0.1", parts.port or 25
    if running is None or not running.smtp_port:
        raise DoorError(
            "An mbox goes through the SMTP receiver: start the server with HOLDFAST_SMTP_PORT, or use --smtp."
        )
    return "127.0.0.1", running.smtp_port
