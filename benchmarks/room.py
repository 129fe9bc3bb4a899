"""The waiting room with 1,000,000 people in one line, beside the same verbs with 1,000 in it.

Synthetic conversations wait in one queue, spread over twelve bands and a day, on an embedded server of its own. Timed:
giving an agent the next case, letting a batch of 100 join, telling somebody where they stand, and giving 100 another
rank. `count(*)` over those ahead is the plain way of telling where somebody stands, for comparison.

    python benchmarks/room.py [--waiting 1000000] [--rounds 200]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

BASELINE = 1_000
BATCH = 100
GOAL_MS = 50.0

SEED_SQL = """
CREATE FUNCTION pg_temp.v7(at timestamptz) RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' ||
          substr(md5(random()::text), 1, 3) || 'a' || substr(md5(random()::text), 1, 15))::uuid $$;
CREATE TEMP TABLE made AS SELECT at, pg_temp.v7(at) AS id, floor(12 * power(random(), 2))::int AS band
FROM (SELECT now() - interval '1 day' * (1 - i::float / %(count)s) AS at FROM generate_series(1, %(count)s) AS i) AS x;
INSERT INTO conversations_conversation (id, channel, kind, subject, preview, last_author, locale, intent, state,
  queue_id, epoch, version, waiting_since, last_message_at, created_at)
SELECT id, 'email', 'matter', '', 'Where is my card?', 'customer', 'en', '', 'open', %(queue)s, 0, 1, at, at, at
FROM made;
INSERT INTO conversations_place (id, conversation_id, queue_id, joined_at, band, fair_at, joined_as, left_because)
SELECT pg_temp.v7(at), id, %(queue)s, at, band, at, 1, '' FROM made;
INSERT INTO conversations_linecount (queue_id, band, minute, waiting)
SELECT %(queue)s, band, date_trunc('minute', at), count(*) FROM made GROUP BY 2, 3;
DROP TABLE made; DROP FUNCTION pg_temp.v7;
"""


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--waiting", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=200, help="Timed calls of each verb.")
    return parser.parse_args(arguments)


def prepare(url: str, data: Path) -> tuple[int, int]:
    """Load Django on a fresh database; return a queue and an agent."""
    os.environ |= {
        "DATABASE_URL": url,
        "HOLDFAST_DATA": str(data),
        "DJANGO_SETTINGS_MODULE": "holdfast.config.settings",
    }
    import django

    django.setup()
    from django.apps import apps
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    queue = apps.get_model("desk", "Queue").objects.create(slug="line", name="Line", fallback=True)
    agent = apps.get_model("people", "Agent").objects.create_user("a@bench.example", name="A", role="lead")
    return queue.pk, agent.pk


def fill(queue: int, count: int) -> None:
    """Let `count` more wait in line. The triggers' own work is done by the statement: row by row it takes minutes."""
    import psycopg
    from django.db import connection

    from holdfast.conversations.line import compact

    started = time.perf_counter()
    with connection.cursor() as cursor, psycopg.ClientCursor(connection.connection) as client:
        sql = client.mogrify(SEED_SQL, {"queue": queue, "count": count})
        cursor.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        cursor.execute(sql)
        cursor.execute("RESET session_replication_role; RESET synchronous_commit")
        cursor.execute("VACUUM ANALYZE")
    compact()
    print(f"{count:,} joined the line in {time.perf_counter() - started:.0f} s", file=sys.stderr)


