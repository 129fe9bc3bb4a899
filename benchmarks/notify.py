"""A message for each of very many people: how many a second leave, is anybody written to twice, is anybody lost?

    ./holdfast bench notify --recipients 1000000 [--kill worker,sink] [--fates]

The real rooms on an embedded PostgreSQL of its own, one sender process, and a mail server in a process of its own that
takes everything and writes it down (`benchmarks/sinks/smtp.py`). Sealing and adding, sending end to end, and taking and
settling alone are measured apart. `--kill` also runs it with `kill -9` of the sender and of the mail server midway, and
`--fates` with a mail server that refuses, puts off, throttles and hangs up.

duplicates: recipients whom the mail server took more than one mail for. lost: recipients that are `sent` and whom it
has no mail for, and those who are still waiting at the end. unknown: nobody knows, and the house says so.

Baseline in the same run: one row at a time, each mail through Django's mail backend on a connection that is kept, each
outcome in a transaction of its own. Figures per core are messages divided by the CPU seconds of sender and database
together, which other work on the machine changes little. One JSON line last.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

TEXT = (
    "Dear {name},\n\nbetween 07:38 and 09:12 UTC today some card payments were declined. Nothing was taken from your"
    " account, and your card works again. If it cost you a fee, we pay it; you need not claim.\n\nYour reference is"
    " {reference}. We write again at 13:00 UTC.\n"
)
FATES = ["--refuse", "0.002", "--later", "0.0005", "--throttle", "0.00002", "--drop", "0.0002"]
SINK = Path(__file__).parent / "sinks" / "smtp.py"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipients", type=int, default=20_000)
    parser.add_argument("--kill", default="", help="worker, sink or both with a comma: killed midway, a run each")
    parser.add_argument("--fates", action="store_true", help="a run with a mail server that misbehaves")
    parser.add_argument("--again", type=int, default=0, help="recipients of the runs with faults; 0: as many")
    parser.add_argument("--baseline", type=int, default=1_000)
    parser.add_argument("--rows", type=int, default=100_000, help="rows to take and settle without sending")
    parser.add_argument("--connections", type=int, default=4)
    return parser.parse_args()


class Sink:
    """The mail server, which can be killed and comes back at the same port with the same record."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.record = Path(tempfile.mkstemp(dir=directory, prefix="record-")[1])
        self._options, self.port = options, 0
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, SINK, "--record", self.record, "--port", str(self.port), *self._options],
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        self._process.send_signal(number)
        self._process.wait()

    def took(self) -> Counter[str]:
        """Mails by Message-ID. The record of a million is read line by line."""
        with self.record.open() as lines:
            return Counter(line.split("\t")[1].rstrip("\n") for line in lines)


@dataclass
class Cpu:
    """CPU seconds of a process, and of the database server with all its children, also those that ended meanwhile."""

    directory: Path
    pid: int = 0

    def seconds(self) -> tuple[float, float]:
        tick, server = os.sysconf("SC_CLK_TCK"), 0.0
        postmaster = (self.directory / "postmaster.pid").read_text().split("\n")[0]
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if (entry / "cwd").resolve() == self.directory:
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                    ended = int(fields[13]) + int(fields[14]) if entry.name == postmaster else 0
                    server += (int(fields[11]) + int(fields[12]) + ended) / tick
            except OSError:
                continue
        ours = 0.0
        if self.pid:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
            ours = (int(fields[11]) + int(fields[12])) / tick
        return ours, server


def _memory(pid: int | str) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def _campaign(by: int, recipients: int) -> tuple[UUID, dict[str, Any]]:
    """Write, fill and approve a campaign; measure the filling."""
    from holdfast.notify.campaigns import adding, campaigns
    from holdfast.notify.campaigns.contract import Recipient, Text

    campaign = campaigns.create(
        name="Card payments",
        stream="incident",
        by=by,
        thread="incident-12",
        unsubscribe_url="https://status.example/u/{token}/",
    )
    campaigns.set_texts(
        campaign_id=campaign, by=by, texts={("en", "affected"): Text(subject="Card payments work again", body=TEXT)}
    )

    def people() -> Iterator[Recipient]:
        for number in range(recipients):
            yield Recipient(
                person_key=f"customer:{number}",
                channel="email",
                address=f"customer{number}@bench.example",
                locale="en",
                segment="affected",
                values={"name": f"Ayu {number}", "reference": f"TW-{number}", "token": f"t{number:024x}"},
            )

    memory, cpu, started = _memory("self"), time.process_time(), time.perf_counter()
    added = adding.add_recipients(campaign, people())
    wall = time.perf_counter() - started
    assert added.added == recipients, added
    campaigns.approve_published(campaign_id=campaign, by=by, on="update 3 of incident 12")
    return campaign, {
        "wall_seconds": round(wall, 1),
        "per_second": round(recipients / wall),
        "cpu_seconds": round(time.process_time() - cpu, 1),
        "memory_growth_mib": round(_memory("self") - memory, 1),
    }


