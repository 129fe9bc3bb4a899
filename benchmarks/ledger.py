"""The log of reveals: how long an auditor's whole check of it takes, and how fast it takes in what the gate committed.

The audit is `holdfast-verify full` as its own process on a bundle of made-up entries in the log's own encoding: form,
order, hashes, root, times and the rule that every release has one request. The baseline is a hash chain over the same
lines, which proves less: no single entry without all the others, and no growth from one checkpoint to the next.
Appending is the real sequencer on a durable PostgreSQL, in batches and one at a time. The goal: 1,000,000 entries
audited in under 15 s.

    python benchmarks/ledger.py [--entries 1000000] [--appended 20000]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

GOAL_S = 15.0
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ONE_BY_ONE = 300


def bundle(folder: Path, count: int) -> None:
    """Write a bundle: of four entries one is denied, one granted and unused, one granted and released."""
    from holdfast.guard.ledger import holdfast_verify
    from holdfast.guard.ledger.entries import Happening, Kind, Salts, Told, encoded
    from holdfast.guard.ledger.merkle import leaf_hash
    from holdfast.guard.ledger.notes import Checkpoint, Note, Signer

    tree, asked = holdfast_verify.Tree(), UUID(int=0)
    told = Told("7", "s" * 16, str(uuid4()), str(uuid4()), f"people_customer.iban.{uuid4()}", str(uuid4()), "payment\n")
    with (folder / "entries").open("wb") as file:
        for index in range(count):
            at, which = START + timedelta(seconds=index / 10), index % 4
            own = asked if which == 3 else UUID(int=index + 1)
            kind = Kind.RELEASED if which == 3 else Kind.ASKED
            what = ("no_grant", "allowed", "allowed", "shown")[which]
            cites = asked if which == 3 else None
            entry = encoded(
                index=index,
                sequenced_at=at,
                happening=Happening(kind, own, at, what, "iban", "payment", cites, told),
                salts=Salts.fresh(),
            )
            asked = own
            tree.add(leaf_hash(entry))
            file.write(entry + b"\n")
    signer = Signer.log(origin="bench.example/ledger", seed=b"bench")
    checkpoint = Checkpoint(signer.name, count, tree.root())
    (folder / "checkpoint").write_text(str(Note(checkpoint, signer.sign(checkpoint, at=START))))
    (folder / "keys").write_text("".join(f"{key}\n" for key in signer.keys))


def audit(folder: Path) -> tuple[float, float]:
    """Seconds of the whole check, the process and its start included: by the clock, and of one processor."""
    from holdfast.guard.ledger import holdfast_verify

    began, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run(
        [sys.executable, holdfast_verify.__file__, "full", str(folder), "--keys", str(folder / "keys")],
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    if run.returncode != 0:
        sys.exit(run.stdout + run.stderr)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime


def chain(folder: Path) -> tuple[float, float]:
    """Seconds of a hash chain over the same lines: by the clock, and of the processor."""
    began, used, last = time.perf_counter(), time.process_time(), b""
    with (folder / "entries").open("rb") as file:
        for line in file:
            last = hashlib.sha256(last + line).digest()
    return time.perf_counter() - began, time.process_time() - used


def rows(count: int) -> None:
    """Rows of the reveal log, committed; triggers note each."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO guard_reveallog (id, at, agent_id, session, conversation_id, subject, customer_id, field,"
            " purpose, reason, outcome) SELECT gen_random_uuid(), now(), 7, 'bench', gen_random_uuid(),"
            " 'people_customer.iban.' || gen_random_uuid(), gen_random_uuid(), 'iban', 'payment', '', 'no_grant'"
            " FROM generate_series(1, %s)",
            [count],
        )


def appended(count: int) -> dict[str, Any]:
    """Entries a second by the real sequencer, signatures included, in batches and with a checkpoint for each entry."""
    from holdfast.guard.ledger import checking, sequencer

    rows(count)
    began = time.perf_counter()
    while sequencer.step():
        pass
    batches = time.perf_counter() - began
    taken = []
    for _ in range(ONE_BY_ONE):
        rows(1)
        began = time.perf_counter()
        sequencer.step()
        taken.append(time.perf_counter() - began)
    taken.sort()
    began = time.perf_counter()
    faults = checking.check().faults
    return {
        "appended": count,
        "append_per_s": round(count / batches),
        "append_one_p50_ms": round(1000 * taken[len(taken) // 2], 1),
        "append_one_p95_ms": round(1000 * taken[int(len(taken) * 0.95)], 1),
        "house_check_s": round(time.perf_counter() - began, 2),
        "faults": len(faults),
    }


def on_a_database(count: int) -> dict[str, Any]:
    """Run `appended` on a durable server of its own."""
    from holdfast.runtime.postgres import EmbeddedPostgres

    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as made:
        data = Path(made)
        with EmbeddedPostgres(data=data).running() as url:
            os.environ |= {"DATABASE_URL": url, "HOLDFAST_DATA": made}
            import django
            from django.core.management import call_command

            os.environ["DJANGO_SETTINGS_MODULE"] = "holdfast.config.settings"
            django.setup()
            call_command("migrate", verbosity=0)
            try:
                return appended(count)
            finally:
                from django.db import connection

                connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Audit and append rates of the log of reveals.")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--appended", type=int, default=20_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as made:
        folder = Path(made)
        bundle(folder, chosen.entries)
        (whole, whole_cpu), (alone, alone_cpu) = audit(folder), chain(folder)
        megabytes = (folder / "entries").stat().st_size / 1e6
    figures = {
        "benchmark": "ledger",
        "entries": chosen.entries,
        "bundle_mb": round(megabytes),
        "audit_s": round(whole, 2),
        "audit_cpu_s": round(whole_cpu, 2),
        "audit_goal_s": GOAL_S,
        "hash_chain_s": round(alone, 2),
        "hash_chain_cpu_s": round(alone_cpu, 2),
        "cpus": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        **on_a_database(chosen.appended),
    }
    print(f"{chosen.entries:,} entries audited in {whole:.1f} s; a hash chain alone {alone:.1f} s.")
    print(f"{figures['append_per_s']:,} entries a second appended.")
    print(f"One entry with its checkpoint: {figures['append_one_p50_ms']} ms in half of the cases.")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
