"""Durable contacts per second at the front door on one core, beside a bare ASGI hello on the same server.

The web process has core 0 to itself; PostgreSQL and the load generator share core 1. Every 202 is checked against the
database afterwards: stored must be at least acknowledged, and every receipt must be found. `--kill` kills a part with
SIGKILL in mid-load, lets it come back, and counts again.

    ./holdfast bench door --seconds 6 --connections 256 --kill web --kill postgres
"""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import urlopen

SERVER_CORE, CLIENT_CORE = 0, max(os.sched_getaffinity(0))
TEXT = "My card was charged twice for the same hotel booking and the second payment is still pending. " * 3
HELLO = "GET / HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\n\r\n"


@dataclass
class Load:
    """What the load generator saw: answers by status, latencies in seconds, receipts that were acknowledged."""

    seconds: float = 0.0
    answers: dict[int, int] = field(default_factory=dict)
    broken: int = 0
    latencies: list[float] = field(default_factory=list)
    receipts: list[bytes] = field(default_factory=list)

    def per_second(self, status: int) -> float:
        return self.answers.get(status, 0) / self.seconds

    def percentile(self, share: float) -> float:
        """Latency in milliseconds that `share` of the answers stayed below."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


class Generator:
    """Keep-alive connections, each with one request under way: a closed loop without threads."""

    def __init__(self, *, port: int, connections: int, request: Callable[[int], bytes]) -> None:
        self._port = port
        self._request = request
        self._count = connections
        self._poll = select.epoll()
        self._open: dict[int, tuple[socket.socket, float, bytes]] = {}
        self._sent = 0
        self._settled: set[int] = set()
        self.load = Load()

    def run(self, seconds: float, events: list[tuple[float, Callable[[], None]]] | None = None) -> Load:
        """Drive load for `seconds`; `events` are things to do at given seconds. Broken connections are opened anew."""
        events = list(events or [])
        started = time.perf_counter()
        missing = self._count
        while (elapsed := time.perf_counter() - started) < seconds:
            if events and elapsed >= events[0][0]:
                events.pop(0)[1]()
            while missing and self._connect():
                missing -= 1
            for handle, mask in self._poll.poll(0.05):
                if not self._advance(handle, mask):
                    missing += 1
        self.load.seconds = time.perf_counter() - started
        for connection, _, _ in self._open.values():
            connection.close()
        self._poll.close()
        return self.load

    def _connect(self) -> bool:
        connection = socket.socket()
        try:
            connection.connect(("127.0.0.1", self._port))
        except OSError:
            connection.close()
            return False
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._poll.register(connection.fileno(), select.EPOLLIN)
        self._send(connection)
        return True

    def _send(self, connection: socket.socket) -> None:
        self._sent += 1
        with suppress(OSError):
            connection.send(self._request(self._sent))
        self._open[connection.fileno()] = connection, time.perf_counter(), b""

    def _advance(self, handle: int, mask: int) -> bool:
        connection, begun, have = self._open[handle]
        try:
            data = connection.recv(65536)
        except OSError:
            data = b""
        if not data:
            self._poll.unregister(handle)
            self._settled.discard(handle)
            del self._open[handle]
            connection.close()
            self.load.broken += 1
            return False
        have += data
        head = have.find(b"\r\n\r\n")
        if head < 0 or len(have) < head + 4 + _length(have, head):
            self._open[handle] = connection, begun, have
            return True
        status = int(have[9:12])
        self.load.answers[status] = self.load.answers.get(status, 0) + 1
        if handle in self._settled:
            self.load.latencies.append(time.perf_counter() - begun)
        else:  # the first answer of a connection waited for 255 others to be opened
            self._settled.add(handle)
        if status == 202:
            self.load.receipts.append(have[head + 16 : head + 52])
        self._send(connection)
        return True


def _length(head: bytes, end: int) -> int:
    start = head.find(b"content-length: ", 0, end) + 16
    return int(head[start : head.find(b"\r", start)])


def contact(token: str) -> Callable[[int], bytes]:
    """Return a maker of requests: distinct senders, about 450 bytes of JSON each."""
    run = os.urandom(4).hex()
    text = json.dumps(TEXT)
    head = f"POST /v1/contacts HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n"
    head += "content-type: application/json\r\ncontent-length: %d\r\n\r\n%s"

    def request(number: int) -> bytes:
        body = f'{{"channel":"web","from":{{"email":"{run}.{number}@customer.example"}},"text":{text},"locale":"en"}}'
        return (head % (len(body), body)).encode()

    return request


class Web:
    """A server process on its own core."""

    def __init__(self, *, port: int, app: str = "holdfast.config.asgi:application", log: Path) -> None:
        self.port = port
        self._app = app
        self._log = log.open("ab")
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        server = "Server" if self._app.startswith("holdfast.") else '__import__("uvicorn").Server'
        code = (
            "import django; django.setup()\n"
            "from holdfast.kit.logging import configure; configure(json=True)\n"
            "from holdfast.config.serving import Server, configuration\n"
            f"{server}(configuration({self._app!r}, port={self.port})).run()"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=self._log,
            stderr=self._log,
            cwd=Path(__file__).parent,
            preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}),
        )

    def wait(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with suppress(OSError), urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2):
                return
            time.sleep(0.05)
        raise SystemExit("The web process did not start; see its log.")

    def kill(self) -> None:
        """SIGKILL, and a new one at once, as the supervisor would do."""
        self.process.kill()
        self.process.wait()
        self.start()

    def stop(self) -> None:
        """Stop it in peace."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def cpu(self) -> float:
        """CPU seconds used so far."""
        parts = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """The baseline: nothing but an answer."""
    if scope["type"] == "lifespan":
        for kind in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{kind}.complete"})
        return
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"5")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello"})