def _spawn(sink: Sink, connections: int) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "HOLDFAST_EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
        "HOLDFAST_CAMPAIGN_CONNECTIONS": str(connections),
    }
    return subprocess.Popen([sys.executable, "-m", "holdfast", "sender"], env=environment)


def _send(
    campaign: UUID, by: int, sink: Sink, cpu: Cpu, asked: argparse.Namespace, *, kill: str = ""
) -> dict[str, Any]:
    """Start the campaign and one sender; look after both until it is done. Kill what is to be killed in the middle."""
    from holdfast.notify.campaigns import campaigns, minding, queries

    campaigns.start(campaign_id=campaign, by=by)
    process = _spawn(sink, asked.connections)
    cpu.pid = process.pid
    theirs, ours, before = cpu.seconds()[1], 0.0, 0.0
    memory: list[float] = []
    started, killed = time.perf_counter(), False
    while True:
        minding.tick()
        progress = queries.progress(campaign)
        if progress.state != "running":
            break
        if process.poll() is None:
            memory.append(_memory(process.pid))
            ours = before + cpu.seconds()[0]
        elif progress.waiting:
            before = ours
            process = _spawn(sink, asked.connections)
            cpu.pid = process.pid
        if kill and not killed and progress.handled > progress.total // 2:
            killed = True
            if kill == "sink":
                sink.kill()
                sink.start()
            else:
                process.kill()
                process.wait()
        time.sleep(0.5)
    wall = time.perf_counter() - started
    process.wait()
    cpu.pid = 0
    database = cpu.seconds()[1] - theirs
    used = ours + database
    return {
        "wall_seconds": round(wall, 1),
        "per_second": round(progress.handled / wall),
        "sender_cpu_seconds": round(ours, 1),
        "database_cpu_seconds": round(database, 1),
        "per_second_per_core": round(progress.handled / used) if used else None,
        # The first fifth warms up; what grows after it is kept.
        "memory_mib": round(max(memory), 1) if memory else None,
        "memory_growth_mib": round(max(memory) - memory[len(memory) // 5], 1) if memory else None,
        **_checked(campaign, sink),
    }


def _checked(campaign: UUID, sink: Sink) -> dict[str, Any]:
    """Hold the rows against what the mail server took."""
    from holdfast.notify.campaigns.mails import header_id
    from holdfast.notify.campaigns.models import Recipient

    took = sink.took()
    states: Counter[str] = Counter()
    lost = arrived_unknown = 0
    rows = Recipient.objects.filter(campaign_id=campaign).values_list("id", "state")
    for recipient, state in rows.iterator(chunk_size=10_000):
        states[state] += 1
        there = header_id(recipient) in took
        lost += (state == "sent" and not there) or state in {"pending", "sending"}
        arrived_unknown += state == "unknown" and there
    return {
        "states": dict(sorted(states.items())),
        "unknown_that_arrived": arrived_unknown,
        "duplicates": sum(number > 1 for number in took.values()),
        "lost": lost,
    }


def _claim_and_complete(by: int, recipients: int, cpu: Cpu) -> dict[str, Any]:
    """Take and settle rows as a sender does, without sending: chunks leased, claimed and completed in one go each."""
    from holdfast.kit import database
    from holdfast.notify.campaigns import campaigns, claiming, minding

    campaign, _ = _campaign(by, recipients)
    campaigns.start(campaign_id=campaign, by=by)
    done: list[int] = []

    def work() -> None:
        number = 0
        with database.connect(name="bench") as connection:
            while (leased := claiming.lease(connection, channel="email")) is not None:
                rows = claiming.waiting(connection, leased)
                step = claiming.step(connection, leased, settled=[], wanted=[row.id for row in rows])
                settled = [claiming.Settled(each, "sent") for each in step.granted]
                claiming.step(connection, leased, settled=settled, wanted=[])
                claiming.release(connection, leased)
                number += len(settled)
        done.append(number)

    cpu.pid = 0
    _, theirs = cpu.seconds()
    spent, started = time.process_time(), time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - started
    used = time.process_time() - spent + cpu.seconds()[1] - theirs
    minding.tick()
    assert sum(done) == recipients, done
    return {
        "rows": recipients,
        "wall_seconds": round(wall, 2),
        "per_second": round(recipients / wall),
        "per_second_per_core": round(recipients / used),
    }


def _baseline(by: int, number: int, sink: Sink, cpu: Cpu) -> dict[str, Any]:
    """One row at a time through Django's backend, each outcome in its own transaction."""
    from django.conf import settings
    from django.core.mail import EmailMessage, get_connection
    from django.db import transaction

    from holdfast.notify.campaigns.models import Recipient

    campaign, _ = _campaign(by, number)
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    backend = get_connection("django.core.mail.backends.smtp.EmailBackend")
    cpu.pid = os.getpid()
    (ours, theirs), started = cpu.seconds(), time.perf_counter()
    backend.open()
    for _ in range(number):
        with transaction.atomic():
            row = Recipient.objects.select_for_update(skip_locked=True).filter(campaign=campaign, state="pending")[0]
            row.state = "sending"
            row.save(update_fields=["state"])
        mail = EmailMessage(
            subject="Card payments work again",
            body=TEXT.replace("{name}", "Ayu").replace("{reference}", "TW-1"),
            to=[f"{row.person_key.replace(':', '')}@bench.example"],
            headers={"Message-ID": f"<baseline-{row.pk}@bench.example>"},
            connection=backend,
        )
        mail.send()
        with transaction.atomic():
            Recipient.objects.filter(pk=row.pk).update(state="sent")
    backend.close()
    wall, (ours_after, theirs_after) = time.perf_counter() - started, cpu.seconds()
    return {
        "messages": number,
        "per_second": round(number / wall),
        "per_second_per_core": round(number / (ours_after - ours + theirs_after - theirs)),
    }


@contextmanager
def _house() -> Iterator[tuple[Path, Cpu, int]]:
    """A database of our own with the house's tables, and somebody who writes campaigns."""
    from holdfast.runtime.postgres import EmbeddedPostgres

    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as directory:
        server = EmbeddedPostgres(data=Path(directory))
        with server.running() as url:
            os.environ |= {"DATABASE_URL": url, "HOLDFAST_DATA": directory, "HOLDFAST_LOG_JSON": "true"}
            os.environ["DJANGO_SETTINGS_MODULE"] = "holdfast.config.settings"
            import django

            django.setup()
            from django.core.management import call_command
            from django.db import connection

            from holdfast.people.models import Agent

            call_command("migrate", verbosity=0, skip_checks=True)
            by = Agent.objects.create_user("bench@example.com", name="Bench", role="admin").pk
            yield Path(directory), Cpu(server.directory.resolve()), by
            connection.close()


def main() -> int:
    """Measure and print one JSON line last. Return 1 when anybody was written to twice, or lost."""
    asked = _arguments()
    with _house() as (directory, cpu, by):
        result: dict[str, Any] = {"benchmark": "notify", "recipients": asked.recipients}
        runs = [("plain", "", [])] + [(f"kill_{each}", each, []) for each in asked.kill.split(",") if each]
        runs += [("fates", "", FATES)] if asked.fates else []
        # First, while the tables are small: nothing is vacuumed beside it.
        result["claim_and_complete"] = _claim_and_complete(by, asked.rows, cpu)
        print("taken and settled:", result["claim_and_complete"], file=sys.stderr)
        sink = Sink(directory)
        result["baseline"] = _baseline(by, asked.baseline, sink, cpu)
        sink.kill()
        print("one at a time:", result["baseline"], file=sys.stderr)
        for name, kill, fates in runs:
            sink = Sink(directory, *fates)
            campaign, adding = _campaign(by, asked.recipients if name == "plain" else asked.again or asked.recipients)
            sent = _send(campaign, by, sink, cpu, asked, kill=kill)
            sink.kill()
            result[name] = {"adding": adding, **sent}
            print(f"{name}:", result[name], file=sys.stderr)
    result["load"] = round(os.getloadavg()[0], 1)
    plain = result["plain"]
    result["times_baseline"] = round(plain["per_second_per_core"] / result["baseline"]["per_second_per_core"], 1)
    result["duplicates"] = sum(result[name]["duplicates"] for name, *_ in runs)
    result["lost"] = sum(result[name]["lost"] for name, *_ in runs)
    print(json.dumps(result))
    return 1 if result["duplicates"] or result["lost"] else 0


if __name__ == "__main__":
    sys.exit(main())
