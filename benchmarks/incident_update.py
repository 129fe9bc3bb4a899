"""One published update answers every conversation linked to an incident: how long until each has it.

Synthetic contacts in three languages, mail and chat, come in through the real door and the real triage; the update goes
out through one worker process on a durable PostgreSQL of its own, with receipts, deliveries and events. Three updates:
one undisturbed, one in which the worker is killed (SIGKILL) mid-way and a new one started, and the last, `resolved`,
which closes them all. The baseline is the same answer given to each conversation one at a time, as the desk would.
The goal: 10,000 answered in under 60 s; nobody twice, nobody not at all.

    python benchmarks/incident_update.py [--conversations 10000]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

GOAL_S = 60.0
BASELINE = 300
TEXTS = {
    "en": "Card payments are declined. We are sorry. Your money is safe. We are looking into it.",
    "id": "Pembayaran kartu ditolak. Kami mohon maaf. Uang Anda aman. Kami sedang memeriksanya.",
    "pt-br": "Pagamentos com cartão são recusados. Pedimos desculpas. Seu dinheiro está seguro. Estamos verificando.",
}
SAID = {
    "en": "My card was declined at shop {n}, what is going on?",
    "id": "Kartu saya ditolak di toko {n}, ada apa?",
    "pt-br": "Meu cartão foi recusado na loja {n}, o que aconteceu?",
}


def prepare() -> None:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "holdfast.config.settings"
    django.setup()


def work() -> None:
    """What the worker's job does, until nothing is left."""
    prepare()
    from holdfast.incidents.answering import answer_due

    while answer_due():
        pass


def arrive(number: int) -> list[UUID]:
    """Let customers write, and triage them; return their conversations."""
    from holdfast.intake.accept import accept_now
    from holdfast.intake.contact import Incoming
    from holdfast.intake.models import Receipt
    from holdfast.triage import loop

    languages = list(SAID)
    for start in range(0, number, 500):
        accept_now(
            [
                Incoming(
                    channel="email" if n % 5 < 3 else "chat",
                    source="bench",
                    sender={"email": f"person{n}@post.example"} if n % 5 < 3 else {"chat": f"session-{n}"},
                    text=SAID[languages[n % 3]].format(n=n),
                    locale=languages[n % 3],
                    payload={} if n % 5 < 3 else {"thread": [f"chat:session-{n}"], "thread_own": [f"chat:session-{n}"]},
                )
                for n in range(start, min(start + 500, number))
            ]
        )
    while loop.once():
        pass
    return list(Receipt.objects.values_list("conversation_id", flat=True).distinct())


def house() -> tuple[int, Any]:
    """A lead, queues, a component."""
    from holdfast.desk.models import Queue
    from holdfast.incidents import components
    from holdfast.people.models import Agent

    Queue.objects.create(slug="cards", name="Cards", fallback=True)
    Queue.objects.create(slug="parking", name="Parking", parking=True)
    lead = Agent.objects.create_user("lead@desk.example", name="Lea Lead", role="lead")
    return lead.pk, components.add(name="Card payments", by=lead.pk)


def publish(incident_id: UUID, *, by: int, status: str, component: UUID) -> UUID:
    from holdfast.incidents import answering, updates
    from holdfast.kit.clock import now

    over = status == "resolved"
    drafted = updates.draft(
        incident_id=incident_id,
        by=by,
        status=status,
        texts={locale: f"{status.capitalize()}. {text}" for locale, text in TEXTS.items()},
        next_update_due=None if over else now() + timedelta(minutes=30),
        components={component: "operational" if over else "major_outage"},
    )
    updates.publish(update_id=drafted.id, version=drafted.version, by=by)
    answering.begin(update_id=drafted.id, by=by)
    return drafted.id


def answer_all(update_id: UUID, *, number: int, kill: bool) -> float:
    """Run workers until everybody has the update; return how many seconds that took."""
    from holdfast.incidents.models import Link

    done = Link.objects.filter(answered_id=update_id)
    command = [sys.executable, __file__, "--worker"]
    began, worker, killed = time.perf_counter(), subprocess.Popen(command), not kill
    while True:
        answered = done.count()
        if not killed and answered >= number * 0.3:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            worker, killed = subprocess.Popen(command), True
        if answered >= number or (worker.poll() is not None and killed):
            break
        time.sleep(0.1)
    worker.wait()
    return time.perf_counter() - began


