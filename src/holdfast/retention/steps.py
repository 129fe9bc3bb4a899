"""What a run goes through, in order: for each kind of thing how the next ones are found, and how they go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from holdfast.conversations import forgetting as conversations
from holdfast.guard.models import MachineOpening
from holdfast.incidents.status import forgetting as status
from holdfast.intake import forgetting as intake
from holdfast.kit.blobs import BlobStore
from holdfast.notify.campaigns import forgetting as campaigns
from holdfast.people import forgetting as people
from holdfast.retention import cases, customers
from holdfast.retention.models import Loose

Place = list[Any]
Found = list[tuple[Any, Place]]
UNWANTED_FOR = 7 * 86_400.0
"""Seconds for which nobody stored the same bytes. A contact in the spool, not in the database yet, may name them."""


@dataclass(frozen=True, slots=True)
class Step:
    """`find` returns the next things from before a time, with their place in its order; `remove` says what went."""

    key: str
    term: str
    find: Callable[[datetime, Place | None, int], Found]
    remove: Callable[[Sequence[Any]], Counter[str]]
    limit: int = 500


def _chunks(before: datetime, after: Place | None, limit: int) -> Found:
    rows = campaigns.with_addresses(before)
    if after is not None:
        rows = rows.filter(pk__gt=after[0])
    return [(pk, [pk]) for pk in rows.order_by("pk").values_list("pk", flat=True)[:limit]]


def _without_addresses(chunk_ids: Sequence[int]) -> Counter[str]:
    return Counter(addresses=campaigns.forget_addresses(chunk_ids))


def _subscribers(before: datetime, after: Place | None, limit: int) -> Found:
    rows = status.gone_since(before)
    if after is not None:
        rows = rows.filter(pk__gt=after[0])
    return [(pk, [str(pk)]) for pk in rows.order_by("pk").values_list("pk", flat=True)[:limit]]


def _without_subscribers(subscriber_ids: Sequence[Any]) -> Counter[str]:
    return Counter(subscribers=status.forget_subscribers(subscriber_ids))


def _openings(before: datetime, after: Place | None, limit: int) -> Found:
    rows = MachineOpening.objects.filter(at__lt=before)
    if after is not None:
        rows = rows.filter(pk__gt=after[0])
    return [(pk, [pk]) for pk in rows.order_by("pk").values_list("pk", flat=True)[:limit]]


def _without_openings(ids: Sequence[int]) -> Counter[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT retention_forget_openings(%s::bigint[])", [list(ids)])
        return Counter(openings=int(cursor.fetchone()[0]))


def _sessions(before: datetime, after: Place | None, limit: int) -> Found:
    rows = people.ended_sessions(before)
    if after is not None:
        rows = rows.filter(pk__gt=after[0])
    return [(pk, [pk]) for pk in rows.order_by("pk").values_list("pk", flat=True)[:limit]]


def _without_sessions(keys: Sequence[str]) -> Counter[str]:
    return Counter(sessions=people.forget_sessions(keys))


def _sign_ins(before: datetime, after: Place | None, limit: int) -> Found:
    rows = people.old_sign_ins(before)
    if after is not None:
        rows = rows.filter(pk__gt=after[0])
    return [(pk, [pk]) for pk in rows.order_by("pk").values_list("pk", flat=True)[:limit]]


def _without_sign_ins(ids: Sequence[int]) -> Counter[str]:
    return Counter(sign_ins=people.forget_sign_ins(ids))


def _machines(before: datetime, after: Place | None, limit: int) -> Found:
    rows = people.unused_machines(before)
    if after is not None:
        rows = rows.filter(pk__gt=UUID(after[0]))
    return [(pk, [str(pk)]) for pk in rows.order_by("pk").values_list("pk", flat=True)[:limit]]


def _without_machines(ids: Sequence[UUID]) -> Counter[str]:
    return Counter(machines=people.forget_machines(ids))


def _files(before: datetime, after: Place | None, limit: int) -> Found:
    rows = Loose.objects.all() if after is None else Loose.objects.filter(pk__gt=after[0])
    return [(pk, [pk]) for pk in rows.order_by("pk").values_list("pk", flat=True)[:limit]]


def _without_files(digests: Sequence[str]) -> Counter[str]:
    """Delete the files that nothing names any more. What is wanted again is loose no longer; the young wait a run."""
    wanted = conversations.with_files(digests) | intake.with_files(digests)
    store = BlobStore(settings.BLOB_DIR)
    gone = [each for each in digests if each not in wanted and store.remove(each, unwanted_for=UNWANTED_FOR)]
    conversations.forget_verdicts(gone)
    Loose.objects.filter(pk__in=[*wanted, *gone]).delete()
    return Counter(files=len(gone))


STEPS = (
    Step("cases", "cases", cases.find, cases.remove),
    Step("contacts", "cases", cases.find_contacts, cases.remove_contacts),
    Step("customers", "customers", customers.find, customers.remove),
    Step("campaigns", "campaigns", _chunks, _without_addresses, 20),
    Step("subscribers", "subscribers", _subscribers, _without_subscribers),
    Step("openings", "openings", _openings, _without_openings, 5_000),
    Step("sessions", "sessions", _sessions, _without_sessions),
    Step("sign_ins", "sign_ins", _sign_ins, _without_sign_ins),
    Step("machines", "sign_ins", _machines, _without_machines),
    # Each batch reads every attachment and contact once, so it is a large one.
    Step("files", "cases", _files, _without_files, 20_000),
)
BY_KEY = {step.key: step for step in STEPS}
