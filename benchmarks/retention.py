"""Taking out what is over: how many conversations a second, while how much stays, and what disk comes back?

    ./holdfast bench retention --conversations 100000

An embedded PostgreSQL with made-up conversations (three messages, a contact with its receipt, an attachment for one in
ten, a delivery, an assessment, two rows of its way through the line) and a customer for every twelve. A third is over
by the plan, a third is over too and goes by the baseline, a third is young; one in a hundred of what is over is on a
legal hold, drawn from `--seed`. Timed: the look, the run to its end by the worker's own code, VACUUM.

Baseline in the same run: the second third deleted with plain SQL in one transaction, with neither holds nor counts nor
places to go on from, and without customers' keys. One JSON line last.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

# One third each: over and for the plan, over and for the baseline (marked by its channel), young.
_SEED = """
CREATE TEMPORARY TABLE made AS SELECT g.n, gen_random_uuid() AS id, gen_random_uuid() AS contact,
    CASE g.n %% 3 WHEN 2 THEN now() - interval '40 days' ELSE now() - interval '900 days' END
        + g.n * interval '1 millisecond' AS at,
    CASE g.n %% 3 WHEN 1 THEN 'baseline' ELSE 'email' END AS channel, c.id AS customer,
    repeat(md5(g.n::text), 8) AS words
FROM generate_series(0, %(number)s - 1) AS g(n)
    JOIN bench_customer c ON c.n = g.n / 36 * 3 + g.n %% 3;
INSERT INTO conversations_conversation (id, number, customer_id, channel, kind, subject, preview, last_author, locale,
    intent, state, epoch, version, last_message_at, created_at)
    SELECT id, 1000000 + n, customer, channel, 'matter', 'A card', 'Where is it?', 'agent', 'en', '', 'closed', 1, 3,
        at, at FROM made;
INSERT INTO intake_contact (id, source, channel, sender, subject, text, locale, at, accepted_at, raw, payload)
    SELECT contact, 'smtp', 'email', repeat('x', 160), 'A card', words, 'en', at, at, '', '{}' FROM made;
INSERT INTO intake_receipt (contact_id, channel, state, reason, conversation_id, accepted_at, settled_at, attempts)
    SELECT contact, 'email', 'answered', '', id, at, at, 1 FROM made;
INSERT INTO conversations_message (id, conversation_id, author, internal, text, quoted, html, contact_id, details,
    version, created_at)
    SELECT gen_random_uuid(), id, CASE k WHEN 0 THEN 'customer' WHEN 1 THEN 'assistant' ELSE 'agent' END, false, words,
        '', '', CASE k WHEN 0 THEN contact END, '{}', k, at + k * interval '1 second'
    FROM made CROSS JOIN generate_series(0, 2) AS k;
INSERT INTO conversations_attachment (id, message_id, name, type, size, digest, refused)
    SELECT gen_random_uuid(), m.id, 'a.pdf', 'application/pdf', 1, '', 'size' FROM conversations_message m
    JOIN made ON made.contact = m.contact_id WHERE made.n %% 10 = 0;
INSERT INTO notify_delivery (id, message_id, channel, recipient, state, attempts, not_before, provider_id, header_id,
    error, created_at, settled_at, repeats)
    SELECT gen_random_uuid(), id, 'email', repeat('x', 120), 'sent', 1, created_at, '', '', '', created_at,
        created_at, 0 FROM conversations_message WHERE author = 'agent';
INSERT INTO conversations_place (id, conversation_id, queue_id, joined_at, band, fair_at, joined_as, left_at,
    left_because)
    SELECT gen_random_uuid(), id, 1, at, 0, at, 1, at, 'answered' FROM made;
INSERT INTO conversations_closure (conversation_id, at) SELECT id, at FROM made;
INSERT INTO conversations_threadkey (key, conversation_id, seen) SELECT 'mail:' || id, id, true FROM made;
INSERT INTO shield_assessment (contact_id, conversation_id, customer_id, level, is_machine, at, challenge, traits,
    model_version, band, score, friction, reasons)
    SELECT contact, id, customer, 1, false, at, '', '{"words": [1, 2, 3, 4, 5, 6, 7, 8]}', 1, 0, 0, 'none',
        '[]' FROM made;
"""
_PLAIN = """
CREATE TEMPORARY TABLE going AS SELECT id FROM conversations_conversation WHERE channel = 'baseline'
    AND state = 'closed' AND last_message_at < now() - interval '730 days';
CREATE TEMPORARY TABLE with_contact AS SELECT contact_id FROM conversations_message
    WHERE conversation_id IN (SELECT id FROM going) AND contact_id IS NOT NULL;
DELETE FROM notify_delivery USING conversations_message m
    WHERE m.id = message_id AND m.conversation_id IN (SELECT id FROM going);
