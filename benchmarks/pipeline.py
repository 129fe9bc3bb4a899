"""Contacts from accepted to visible on the desk: how many per second of one core, how soon, and does memory grow?

Runs the real rooms on an embedded PostgreSQL of its own: `accept_now`, then triage (identified, threaded, answered by
the assistant or put in line, settled). Per core means: contacts divided by the CPU seconds of this process and of the
database server together. The baseline is the same work with one contact per transaction.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path

_TOPICS = (
    "My card has not arrived yet, it has been two weeks",
    "I was charged twice for the same purchase",
    "How do I change my address?",
    "The transfer to my landlord is still pending",
    "Why was my payment declined at the shop",
    "I forgot my PIN and the app does not let me reset it",
    "Where can I see my exchange rate for yesterday",
    "Please tell me why my top up failed again",
)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=10_000, help="contacts to triage in batches")
    parser.add_argument("--batch", type=int, default=250, help="contacts per transaction")
    parser.add_argument("--baseline", type=int, default=300, help="contacts to triage one by one")
    parser.add_argument("--rate", type=int, default=100, help="contacts per second while the loop runs")
    parser.add_argument("--seconds", type=int, default=20, help="how long to accept at that rate")
    return parser.parse_args()


def _incomings(count: int, *, seed: int) -> list[object]:
    from holdfast.intake.contact import Incoming

    chance = random.Random(seed)
    made = []
    for number in range(count):
        customer = chance.randrange(count)
        channel = chance.choice(("email", "email", "web", "chat"))
        session = f"{seed}-{number}"
        mail = f"{seed}.{number}@bench.example"
        payload = {
            "email": {"thread_own": [f"mail:{mail}"]},
            "chat": {"thread": [f"chat:{session}"], "thread_own": [f"chat:{session}"], "client_key": session},
        }.get(channel, {})
        sender = {"chat": session} if channel == "chat" else {"email": f"customer{customer}@bench.example"}
        made.append(
            Incoming(
                channel=channel,
                source="bench",
                sender={**sender, "name": f"Customer {customer}"},
                subject=f"Question {number}" if channel == "email" else "",
                text=f"{chance.choice(_TOPICS)}. Reference {chance.randrange(10**9)}.",
                payload=payload,
            )
        )
    return made


class _Cpu:
    """CPU seconds of this process, and of the database server with all its children."""

    def __init__(self, server_directory: Path) -> None:
        self._directory = server_directory
        self._seen: dict[int, float] = {}

    def seconds(self) -> tuple[float, float]:
        tick = os.sysconf("SC_CLK_TCK")
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if (entry / "cwd").resolve() == self._directory:
                        fields = (entry / "stat").read_text().rpartition(")")[2].split()
                        self._seen[int(entry.name)] = (int(fields[11]) + int(fields[12])) / tick
                except OSError:
                    continue
        return time.process_time(), sum(self._seen.values())


def _memory_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def _accept(count: int, *, seed: int) -> float:
    from holdfast.intake.accept import accept_now

    incomings = _incomings(count, seed=seed)
    started = time.perf_counter()
    for start in range(0, count, 200):
        accept_now(incomings[start : start + 200])
    return time.perf_counter() - started


def _triage(cpu: _Cpu, *, batch: int) -> dict[str, float]:
    from holdfast.triage.loop import once

    (ours, theirs), started, done = cpu.seconds(), time.perf_counter(), 0
    memory: list[float] = []
    while number := once(batch=batch):
        done += number
        memory.append(_memory_mib())
    wall = time.perf_counter() - started
    ours_after, theirs_after = cpu.seconds()
    used = ours_after - ours + theirs_after - theirs
    return {
        "contacts": done,
        "wall_seconds": round(wall, 2),
        "per_second": round(done / wall, 1),
        "cpu_worker_seconds": round(ours_after - ours, 2),
        "cpu_database_seconds": round(theirs_after - theirs, 2),
        "per_second_per_core": round(done / used, 1),
        # The first fifth warms caches up; a leak shows after it.
        "memory_growth_mib": round(memory[-1] - memory[len(memory) // 5], 1) if memory else 0.0,
    }


def _steady(rate: int, seconds: int) -> dict[str, float]:
    """Accept at `rate` per second while the loop runs in its thread; measure accept to visible."""
    from django.db import connection

    from holdfast.intake.accept import accept_now
    from holdfast.triage.loop import run

    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        since = cursor.fetchone()[0]
    stop = threading.Event()
    loop = threading.Thread(target=run, args=(stop,))
    loop.start()
    incomings = _incomings(rate * seconds, seed=3)
    started = time.perf_counter()
    for number, incoming in enumerate(incomings):
        time.sleep(max(0.0, started + number / rate - time.perf_counter()))
        accept_now([incoming])
    deadline = time.monotonic() + 30
    waits: list[float] = []
    while len(waits) < len(incomings) and time.monotonic() < deadline:
        time.sleep(0.2)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT extract(epoch FROM visible_at - accepted_at)::float8 FROM intake_receipt"
                " WHERE visible_at IS NOT NULL AND accepted_at >= %s ORDER BY 1",
                [since],
            )
            waits = [wait for (wait,) in cursor.fetchall()]
    stop.set()
    loop.join()
    return {
        "rate": rate,
        "contacts": len(incomings),
        "visible": len(waits),
        "accept_to_visible_p50": round(waits[len(waits) // 2], 3),
        "accept_to_visible_p95": round(waits[int(len(waits) * 0.95)], 3),
    }


def _set_up() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, skip_checks=True)
    from django.db import transaction

    from holdfast.drills.tidewater.house import write_house
    from holdfast.kit.clock import now

    with transaction.atomic():
        write_house(at=now())  # the demo bank's queues and articles, so that routing and the assistant have work


def main() -> int:
    """Measure and print one JSON line last. Return 1 when anything was lost."""
    asked = _arguments()
    from holdfast.runtime.postgres import EmbeddedPostgres

    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as directory:
        server = EmbeddedPostgres(data=Path(directory))
        with server.running() as url:
            os.environ |= {"DATABASE_URL": url, "HOLDFAST_DATA": directory}
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "holdfast.config.settings")
            _set_up()
            from holdfast.assistant.respond import warm
            from holdfast.triage.reconcile import reconcile

            warm()  # as the worker does before its first batch
            cpu = _Cpu(server.directory.resolve())
            _accept(asked.baseline, seed=1)
            baseline = _triage(cpu, batch=1)
            print("one contact per transaction:", baseline, file=sys.stderr)
            accepted = _accept(asked.contacts, seed=2)
            batched = _triage(cpu, batch=asked.batch)
            print("in batches:", batched, file=sys.stderr)
            steady = _steady(asked.rate, asked.seconds)
            print("steady:", steady, file=sys.stderr)
            counts = reconcile()
            from django.db import connection

            from holdfast.knowledge.models import Article

            articles = Article.objects.filter(published=True).count()

            connection.close()
    answered = sum(count.answered for count in counts)
    lost = sum(count.lost for count in counts)
    received = sum(count.received for count in counts)
    sent = asked.baseline + asked.contacts + asked.rate * asked.seconds
    result = {
        "benchmark": "pipeline",
        "batch": asked.batch,
        "accepted_per_second": round(asked.contacts / accepted, 1),
        "batched": batched,
        "baseline": baseline,
        "times_baseline": round(batched["per_second_per_core"] / baseline["per_second_per_core"], 2),
        "steady": steady,
        "articles": articles,
        "answered": answered,
        "answered_share": round(answered / received, 3) if received else 0.0,
        "waiting": sum(count.waiting for count in counts),
        "lost": lost + sent - received,
    }
    print(
        f"{articles} published articles; the assistant answered {result['answered_share']:.0%} of {received} contacts.",
        file=sys.stderr,
    )
    print(json.dumps(result))
    return 1 if result["lost"] else 0


if __name__ == "__main__":
    sys.exit(main())
