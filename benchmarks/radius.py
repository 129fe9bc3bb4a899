"""Blast radius: how long a signed list takes over 2,000,000 rows of the log of reveals and 1,000,000 customers.

The rows are made up: 500 accounts, 120 days, four in five allowed and opened. Asked are a ring of 30 accounts, and all
of one employer in three. Timed is all of it: counting in the database with account references and case numbers, JSON
and CSV with their signature, and keeping them; and counting alone, without names and files. The baseline asks customer
by customer, by the index there is, whether these accounts saw anything; it is reckoned from a sample. What is found is
held against what was made. The goal: 5 s for the ring.

    python benchmarks/radius.py [--rows 2000000] [--customers 1000000] [--sample 2000]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

GOAL_S = 5.0
SEED = 0.42
AGENTS, DAYS, RING = 500, 120, 30
EMPLOYER = AGENTS // 3
START = datetime(2025, 9, 1, tzinfo=UTC)
FIELDS = "ARRAY['iban', 'address', 'birth_date', 'name', 'identity']"

_FILL = f"""
SET session_replication_role = replica;
SELECT setseed({SEED});
INSERT INTO people_customer (id, reference, name, address, birth_date, iban, city, locale, tier, created_at)
    SELECT md5('customer ' || n)::uuid, 'TW-' || n, '', '', '', '', '', '', '', now()
    FROM generate_series(1, %(customers)s) n;
CREATE TEMPORARY TABLE made AS
    SELECT gen_random_uuid() AS id, %(start)s + random() * interval '{DAYS} days' AS at,
        1 + floor(random() * {AGENTS})::int AS agent, 1 + floor(random() * %(customers)s)::int AS customer,
        ({FIELDS})[1 + floor(random() * 5)::int] AS field, random() < 0.8 AS shown
    FROM generate_series(1, %(rows)s);
INSERT INTO guard_reveallog (id, at, agent_id, session, conversation_id, subject, customer_id, field, purpose, reason,
        outcome)
    SELECT id, at, agent, 'bench', md5('case ' || customer)::uuid, '', md5('customer ' || customer)::uuid, field,
        'payment', '', CASE WHEN shown THEN 'allowed' ELSE 'no_grant' END FROM made;
INSERT INTO guard_revealticket (log_id, expires_at, redeemed_at)
    SELECT id, at + interval '60 seconds', at + interval '2 seconds' FROM made WHERE shown;
INSERT INTO conversations_conversation (id, customer_id, channel, kind, subject, preview, last_author, locale, intent,
        state, epoch, version, last_message_at, created_at)
    SELECT DISTINCT md5('case ' || customer)::uuid, md5('customer ' || customer)::uuid, 'email', 'matter', '', '',
        '', '', '', 'closed', 0, 0, now(), now() FROM made WHERE agent <= {EMPLOYER};
INSERT INTO guard_grant (id, agent_id, conversation_id, customer_id, opened_at, closed_at)
    SELECT id, agent, md5('case ' || customer)::uuid, md5('customer ' || customer)::uuid, at - interval '1 minute',
        at + interval '20 minutes' FROM made WHERE shown AND agent <= {EMPLOYER};
SET session_replication_role = origin;
"""


def fill(rows: int, customers: int) -> None:
    """Make the log, its tickets and customers, and the grants and cases of those who are asked about."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_FILL, {"rows": rows, "customers": customers, "start": START})
        cursor.execute("ANALYZE")


def expected(agents: int) -> int:
    """Return of how many customers a value was shown to the first `agents`, counted from what was made."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT customer) FROM made WHERE shown AND agent <= %s", [agents])
        found: int = cursor.fetchone()[0]
    return found


def asked(agents: int) -> dict[str, Any]:
    """Time one question in its parts."""
    from holdfast.guard.radius import counting
    from holdfast.guard.radius.contract import Class, Question
    from holdfast.incidents.radius import making

    question = Question(agents=tuple(range(1, agents + 1)), since=START, until=START + timedelta(days=DAYS + 1))
    began, worked = time.perf_counter(), time.process_time()
    made = making.make(question, by=None)
    took, worked = time.perf_counter() - began, time.process_time() - worked
    began = time.perf_counter()
    counting.count(question)
    counted, radius = time.perf_counter() - began, made.radius
    wrong = abs(radius.totals[Class.RELEASED] - expected(agents))
    return {
        "accounts": agents,
        "customers_shown": radius.totals[Class.RELEASED],
        "customers_in_all": len(radius.customers(*Class)),
        "total_s": round(took, 2),
        "python_s": round(worked, 2),
        "count_alone_s": round(counted, 2),
        "json_mb": round(len(made.files.as_json) / 1e6, 1),
        "wrong": wrong,
    }


def customer_by_customer(customers: int, sample: int) -> float:
    """Seconds for all customers, reckoned from a sample: one query each, by the index on the log's customers."""
    from django.db import connection

    began = time.perf_counter()
    with connection.cursor() as cursor:
        for number in range(1, sample + 1):
            cursor.execute(
                "SELECT l.field, min(l.at), max(l.at), count(*) FROM guard_reveallog l JOIN guard_revealticket t"
                " ON t.log_id = l.id WHERE l.customer_id = md5('customer ' || %s)::uuid AND l.agent_id = ANY(%s)"
                " AND t.redeemed_at IS NOT NULL GROUP BY 1",
                [number, list(range(1, RING + 1))],
            )
            cursor.fetchall()
    return (time.perf_counter() - began) / sample * customers


def figures(rows: int, customers: int, sample: int) -> dict[str, Any]:
    """Fill a server of its own and ask."""
    from holdfast.runtime.postgres import EmbeddedPostgres

    with (
        tempfile.TemporaryDirectory(prefix="holdfast-bench-") as made,
        EmbeddedPostgres(data=Path(made), durable=False).running() as url,  # filling it takes long enough
    ):
        os.environ |= {"DATABASE_URL": url, "HOLDFAST_DATA": made, "DJANGO_SETTINGS_MODULE": "holdfast.config.settings"}
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        from django.db import connection

        try:
            fill(rows, customers)
            return {
                "ring": asked(RING),
                "employer": asked(EMPLOYER),
                "customer_by_customer_s": round(customer_by_customer(customers, sample)),
            }
        finally:
            connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="How long a signed blast radius takes.")
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--sample", type=int, default=2_000)
    chosen = parser.parse_args()
    found = figures(chosen.rows, chosen.customers, chosen.sample)
    load = round(os.getloadavg()[0], 1)
    ring, employer = found["ring"], found["employer"]
    for name, each in (("ring", ring), ("employer", employer)):
        print(
            f"{name}: {each['accounts']} accounts, {each['customers_shown']:,} customers shown: {each['total_s']} s"
            f" (counting alone {each['count_alone_s']} s, processor in Python {each['python_s']} s);"
            f" {each['wrong']} wrong"
        )
    print(f"customer by customer: {found['customer_by_customer_s']:,} s, scaled up from {chosen.sample:,} customers")
    print(f"seed {SEED}, load {load} on {os.cpu_count()} processors")
    made = {"benchmark": "radius", "seed": SEED, "rows": chosen.rows, "customers": chosen.customers, "goal_s": GOAL_S}
    print(json.dumps({**made, "cpus": os.cpu_count(), "load": load, **found}))
    sys.exit(1 if ring["wrong"] or employer["wrong"] else 0)


if __name__ == "__main__":
    main()
