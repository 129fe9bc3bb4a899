"""An audience of very many customers: counted and frozen inside PostgreSQL, checked person by person on a sample.

Synthetic customers of several tiers, places and languages; rules of every kind that overlap on purpose: a file with
jurisdictions, who of it needs care, long-standing customers of a tier, everybody else. Measured are seconds and the
memory of the process. The baseline goes through a sample customer by customer, as a loop in Python does, and its answer
has to be the frozen one. Then a smaller audience with mail addresses is handed to a campaign, by the job, killed once.

    python benchmarks/audiences.py [--customers 1000000] [--handed 20000]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

SAMPLE = 2_000
_HOUR = timedelta(hours=1)
_FIRST = date(2008, 1, 1)
_CUSTOMERS = """
INSERT INTO people_customer (id, reference, name, address, birth_date, iban, city, locale, since, tier, created_at)
SELECT gen_random_uuid(), 'TW-' || n, '', '', '', '', (ARRAY['Cork', 'Recife', 'Bandung', 'Porto'])[1 + n % 4],
    (ARRAY['en', 'pt-br', 'id', '', 'en-ie'])[1 + n % 5], date '2008-01-01' + (n::bigint * 7919 % 6500)::int,
    CASE WHEN n % 20 = 0 THEN 'private' WHEN n % 3 = 0 THEN 'plus' ELSE '' END, now()
