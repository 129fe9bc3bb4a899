"""The status page and its JSON per second on one core while updates are being published, and how stale it ever was.

The web process has core 0 to itself as far as the machine allows; PostgreSQL, the load generator and whoever publishes
share the last core. On a busy machine wall-clock figures say more about the neighbours, so the CPU time of the whole
server process per answer is measured too (rendering included), and `per_core` is a second of CPU divided by it.
Beside it, in turns on the same server: a bare ASGI hello.

Staleness: an update is published every two seconds through the verbs people use; a reader asks twenty times a second
and notes when it first sees it, counted from the commit. `./holdfast bench status --seconds 6`
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from door import CLIENT_CORE, HELLO, Measured, Web, installation

KINDS = {
    "summary_json": "/api/v2/summary.json",
    "page": "/status/",
}
PUBLISH_EVERY = 2.0  # seconds


def request(path: str) -> Callable[[int], bytes]:
    """Return a maker of requests such as a browser's, without a cached copy."""
    head = (
        f"GET {path} HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\naccept-encoding: gzip, deflate, br\r\n"
        "accept-language: en-IE,en;q=0.9\r\nuser-agent: Mozilla/5.0 (X11; Linux x86_64)\r\n\r\n"
    ).encode()
    return lambda _: head


class House:
    """An installation with forty components, thirty ended incidents, and an open one with an update after another."""

    def __init__(self) -> None:
        from holdfast.incidents import components, declaring
        from holdfast.people.models import Agent, Role

        self.lead = Agent.objects.create_user("bench@house.example", name="Bench", role=Role.LEAD).pk
        parts = [components.add(name=f"Service {number}", by=self.lead) for number in range(1, 41)]
        for number in range(31):
            self.incident = declaring.declare(
                title=f"Service {number} was slow", by=self.lead, components={parts[number].id: "degraded_performance"}
            )
            self.publish()
            if number < 30:
                self._end(parts[number].id)

    def publish(self, **given: Any) -> str:
        """Say something new and return its id."""
        from holdfast.incidents import updates
        from holdfast.kit.clock import now

        fields = {
            "status": "identified",
            "texts": {"en": "We found what is wrong and are mending it. Your money is safe. " * 3},
            "next_update_due": now() + timedelta(minutes=30),
            "components": {},
        } | given
        drafted = updates.draft(incident_id=self.incident, by=self.lead, **fields)
        said = updates.publish(update_id=drafted.id, version=drafted.version, by=self.lead)
        return str(said.id)

    def _end(self, component: Any) -> None:
        from holdfast.incidents import causes, commitments
        from holdfast.kit.clock import now

        causes.say(incident_id=self.incident, known=True, cause="A certificate had run out.", by=self.lead)
        commitments.promise(
            incident_id=self.incident,
            what="Certificates renew themselves.",
            owner=self.lead,
            due=now() + timedelta(days=14),
            by=self.lead,
            public=True,
        )
        self.publish(status="resolved", next_update_due=None, components={component: "operational"})


class Watch:
    """Publishes and looks when it is seen. Staleness in seconds, one figure per update."""

    def __init__(self, house: House, port: int) -> None:
        self._house, self._port = house, port
        self._published: dict[str, float] = {}
        self.staleness: list[float] = []
        self.problems: list[str] = []
        self._stop = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        threads = [threading.Thread(target=each, daemon=True) for each in (self._publish, self._read)]
        for thread in threads:
            thread.start()
        yield
        self._stop.set()
        for thread in threads:
            thread.join(30)

    def _publish(self) -> None:
        from django.db import connection

        while not self._stop.wait(PUBLISH_EVERY):
            try:
                said = self._house.publish()
            except Exception as error:
                self.problems.append(type(error).__name__)
                continue
            self._published[said] = time.perf_counter()
        connection.close()

    def _read(self) -> None:
        reader = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        deadline = float("inf")
        while (not self._stop.is_set() or self._published) and time.perf_counter() < deadline:
            if self._stop.is_set() and deadline == float("inf"):
                deadline = time.perf_counter() + 20
            reader.request("GET", KINDS["summary_json"])
            document = json.loads(reader.getresponse().read())
            seen, moment = {each["id"] for each in document["incidents"][0]["incident_updates"]}, time.perf_counter()
            for said in seen & self._published.keys():
                self.staleness.append(moment - self._published.pop(said))
            time.sleep(0.05)
        self.problems += ["never seen"] * len(self._published)


def main() -> int:
    """Run the benchmark; prints, last, one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=6.0, help="of load on each kind, in all rounds together")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--port", type=int, default=8793)
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {CLIENT_CORE})  # PostgreSQL inherits this
    with tempfile.TemporaryDirectory(prefix="holdfast-status-") as place, installation(Path(place)):
        report = run(arguments, log=Path(place) / "web.log")
    print(json.dumps(report))
    return 0 if report["worst_staleness_s"] < 5 and not report["problems"] and not report["other_answers"] else 1


def run(arguments: argparse.Namespace, *, log: Path) -> dict[str, Any]:
    """Load hello, JSON and page in turns while updates are published."""
    house = House()
    hello_web = Web(port=arguments.port, app="door:hello", log=log)
    web = Web(port=arguments.port + 1, log=log)
    hello_web.wait()
    web.wait()
    _wait_rendered(arguments.port + 1)
    measured = {"hello": Measured(hello_web, lambda _: HELLO.encode(), 200)}
    measured |= {name: Measured(web, request(path), 200) for name, path in KINDS.items()}
    watch = Watch(house, arguments.port + 1)
    with watch.running():
        for seconds in (0.5, *[arguments.seconds / arguments.rounds] * arguments.rounds):
            for each in measured.values():
                each.round(connections=arguments.connections, seconds=seconds)
    for process in (hello_web, web):
        process.stop()
    for each in measured.values():  # the first round was to warm up
        for figures in (each.rounds, each.cpu, each.idle):
            figures.pop(0)
    report: dict[str, Any] = {"benchmark": "status", "connections": arguments.connections}
    for name, each in measured.items():
        report[name] = {
            "per_second": round(median(each.per_second)),
            "cpu_us": round(median(each.cpu), 1),
            "per_core": round(1e6 / median(each.cpu)),
            "p50_ms": each.percentile(0.5),
            "p99_ms": each.percentile(0.99),
        }
    return report | {
        "updates_published": len(watch.staleness),
        "worst_staleness_s": round(max(watch.staleness, default=99.0), 2),
        "median_staleness_s": round(median(watch.staleness), 2) if watch.staleness else None,
        "problems": watch.problems,
        "other_answers": sum(
            sum(load.answers.values()) - load.answers.get(200, 0) + load.broken
            for each in measured.values()
            for load in each.rounds
        ),
        "load_of_the_machine": os.getloadavg()[0],
    }


def _wait_rendered(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        reader = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        reader.request("GET", KINDS["summary_json"])
        if reader.getresponse().status == 200:
            return
        time.sleep(0.1)
    raise SystemExit("The status page was not rendered; see the log of the web process.")


if __name__ == "__main__":
    raise SystemExit(main())