DELETE FROM conversations_attachment USING conversations_message m
    WHERE m.id = message_id AND m.conversation_id IN (SELECT id FROM going);
DELETE FROM conversations_message WHERE conversation_id IN (SELECT id FROM going);
DELETE FROM conversations_place WHERE conversation_id IN (SELECT id FROM going);
DELETE FROM conversations_closure WHERE conversation_id IN (SELECT id FROM going);
DELETE FROM conversations_threadkey WHERE conversation_id IN (SELECT id FROM going);
DELETE FROM shield_assessment WHERE conversation_id IN (SELECT id FROM going);
DELETE FROM conversations_conversation WHERE id IN (SELECT id FROM going);
DELETE FROM intake_receipt WHERE contact_id IN (SELECT contact_id FROM with_contact);
DELETE FROM intake_contact WHERE id IN (SELECT contact_id FROM with_contact);
"""
ROWS = 12.1
"""Rows of one conversation in all tables."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    from holdfast.runtime.postgres import EmbeddedPostgres

    with ExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-bench-"))
        url = stack.enter_context(EmbeddedPostgres(data=Path(place)).running())
        os.environ |= {"DATABASE_URL": url, "HOLDFAST_DATA": place}
        os.environ["DJANGO_SETTINGS_MODULE"] = "holdfast.config.settings"
        _prepare()
        _say(f"{given.conversations:,} conversations, seed {given.seed}")
        _made_up(given)
        told = _measured(given)
    print(json.dumps({"benchmark": "retention", "conversations": given.conversations, "seed": given.seed} | told))
    return 0


def _prepare() -> None:
    import django
    import structlog

    django.setup()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def _made_up(given: argparse.Namespace) -> None:
    from django.db import connection

    from holdfast.people.models import Customer

    old, number = datetime.now(UTC) - timedelta(days=1_000), given.conversations // 12 + 3
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE bench_customer (n int PRIMARY KEY, id uuid)")
        for start in range(0, number, 1_000):
            some = [Customer(name="Somebody", created_at=old) for _ in range(min(1_000, number - start))]
            Customer.objects.bulk_create(some)
            cursor.execute(
                "INSERT INTO bench_customer SELECT %s + place - 1, id"
                " FROM unnest(%s::uuid[]) WITH ORDINALITY AS u(id, place)",
                [start, [each.pk for each in some]],
            )
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE guard_datakey SET made_at = %s", [old])
        cursor.execute(_SEED, {"number": given.conversations})
        cursor.execute("SET session_replication_role = origin")
        draw = random.Random(given.seed)
        cursor.execute("SELECT id FROM conversations_conversation WHERE channel = 'email' ORDER BY number")
        held = [row[0] for row in cursor.fetchall() if draw.random() < 0.01]
    from holdfast.retention.models import Hold

    now = datetime.now(UTC)
    Hold.objects.bulk_create([Hold(conversation_id=each, why="Made up", at=now, by_id=1) for each in held])
    _maintained("ANALYZE")


def _measured(given: argparse.Namespace) -> dict[str, Any]:
    from django.db import connection, transaction

    from holdfast.kit import clock
    from holdfast.retention import looking, plan, working
    from holdfast.retention.models import Look

    full = _megabytes()
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_PLAIN)
    baseline = time.perf_counter() - began
    clock.set_source(lambda: datetime.now(UTC) - timedelta(days=2))
    look_id = looking.look(days=plan.DEFAULT, by=1)
    plan.keep(look_id=look_id, by=1)
    clock.set_source(None)
    look = Look.objects.get(pk=look_id)
    began, worked = time.perf_counter(), working.work(seconds=3_600)
    seconds = time.perf_counter() - began
    filled = _megabytes()
    began = time.perf_counter()
    _maintained("VACUUM (ANALYZE)")
    vacuumed, after = time.perf_counter() - began, _megabytes()
    _maintained("VACUUM FULL")
    went, third = worked.went["cases"], given.conversations // 3
    return {
        "went": dict(worked.went),
        "held": look.found["cases"]["held"],
        "look_seconds": look.seconds,
        "run_seconds": round(seconds, 1),
        "conversations_per_second": round(went / seconds),
        "rows_per_second": round(went * ROWS / seconds),
        "batches": worked.batches,
        "baseline_plain_sql_seconds": round(baseline, 1),
        "baseline_conversations_per_second": round(third / baseline),
        "megabytes": {"full": full, "after_run": filled, "after_vacuum": after, "after_vacuum_full": _megabytes()},
        "vacuum_seconds": round(vacuumed, 1),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }


def _maintained(statement: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)


def _megabytes() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database()) / 1048576")
        return int(cursor.fetchone()[0])


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