@contextmanager
def installation(data: Path) -> Iterator[Any]:
    """An embedded PostgreSQL with fsync on, its tables made, and this process' Django set up on it."""
    from holdfast.runtime.postgres import EmbeddedPostgres

    server = EmbeddedPostgres(data=data)
    with server.running() as url:
        os.environ |= {
            "HOLDFAST_DATA": str(data),
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "holdfast.config.settings",
        }
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0, skip_checks=True)
        yield server


def idle_seconds() -> tuple[float, float]:
    """Idle seconds so far of the server's core and of the other one."""
    idle = {}
    for line in Path("/proc/stat").read_text().splitlines():
        if line.startswith("cpu"):
            name, *ticks = line.split()
            idle[name] = int(ticks[3]) / os.sysconf("SC_CLK_TCK")
    return idle[f"cpu{SERVER_CORE}"], idle[f"cpu{CLIENT_CORE}"]


@dataclass
class Measured:
    """A server under load, in several rounds: the load of each, and CPU microseconds per answer in each."""

    web: Web
    request: Callable[[int], bytes]
    status: int
    rounds: list[Load] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    idle: list[tuple[float, float]] = field(default_factory=list)

    def round(self, *, connections: int, seconds: float) -> None:
        """Load it for a while."""
        before, idle_before = self.web.cpu(), idle_seconds()
        load = Generator(port=self.web.port, connections=connections, request=self.request).run(seconds)
        idle = [after - before for after, before in zip(idle_seconds(), idle_before, strict=True)]
        self.idle.append((idle[0] / load.seconds, idle[1] / load.seconds))
        self.rounds.append(load)
        self.cpu.append(1e6 * (self.web.cpu() - before) / max(load.answers.get(self.status, 0), 1))

    @property
    def per_second(self) -> list[float]:
        return [load.per_second(self.status) for load in self.rounds]

    def percentile(self, share: float) -> float:
        """Median over the rounds of a percentile of latency, in milliseconds."""
        return round(median(load.percentile(share) for load in self.rounds), 1)