def one_at_a_time(conversation_ids: list[UUID], *, by: int) -> float:
    """Answer each as the desk does; return conversations per second."""
    from holdfast.notify.replies import reply

    began = time.perf_counter()
    for n, each in enumerate(conversation_ids):
        reply(conversation_id=each, by=by, text=TEXTS["en"], client_key=f"baseline:{n}")
    return len(conversation_ids) / (time.perf_counter() - began)


def _children() -> float:
    """Processor seconds of the workers that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(number: int) -> dict[str, Any]:
    from django.core.management import call_command
    from django.db.models import Count

    from holdfast.conversations.models import Conversation, Message
    from holdfast.incidents import causes, commitments, declaring, links
    from holdfast.intake.models import Receipt
    from holdfast.kit.clock import now
    from holdfast.notify.models import Delivery

    call_command("migrate", verbosity=0, interactive=False)
    by, component = house()
    everybody = arrive(number + BASELINE)
    ids, others = everybody[:number], everybody[number:]
    rate = one_at_a_time(others, by=by)
    incident_id = declaring.declare(
        title="Card payments are declined", by=by, components={component.id: "major_outage"}
    )
    began = time.perf_counter()
    linked = links.link_many(incident_id=incident_id, conversation_ids=ids, how="cluster", by=by)
    linking = time.perf_counter() - began
    causes.say(incident_id=incident_id, known=True, cause="A certificate had run out.", by=by)
    due = now() + timedelta(days=14)
    commitments.promise(incident_id=incident_id, what="Certificates renew themselves.", owner=by, due=due, by=by)
    seconds, orders, cpu = {}, {}, {}
    for name, status in (("undisturbed", "investigating"), ("killed", "identified"), ("closing", "resolved")):
        orders[name] = publish(incident_id, by=by, status=status, component=component.id)
        before = _children()
        seconds[name] = round(answer_all(orders[name], number=number, kill=name == "killed"), 1)
        cpu[name] = round(_children() - before, 1)
    said = Message.objects.filter(conversation_id__in=ids, author="agent")
    keys = [f"update:{each}" for each in orders.values()]
    per_update = said.filter(client_key__in=keys).values("conversation_id", "client_key").annotate(times=Count("pk"))
    times = list(per_update.values_list("times", flat=True))
    mail = set(Conversation.objects.filter(pk__in=ids, channel="email").values_list("pk", flat=True))
    deliveries = Delivery.objects.filter(message__in=said).count()
    return {
        "benchmark": "incident_update",
        "conversations": number,
        "linked": linked,
        "linking_s": round(linking, 2),
        "seconds": seconds,
        "worker_cpu_s": cpu,
        "load": round(os.getloadavg()[0], 1),
        "goal_s": GOAL_S,
        "per_second": round(number / seconds["undisturbed"]),
        "baseline_one_at_a_time_per_second": round(rate, 1),
        "twice": sum(each - 1 for each in times),
        "not_at_all": 3 * number - len(times),
        "deliveries": deliveries,
        "deliveries_expected": 3 * len(mail),
        "closed": Conversation.objects.filter(pk__in=ids, state="closed").count(),
        "receipts_waiting": Receipt.objects.filter(conversation_id__in=ids, state="waiting").count(),
        "synthetic": True,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.worker:
        work()
        return 0
    from holdfast.runtime.postgres import EmbeddedPostgres

    with (
        tempfile.TemporaryDirectory(prefix="holdfast-bench-") as directory,
        EmbeddedPostgres(data=Path(directory)).running() as url,
    ):
        os.environ |= {"DATABASE_URL": url, "HOLDFAST_DATA": directory}
        prepare()
        result = run(chosen.conversations)
        from django.db import connections

        connections.close_all()
    result["ok"] = (
        max(result["seconds"].values()) < GOAL_S * max(1.0, chosen.conversations / 10_000)
        and result["twice"] == result["not_at_all"] == result["receipts_waiting"] == 0
        and result["deliveries"] == result["deliveries_expected"]
        and result["closed"] == chosen.conversations
    )
    took = ", ".join(f"{name} {each} s" for name, each in result["seconds"].items())
    alone = chosen.conversations / result["baseline_one_at_a_time_per_second"]
    print(f"{chosen.conversations:,} conversations: {took}; one at a time {alone:,.0f} s")
    print(json.dumps(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