def measure(queue: int, agent: int, *, rounds: int) -> dict[str, dict[str, float]]:
    """Return p50 and p95 of each verb in milliseconds, with the line as it is."""
    from holdfast.conversations.assignments import take_next
    from holdfast.conversations.line import Rank, compact, rank_many
    from holdfast.conversations.places import ToJoin, join_many, standing
    from holdfast.kit.clock import now

    chance = random.Random(7)
    some = _some_in_line(queue, 4 * rounds)
    new = _not_in_line(queue, BATCH * (rounds // 10))

    def join_hundred() -> None:
        batch = [new.pop() for _ in range(BATCH)]
        join_many([ToJoin(each, queue, now(), Rank(chance.randrange(12))) for each in batch])

    def rank_hundred() -> None:
        rank_many({each: Rank(chance.randrange(12)) for each in chance.sample(some, BATCH)})

    few = max(rounds // 10, 1)
    found = {
        "standing": timed(lambda: standing(conversation_id=chance.choice(some)), rounds),
        "count(*), the plain way": timed(lambda: _counted(chance.choice(some)), few),
        "join_many of 100": timed(join_hundred, few),
        "rank_many of 100": timed(rank_hundred, few),
        "take_next": timed(lambda: take_next(agent_id=agent, queue_ids=[queue]), rounds),
        "standing, after all that": timed(lambda: standing(conversation_id=chance.choice(some)), rounds),
    }
    return found | {"compact": timed(compact, 1)}


def timed(call: Callable[[], object], rounds: int) -> dict[str, float]:
    """Return p50 and p95 of `rounds` calls, in milliseconds."""
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        taken.append((time.perf_counter() - started) * 1000)
    cuts = statistics.quantiles(taken, n=20, method="inclusive") if len(taken) > 1 else taken * 19
    return {"p50": round(cuts[9], 2), "p95": round(cuts[18], 2)}


def _some_in_line(queue: int, number: int) -> list[UUID]:
    from holdfast.conversations.models import Place

    rows = Place.objects.filter(queue_id=queue, left_at=None).order_by("id")
    return list(rows.values_list("conversation_id", flat=True)[:number])


def _not_in_line(queue: int, number: int) -> list[UUID]:
    """Make conversations that stand nowhere yet."""
    from holdfast.conversations.models import Conversation
    from holdfast.kit.clock import now

    rows = [
        Conversation(channel="email", queue_id=queue, waiting_since=now(), last_message_at=now(), created_at=now())
        for _ in range(number)
    ]
    Conversation.objects.bulk_create(rows)
    return [row.pk for row in rows]


def _counted(conversation_id: UUID) -> int:
    """Tell how many stand before somebody by counting them one by one."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM conversations_place AS own JOIN conversations_place AS other"
            " ON other.queue_id = own.queue_id AND other.left_at IS NULL"
            " AND (other.band, other.fair_at, other.id) < (own.band, own.fair_at, own.id)"
            " WHERE own.conversation_id = %s AND own.left_at IS NULL",
            [conversation_id],
        )
        return int(cursor.fetchone()[0])


def main() -> int:
    chosen = parse(sys.argv[1:])
    from holdfast.runtime.postgres import EmbeddedPostgres

    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as directory:
        postgres = EmbeddedPostgres(data=Path(directory))
        with postgres.running() as url:
            queue, agent = prepare(url, Path(directory))
            result: dict[str, object] = {"benchmark": "room", "unit": "ms", "goal_p95": GOAL_MS}
            result["load_before"] = round(os.getloadavg()[0], 1)  # other work on the machine makes figures worse
            fill(queue, BASELINE)
            small = measure(queue, agent, rounds=min(chosen.rounds, BASELINE // 5))
            fill(queue, chosen.waiting)
            large = measure(queue, agent, rounds=chosen.rounds)
            from django.db import connection

            from holdfast.conversations.line import drift

            off = drift()

            connection.close()
    for name, taken in large.items():
        base = small[name]
        print(
            f"{name:26} p50 {taken['p50']:8.2f}  p95 {taken['p95']:8.2f}"
            f"   with {BASELINE:,}: {base['p50']:6.2f} {base['p95']:6.2f}"
        )
    worst = max(
        large[name]["p95"] for name in ("take_next", "join_many of 100", "standing", "standing, after all that")
    )
    result |= {"waiting": chosen.waiting, "baseline": small, "large": large, "drift": off}
    result["ok"] = worst < GOAL_MS and off == 0
    print(json.dumps(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