def missing(receipts: list[bytes]) -> tuple[int, int]:
    """Return how many contacts are stored, and how many of the receipts are not among them."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM intake_contact")
        stored = cursor.fetchone()[0]
        lost = 0
        for start in range(0, len(receipts), 20_000):
            page = [receipt.decode() for receipt in receipts[start : start + 20_000]]
            cursor.execute(
                "SELECT count(*) FROM unnest(%s::uuid[]) AS said (id)"
                " WHERE NOT EXISTS (SELECT FROM intake_contact c JOIN intake_receipt r ON r.contact_id = c.id"
                " WHERE c.id = said.id)",
                [page],
            )
            lost += cursor.fetchone()[0]
    return stored, lost


def wait_drained(data: Path) -> None:
    """Wait until nothing lies in the spool."""
    deadline = time.monotonic() + 60
    while any((data / "spool").glob("*.jsonl")) and time.monotonic() < deadline:
        time.sleep(0.1)


def killed(
    part: str,
    *,
    web: Web,
    server: Any,
    token: str,
    arguments: argparse.Namespace,
    revived: list[subprocess.Popen[bytes]],
) -> dict[str, Any]:
    """Kill `part` in mid-load; returns what was acknowledged, stored and lost. A new server joins `revived`."""
    from django.db import connection

    stored_before, _ = missing([])
    connection.close()

    def kill_postgres() -> None:
        pid = int((server.directory / "postmaster.pid").read_text().split("\n")[0])
        os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)  # a zombie would keep the socket's lock, as no supervisor is here to collect it

    def start_postgres() -> None:
        server.clear_leftovers()
        with server.log_file.open("ab") as log:
            revived.append(subprocess.Popen(server.command(), env=server.environment(), stdout=log, stderr=log))

    third = arguments.seconds / 3
    events = [(third, web.kill)] if part == "web" else [(third, kill_postgres), (1.5 * third, start_postgres)]
    load = Generator(port=web.port, connections=arguments.connections, request=contact(token)).run(
        arguments.seconds, events
    )
    web.wait()
    server.wait_ready(timeout=60)
    wait_drained(server.data)
    stored, lost = missing(load.receipts)
    return {
        "killed": part,
        "acknowledged": load.answers.get(202, 0),
        "stored": stored - stored_before,
        "lost": lost,
        "answers": load.answers,
        "broken_connections": load.broken,
        "p99_ms": round(load.percentile(0.99), 1),
    }


def main() -> int:
    """Run the benchmark; prints a report and, last, one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=256)
    parser.add_argument("--port", type=int, default=8791)
    parser.add_argument("--kill", choices=["web", "postgres"], action="append", default=[])
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {CLIENT_CORE})  # PostgreSQL inherits this
    with tempfile.TemporaryDirectory(prefix="holdfast-door-") as place:
        data = Path(place)
        with installation(data) as server:
            report = run(arguments, data=data, server=server)
    print(json.dumps(report))
    good = report["lost"] == 0 and report["stored"] >= report["acknowledged"]
    return 0 if good and all(part["lost"] == 0 for part in report["after_kill"]) else 1


def run(arguments: argparse.Namespace, *, data: Path, server: Any) -> dict[str, Any]:
    """Measure hello and door in turns, so that noisy neighbours hit both; then the door with parts killed."""
    from holdfast.intake import tokens

    token = tokens.create(name="bench", scopes=["contacts:write"])
    log = data / "web.log"
    hello_web = Web(port=arguments.port, app="door:hello", log=log)
    web = Web(port=arguments.port + 1, log=log)
    hello_web.wait()
    web.wait()
    hello = Measured(hello_web, lambda _: HELLO.encode(), 200)
    door = Measured(web, contact(token), 202)
    for seconds in (0.5, *[arguments.seconds / arguments.rounds] * arguments.rounds):
        for each in (hello, door):
            each.round(connections=arguments.connections, seconds=seconds)
    for each in (hello, door):  # the first round was to warm up; its contacts count all the same below
        each.cpu.pop(0)
        each.idle.pop(0)
    hello_web.stop()
    wait_drained(data)
    receipts = [receipt for load in door.rounds for receipt in load.receipts]
    stored, lost = missing(receipts)
    for each in (hello, door):
        each.rounds.pop(0)
    report = {
        "benchmark": "door",
        "connections": arguments.connections,
        "per_second": round(median(door.per_second)),
        "baseline_hello_per_second": round(median(hello.per_second)),
        "ratio": round(median(d / h for d, h in zip(door.per_second, hello.per_second, strict=True)), 3),
        "p50_ms": door.percentile(0.5),
        "p99_ms": door.percentile(0.99),
        "baseline_p99_ms": hello.percentile(0.99),
        "cpu_us_per_contact": round(median(door.cpu), 1),
        "baseline_cpu_us": round(median(hello.cpu), 1),
        "cpu_ratio": round(median(h / d for d, h in zip(door.cpu, hello.cpu, strict=True)), 3),
        "idle_share_server_core": round(median(own for own, _ in door.idle), 2),
        "idle_share_other_core": round(median(other for _, other in door.idle), 2),
        "baseline_idle_share_server_core": round(median(own for own, _ in hello.idle), 2),
        "acknowledged": len(receipts),
        "stored": stored,
        "lost": lost,
        "other_answers": sum(sum(load.answers.values()) - load.answers.get(202, 0) for load in door.rounds),
    }
    revived: list[subprocess.Popen[bytes]] = []
    try:
        report["after_kill"] = [
            killed(part, web=web, server=server, token=token, arguments=arguments, revived=revived)
            for part in arguments.kill
        ]
    finally:
        web.stop()
        for process in revived:
            process.send_signal(signal.SIGINT)
            process.wait(20)
    for name, value in report.items():
        print(f"{name:28} {value}")
    return report


if __name__ == "__main__":
    sys.exit(main())
