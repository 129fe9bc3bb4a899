"""Seeing one value through the gate: how long does an agent wait, and how many a second can a desk take?

    ./holdfast bench guard --clients 8 --seconds 10

An embedded PostgreSQL of its own that waits for the disk, as in production. One reveal is what the desk does: ask
(decided, logged and committed), redeem (spent and committed), then the value is opened. `gate` does it in one call as
the desk does, `two_calls` with a call for each half. Each client is a process with a connection of its own and cases of
its own. `compare` is a try to compare, which commits twice as well.

Baselines in the same run: the value read and opened without the gate (no log, no grant), and a log row written in the
same transaction as the value is read (what a rollback undoes). `--sections` names which parts run; others add theirs to
`SECTIONS`. One JSON line last.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CUSTOMERS = 400
IBAN = "NL91ABNA0417164300"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--single", type=int, default=500, help="reveals of one client, for the latency")
    parser.add_argument("--sections", default="", help="names with commas; empty: all")
    parser.add_argument("--client", default="", help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    given = _arguments()
    if given.client:
        return _client(given)
    from holdfast.runtime.postgres import EmbeddedPostgres

    place = tempfile.TemporaryDirectory(prefix="holdfast-bench-")
    with place, EmbeddedPostgres(data=Path(place.name)).running() as url:
        os.environ |= {"DATABASE_URL": url, "HOLDFAST_DATA": place.name}
        os.environ["DJANGO_SETTINGS_MODULE"] = "holdfast.config.settings"
        _prepare()
        wanted = [name for name in given.sections.split(",") if name] or list(SECTIONS)
        results = {name: SECTIONS[name](given) for name in wanted}
    print(json.dumps({"benchmark": "guard", "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1), **results}))
    return 0


def _prepare() -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from holdfast.guard import roles
    from holdfast.guard.models import Grant
    from holdfast.kit.clock import now
    from holdfast.people.models import Customer

    started = time.perf_counter()
    call_command("migrate", verbosity=0, interactive=False)
    for number in range(CUSTOMERS):
        customer = Customer.objects.create(name="Ayu Zuurmarker", iban=IBAN)
        case = {"conversation_id": customer.pk, "customer_id": customer.pk}
        Grant.objects.create(agent_id=number % 64, **case, opened_at=now())
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_log (id uuid PRIMARY KEY, at timestamptz, agent_id bigint, subject text)")
    roles.separate()
    connection.close()
    print(f"Prepared {CUSTOMERS} customers in {time.perf_counter() - started:.0f} s.", file=sys.stderr)


def reveals_section(given: argparse.Namespace) -> dict[str, Any]:
    """Latency of one client, then what all clients do together, for the gate and for each baseline.

    `per_core_second`: acts divided by the CPU seconds of clients and database together, which other work on the machine
    changes little.
    """
    results: dict[str, Any] = {}
    server = _server()
    for way in ("gate", "two_calls", "compare", "without", "same_transaction"):
        before = _cpu(server)
        alone = _run(way, clients=1, count=given.single, seconds=60.0)
        together = _run(way, clients=given.clients, count=0, seconds=given.seconds)
        acts = len(alone["times"]) + len(together["times"])
        results[way] = {
            "p50_ms": _ms(alone["times"], 50),
            "p95_ms": _ms(alone["times"], 95),
            "busy_p95_ms": _ms(together["times"], 95),
            "per_second": round(len(together["times"]) / given.seconds),
            "per_core_second": round(acts / (_cpu(server) - before + alone["cpu"][0] + together["cpu"][0])),
        }
        print(f"{way:<17} {results[way]}", file=sys.stderr)
    return results


SECTIONS: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {"reveals": reveals_section}


def _ms(times: list[float], percentile: int) -> float:
    return round(statistics.quantiles(times, n=100)[percentile - 1] * 1_000, 2)


def _server() -> int:
    """Return the process number of the database server."""
    return int((Path(os.environ["HOLDFAST_DATA"]) / "postgres" / "postmaster.pid").read_text().split()[0])


def _cpu(server: int) -> float:
    """Return the CPU seconds of the server and of all its processes, also those that have ended (Linux only)."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, fields = int(stat.parent.name), stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if number == server or int(fields[1]) == server:
            total += sum(int(each) for each in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    return total


def _run(way: str, *, clients: int, count: int, seconds: float) -> dict[str, list[float]]:
    """Run clients that begin together; return the seconds of every single act."""
    command = [sys.executable, __file__, "--client", way, "--single", str(count), "--seconds", str(seconds)]
    processes = [
        subprocess.Popen([*command, "--number", str(n)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for n in range(clients)
    ]
    times: list[float] = []
    cpu = 0.0
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        times, cpu = times + told["times"], cpu + told["cpu"]
        assert process.wait() == 0
    return {"times": times, "cpu": [cpu]}


def _client(given: argparse.Namespace) -> int:
    import django

    if given.client not in {"without", "same_transaction"}:  # what no gate guards, only the owner can read
        os.environ["DATABASE_URL"] = os.environ["DATABASE_URL"].replace("//holdfast@", "//holdfast_app@")
    django.setup()
    from holdfast.guard import gate
    from holdfast.people.models import Customer

    gate.keep(1)
    mine = list(Customer.objects.order_by("pk"))[given.number :: max(8, given.number + 1)]
    act = {
        "gate": _reveal,
        "two_calls": _two_calls,
        "compare": _compare,
        "without": _without,
        "same_transaction": _same,
    }[given.client]
    for customer in mine[:3]:
        act(customer)
    print("ready", flush=True)
    sys.stdin.readline()
    times: list[float] = []
    cpu = time.process_time()
    ends = time.perf_counter() + given.seconds
    while time.perf_counter() < ends and (not given.single or len(times) < given.single):
        customer = mine[len(times) % len(mine)]
        started = time.perf_counter()
        act(customer)
        times.append(time.perf_counter() - started)
    cpu = time.process_time() - cpu
    print(json.dumps({"times": [round(each, 6) for each in times], "cpu": cpu}), flush=True)
    return 0


def _asking(customer: Any) -> dict[str, Any]:
    from holdfast.guard.models import Grant

    agents = _asking.__dict__.setdefault("agents", {})
    if customer.pk not in agents:
        agents[customer.pk] = Grant.objects.get(customer_id=customer.pk).agent_id
    return {"agent_id": agents[customer.pk], "session_key": "bench"}


def _reveal(customer: Any) -> None:
    from holdfast.guard import reveals

    case = {"conversation_id": customer.pk, "customer_id": customer.pk}
    shown = reveals.reveal(**_asking(customer), **case, sealed=customer.iban, field="iban", purpose="payment")
    assert isinstance(shown, reveals.Value), shown
    assert shown.value == IBAN


def _two_calls(customer: Any) -> None:
    from holdfast.guard import reveals

    who, sealed = _asking(customer), customer.iban
    case = {"conversation_id": customer.pk, "customer_id": customer.pk}
    ticket = reveals.request(**who, **case, sealed=sealed, field="iban", purpose="payment")
    assert isinstance(ticket, reveals.Ticket), ticket
    assert reveals.redeem(ticket=ticket, **who, sealed=sealed) == IBAN


def _compare(customer: Any) -> None:
    """Also refusals count: after three tries each is one, logged and committed like the others."""
    from holdfast.guard import reveals

    case = {"conversation_id": customer.pk, "customer_id": customer.pk}
    try:
        assert reveals.compare(**_asking(customer), **case, sealed=customer.iban, field="iban", typed="4300")
    except reveals.Denied as denied:
        if denied.outcome != "tries_used":
            raise


def _without(customer: Any) -> None:
    """As whoever owns the database could: read the value, then its key, and open it."""
    from django.db import connection

    from holdfast.guard.fields import stored
    from holdfast.guard.opening import opened_with

    with connection.cursor() as cursor:
        cursor.execute("SELECT iban FROM people_customer WHERE id = %s", [customer.pk])
        (token,) = cursor.fetchone()
        cursor.execute("SELECT wrapped FROM guard_datakey WHERE id = %s", [customer.pk])
        (wrapped,) = cursor.fetchone()
    assert opened_with(stored(token, customer.iban.subject), wrapped) == IBAN


def _same(customer: Any) -> None:
    from django.db import connection, transaction

    from holdfast.kit.ids import uuid7

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_log VALUES (%s, now(), 1, %s)", [uuid7(), customer.iban.subject])
        _without(customer)


if __name__ == "__main__":
    sys.exit(main())
