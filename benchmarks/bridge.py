"""What a busy day costs the bridge: 100,000 matters today, 40 messages of people a minute, four weeks of usual.

    ./holdfast bench bridge [--matters 100000]

Starts a database of its own, fills it with made-up matters, and measures the parts of the page that look at what
people ask and at hard conversations, and what the worker spends a minute. Beside it, in the same run, the plain way:
reading and sorting the day's words for every page. One JSON line last.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from holdfast.runtime.postgres import EmbeddedPostgres

SAYS = (
    "Where is my transfer of Monday? It should be there by now.",
    "My card was declined at the shop, why?",
    "I was charged twice for the same thing",
    "I am worried, is my money safe with you?",
    "I cannot sign in to the app since the update",
    "How do I change the address on my account",
    "The exchange rate in the list is not the one I paid",
)
NOISE = [
    f"{first}{last}" for first in ("bar", "len", "mor", "tis", "vel", "dun") for last in ("ka", "ro", "mit", "son")
]
AGENTS = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--matters", type=int, default=100_000, help="matters of the day")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as directory:
        server = EmbeddedPostgres(data=Path(directory), durable=False)
        with server.running() as address:
            os.environ |= {"DATABASE_URL": address, "HOLDFAST_DATA": directory}
            os.environ["DJANGO_SETTINGS_MODULE"] = "holdfast.config.settings"
            import django
            from django.core.management import call_command

            django.setup()
            call_command("migrate", verbosity=0)
            print(json.dumps({"benchmark": "bridge", **measure(options.matters)}))


def milliseconds(work: Callable[[], object], *, times: int = 5) -> float:
    """The middle of several runs, by the clock on the wall."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - started))
    return round(sorted(taken)[len(taken) // 2], 1)


def measure(matters: int) -> dict[str, object]:
    from holdfast.bridge import asking, happens, hard
    from holdfast.bridge.models import Asking
    from holdfast.kit.clock import now

    moment = now()
    fill(moment, matters=matters, hours=10)
    for week in (1, 2, 3, 4):
        fill(moment - timedelta(weeks=week), matters=matters // 5, hours=2)
    work_lately(moment)
    first = milliseconds(asking.add_up, times=1)
    again = []
    for _ in range(3):
        Asking.objects.update(until=moment - timedelta(minutes=2))
        again.append(milliseconds(asking.add_up, times=1))

    def page() -> object:
        found = asking.page()
        return found and happens.topic_lines(found, judged=True)

    def rows() -> object:
        hard.forget()
        return hard.rows({})

    def plainly() -> object:
        asking.forget()
        Asking.objects.update(until=moment - timedelta(minutes=2))
        return asking.add_up()

    found = asking.page()
    figures: dict[str, object] = {
        "matters_today": matters,
        "topics": [] if found is None else [(row.title, row.today, row.usual) for row in found.topics],
        "page_topics_ms": milliseconds(page),
        "page_hard_rows_ms": milliseconds(rows),
        "page_hard_rows_within_half_a_minute_ms": milliseconds(lambda: hard.rows({})),
        "worker_first_ms": first,
        "worker_each_minute_ms": sorted(again)[1],
        "plainly_for_every_page_ms": milliseconds(plainly, times=1),
    }
    for name, value in figures.items():
        print(f"{name}: {value}")
    return figures


def fill(until: datetime, *, matters: int, hours: int) -> None:
    """So many matters, evenly over the hours before a moment."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "WITH made AS (INSERT INTO conversations_conversation (id, channel, kind, subject, preview, last_author,"
            "  locale, intent, state, queue_id, epoch, version, created_at, last_message_at)"
            " SELECT gen_random_uuid(), 'chat', 'matter', '', '', 'customer', 'en', '', 'closed', 1 + n %% 6, 0, 1,"
            "  at, at FROM (SELECT n, %(until)s - random() * %(span)s::interval AS at"
            "   FROM generate_series(1, %(matters)s) AS n) AS moment RETURNING id, created_at)"
            " INSERT INTO conversations_message (id, conversation_id, author, internal, text, quoted, html, details,"
            "  version, created_at)"
            " SELECT gen_random_uuid(), id, 'customer', false,"
            "  concat_ws(' ', (%(says)s::text[])[1 + floor(random() * 7)],"
            "  (SELECT string_agg(word, ' ') FROM unnest(%(noise)s::text[]) AS word"
            "   WHERE random() < 0.05 AND id IS NOT NULL)), '', '', '{}', 1, created_at FROM made",
            {"until": until, "span": f"{hours} hours", "matters": matters, "says": list(SAYS), "noise": NOISE},
        )


def work_lately(until: datetime) -> None:
    """Replies of the last four hours: each person answers a matter every seven or eight minutes."""
    from holdfast.conversations.models import Conversation, Message
    from holdfast.people.models import Agent

    agents = Agent.objects.bulk_create(Agent(email=f"a{n}@desk.example", name=f"A {n}") for n in range(AGENTS))
    cases = list(Conversation.objects.order_by("-created_at")[: AGENTS * 32])
    Message.objects.bulk_create(
        Message(
            conversation=one,
            author="agent",
            agent=agents[n % AGENTS],
            text="Here it is.",
            created_at=until - timedelta(minutes=7.5 * (n // AGENTS), seconds=n % AGENTS),
        )
        for n, one in enumerate(cases)
    )
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    main()
