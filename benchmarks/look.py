"""How long the hourly look at what was opened takes, at 240,000 openings of 500 people in twelve weeks.

Made up: a case for each opening, routed, with a word after it. Timed are gathering the facts while no day is kept (the
baseline: what every look did before days were kept, and the first one still does), gathering them an hour later, and a
whole look with its signals. Both have to find the same days.

    ./holdfast bench look [--openings 240000]
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

PEOPLE, WEEKS, SEED = 500, 12, 0.42
AT = datetime(2026, 3, 2, 10, tzinfo=UTC)

_FILL = f"""
SET session_replication_role = replica;
SELECT setseed({SEED});
INSERT INTO people_vendor (id, name, internal) VALUES (1, 'House', true);
INSERT INTO people_team (id, name, vendor_id) SELECT n, 'Team ' || n, 1 FROM generate_series(1, 34) n;
INSERT INTO desk_queue (id, slug, name, icon, position, keywords, fallback, parking)
    VALUES (1, 'all', 'All', 'inbox', 1, '{{}}', true, false);
INSERT INTO desk_queue_teams (queue_id, team_id) SELECT 1, n FROM generate_series(1, 34) n;
CREATE TEMPORARY TABLE made AS
    SELECT n, gen_random_uuid() AS id, md5('case ' || n)::uuid AS conversation, md5('customer ' || n)::uuid AS customer,
        1 + floor(random() * {PEOPLE})::int AS agent,
        %(at)s - (floor(random() * {7 * WEEKS}) || ' days')::interval - random() * interval '8 hours' AS at
    FROM generate_series(1, %(openings)s) n;
INSERT INTO people_customer (id, reference, name, address, birth_date, iban, city, locale, tier, created_at)
    SELECT customer, 'TW-' || n, '', '', '', '', (ARRAY['Cork', 'Oslo', 'Graz'])[1 + n %% 3], 'en', 'plain', at
    FROM made;
INSERT INTO guard_reveallog (id, at, agent_id, session, conversation_id, subject, customer_id, field, purpose, reason,
        outcome) SELECT id, at, agent, 'bench', conversation, '', customer, 'iban', 'payment', '', 'allowed' FROM made;
INSERT INTO guard_revealticket (log_id, expires_at, redeemed_at) SELECT id, at + interval '60 s', at FROM made;
INSERT INTO conversations_conversation (id, customer_id, channel, kind, subject, preview, last_author, locale, intent,
        state, epoch, version, last_message_at, created_at, queue_id)
    SELECT conversation, customer, 'email', 'matter', '', '', '', '', '', 'closed', 1, 1, at, at, 1 FROM made;
INSERT INTO conversations_assignment (conversation_id, agent_id, epoch, by_id, picked, started_at, ended_at)
    SELECT conversation, agent, 1, agent, n %% 100 = 0, at - interval '1 minute', at + interval '9 minutes' FROM made;
SET session_replication_role = origin;
"""


def figures(openings: int) -> dict[str, Any]:
    """Fill a server of its own and look."""
    from holdfast.runtime.postgres import EmbeddedPostgres

    with (
        tempfile.TemporaryDirectory(prefix="holdfast-bench-") as made,
        EmbeddedPostgres(data=Path(made), durable=False).running() as url,
    ):
        os.environ |= {"DATABASE_URL": url, "HOLDFAST_DATA": made, "DJANGO_SETTINGS_MODULE": "holdfast.config.settings"}
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        from django.db import connection

        try:
            with connection.cursor() as cursor:
                cursor.execute(_FILL, {"openings": openings, "at": AT})
                cursor.execute("ANALYZE")
            return looked()
        finally:
            connection.close()


def looked() -> dict[str, Any]:
    """Time a look that counts everything, one an hour later, and a whole one."""
    from holdfast.desk.watch.facts import gather
    from holdfast.desk.watch.looking import look
    from holdfast.people.models import Agent

    Agent.objects.bulk_create(
        Agent(
            id=n,
            email=f"a{n}@bench.example",
            name=f"Agent {n}",
            team_id=1 + n % 34,
            created_at=AT - timedelta(days=900),
        )
        for n in range(1, PEOPLE + 1)
    )
    took: dict[str, Any] = {}
    began = time.perf_counter()
    before = gather(AT).days
    took["everything_s"] = round(time.perf_counter() - began, 1)
    began = time.perf_counter()
    after = gather(AT).days
    took["kept_s"] = round(time.perf_counter() - began, 1)
    began = time.perf_counter()
    found = look(AT + timedelta(hours=1))
    took["look_s"] = round(time.perf_counter() - began, 1)
    return took | {
        "days": len(after),
        "same": sorted(map(repr, before)) == sorted(map(repr, after)),
        "signals": len(found.signals),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="How long the hourly look takes.")
    parser.add_argument("--openings", type=int, default=240_000)
    chosen = parser.parse_args()
    found = figures(chosen.openings)
    load = round(os.getloadavg()[0], 1)
    print(f"gathering everything anew: {found['everything_s']} s; with days kept: {found['kept_s']} s", file=sys.stderr)
    print(f"a whole look: {found['look_s']} s; load {load} on {os.cpu_count()} processors", file=sys.stderr)
    print(json.dumps({"benchmark": "look", "seed": SEED, "openings": chosen.openings, "load": load, **found}))
    sys.exit(0 if found["same"] else 1)


if __name__ == "__main__":
    main()