FROM generate_series(%s, %s - 1) AS n
"""


def listed(number: int) -> bool:
    """Whether a customer is on the file of the affected: an eighth of them."""
    return number * 2654435761 % 8 == 3 or number % 1000 == 40


def needs_care(number: int) -> bool:
    return number % 45 == 4


def since(number: int) -> date:
    return date.fromordinal(_FIRST.toordinal() + number * 7919 % 6500)


def belongs(number: int) -> str:
    """Return the group a customer belongs to, as anybody would reckon it by hand."""
    if listed(number) and needs_care(number):
        return "Need care"
    if number % 20 == 0 and since(number) < date(2012, 1, 1):
        return "Long with us"
    return "Charged twice" if listed(number) else "Everybody else"


def memory() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def world(customers: int, handed: int) -> tuple[int, UUID]:
    """A lead, an incident, and the customers; the first of them have names and mail addresses."""
    from django.core.management import call_command
    from django.db import connection

    from holdfast.guard.keys import blind_index
    from holdfast.incidents import components, declaring
    from holdfast.people.models import Agent, Customer, Identity

    call_command("migrate", verbosity=0, interactive=False)
    lead = Agent.objects.create_user("lead@desk.example", name="Lea Lead", role="lead")
    cards = components.add(name="Card payments", by=lead.pk)
    with connection.cursor() as cursor:
        cursor.execute(_CUSTOMERS.replace(" % ", " %% "), [handed, customers])
    for start in range(0, handed, 5_000):
        numbers = range(start, min(start + 5_000, handed))
        people = [
            Customer(
                reference=f"TW-{n}", name=f"Ayu {n}", city="Cork", locale="en", since=since(n),
                tier="private" if n % 20 == 0 else "",
            )
            for n in numbers
        ]  # fmt: skip
        Customer.objects.bulk_create(people)
        Identity.objects.bulk_create(
            Identity(customer=each, kind="email", value=mail, index=blind_index("email", mail), level=2)
            for n, each in zip(numbers, people, strict=True)
            for mail in [f"customer{n}@bench.example"]
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE people_customer")
    return lead.pk, declaring.declare(title="Charged twice", by=lead.pk, components={cards.id: "major_outage"})


def rules(incident: UUID, customers: int, by: int) -> None:
    from holdfast.incidents.audiences import groups
    from holdfast.people.choosing import Choice

    def lines(wanted: Any) -> Iterator[str]:
        places = ("IE", "BR", "ID", "PT")
        return (f"TW-{n},{places[n % 4]}\n" for n in range(customers) if wanted(n))

    def add(name: str, segment: str, source: str, **given: Any) -> int:
        return groups.add(incident_id=incident, name=name, segment=segment, source=source, by=by, **given)

    charged = add("Charged twice", "affected", "file", lines=lines(listed))
    add("Long with us", "high_value", "people", choice=Choice(tier="private", since_before=date(2012, 1, 1)))
    care = add("Need care", "affected", "file", lines=lines(needs_care), within=charged, discreet=True)
    add("Everybody else", "unaffected", "rest")
    for _ in range(2):
        groups.raise_up(incident_id=incident, group_id=care)  # first of all
    first = next(each.id for each in _groups(incident) if each.name == "Long with us")
    groups.raise_up(incident_id=incident, group_id=first)


def _groups(incident: UUID) -> Any:
    from holdfast.incidents.audiences import queries

    return queries.groups_of(incident)


def row_by_row(incident: UUID, sample: list[str]) -> tuple[float, dict[str, str]]:
    """Go through a sample as a loop does: each customer read, held against each rule, written; and its answer."""
    from django.db import transaction

    from holdfast.incidents.audiences.models import Group, Listed, Member
    from holdfast.people.models import Customer

    names = [each.name for each in _groups(incident)]
    by_name = {each.name: each for each in Group.objects.filter(incident_id=incident)}
    found, began = {}, time.perf_counter()
    with suppress(_Undone), transaction.atomic():
        for reference in sample:
            customer = Customer.objects.get(reference=reference)
            on = {
                name
                for name in ("Charged twice", "Need care")
                if Listed.objects.filter(group=by_name[name], reference=reference).exists()
            }
            if "Charged twice" not in on:
                on.discard("Need care")
            if customer.tier == "private" and customer.since and customer.since < date(2012, 1, 1):
                on.add("Long with us")
            found[reference] = next((name for name in names if name in on), "Everybody else")
            Member.objects.create(
                audience_id=UUID(int=1), customer_id=customer.pk, group=names.index(found[reference]),
                segment=by_name[found[reference]].segment,
            )  # fmt: skip
        raise _Undone
    return time.perf_counter() - began, found


class _Undone(Exception):  # noqa: N818 - only takes the baseline's rows back
    pass


def freeze(incident: UUID, by: int) -> dict[str, Any]:
    from holdfast.incidents.audiences import freezing
    from holdfast.kit.clock import now

    before, began = memory(), time.perf_counter()
    freezing.count(incident_id=incident, exposed_at=now())
    counting, began = time.perf_counter() - began, time.perf_counter()
    audience = freezing.freeze(incident_id=incident, exposed_at=now(), by=by)
    return {
        "audience": audience,
        "count_s": round(counting, 1),
        "freeze_s": round(time.perf_counter() - began, 1),
        "memory_growth_mib": round(memory() - before, 1),
    }


def check(incident: UUID, audience: UUID, customers: int) -> dict[str, Any]:
    """Hold the frozen audience against what it has to be, for everybody."""
    from django.db import connection

    names = [each.name for each in _groups(incident)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(DISTINCT customer_id) FROM audiences_member WHERE audience_id = %s", [audience]
        )
        rows, people = cursor.fetchone()
        cursor.execute(
            'SELECT c.reference, m."group" FROM audiences_member m JOIN people_customer c ON c.id = m.customer_id'
            " WHERE m.audience_id = %s",
            [audience],
        )
        wrong, groups = 0, dict.fromkeys(names, 0)
        while block := cursor.fetchmany(20_000):
            for reference, group in block:
                groups[names[group]] += 1
                wrong += names[group] != belongs(int(reference[3:]))
    return {"in_two": rows - people, "missing": customers - people, "wrong_group": wrong, "groups": groups}


def hand_over(by: int, handed: int) -> dict[str, Any]:
    """Hand an audience of customers with addresses to a campaign, as the job does, which dies once in the middle."""
    from holdfast.incidents import components, declaring, updates
    from holdfast.incidents.audiences import freezing, groups, handing
    from holdfast.kit.clock import now
    from holdfast.notify.campaigns import adding
    from holdfast.notify.campaigns.models import Recipient

    part = components.add(name="Statements", by=by)
    incident = declaring.declare(title="Statements are late", by=by, components={part.id: "degraded_performance"})
    groups.add(
        incident_id=incident, name="Late", segment="affected", source="file", by=by,
        lines=(f"TW-{n}\n" for n in range(handed)),
    )  # fmt: skip
    audience = freezing.freeze(incident_id=incident, exposed_at=now(), by=by)
    drafted = updates.draft(
        incident_id=incident, by=by, status="investigating", texts={"en": "Some statements are late. We are sorry."},
        next_update_due=now().replace(microsecond=0) + _HOUR, components={},
    )  # fmt: skip
    update = updates.publish(update_id=drafted.id, version=drafted.version, by=by)
    campaign = handing.hand_over(
        incident_id=incident, audience_id=audience, update_id=update.id, stream="incident", by=by
    )
    whole, calls = adding.add_recipients, 0

    def dies(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise ConnectionError("killed")
        return whole(*args)

    adding.add_recipients = dies
    before, began = memory(), time.perf_counter()
    with suppress(ConnectionError):
        handing.fill(campaign)
    handing.fill(campaign)
    wall = time.perf_counter() - began
    adding.add_recipients = whole
    people = Recipient.objects.filter(campaign_id=campaign)
    return {
        "handed": people.count(),
        "handed_twice": people.count() - people.values("person_key").distinct().count(),
        "handed_per_second": round(handed / wall),
        "handing_memory_growth_mib": round(memory() - before, 1),
    }


def run(customers: int, handed: int) -> dict[str, Any]:
    by, incident = world(customers, handed)
    began = time.perf_counter()
    rules(incident, customers, by)
    files = time.perf_counter() - began
    frozen = freeze(incident, by)
    audience = frozen.pop("audience")
    step = max(1, customers // SAMPLE)
    sample = [f"TW-{n}" for n in range(0, customers, step)][:SAMPLE]
    loop, answers = row_by_row(incident, sample)
    return {
        "benchmark": "audiences",
        "customers": customers,
        "files_s": round(files, 1),
        **frozen,
        **check(incident, audience, customers),
        "per_second": round(customers / frozen["freeze_s"]),
        "baseline_row_by_row_per_second": round(len(sample) / loop),
        "baseline_differs": sum(answers[each] != belongs(int(each[3:])) for each in sample),
        **hand_over(by, handed),
        "load": round(os.getloadavg()[0], 1),
        "synthetic": True,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--handed", type=int, default=20_000)
    chosen = parser.parse_args()
    from holdfast.runtime.postgres import EmbeddedPostgres

    with (
        tempfile.TemporaryDirectory(prefix="holdfast-bench-") as directory,
        EmbeddedPostgres(data=Path(directory)).running() as url,
    ):
        os.environ |= {"DATABASE_URL": url, "HOLDFAST_DATA": directory}
        os.environ["DJANGO_SETTINGS_MODULE"] = "holdfast.config.settings"
        import django

        django.setup()
        result = run(chosen.customers, min(chosen.handed, chosen.customers))
        from django.db import connections

        connections.close_all()
    wrong = ("in_two", "missing", "wrong_group", "baseline_differs", "handed_twice")
    result["ok"] = not any(result[each] for each in wrong) and result["handed"] == min(chosen.handed, chosen.customers)
    alone = chosen.customers / result["baseline_row_by_row_per_second"]
    print(f"{chosen.customers:,} customers frozen in {result['freeze_s']} s; one by one {alone:,.0f} s")
    print(json.dumps(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
