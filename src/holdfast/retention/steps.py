"""What a run goes through, in order: for each kind of thing how the next ones are found, and how they go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from holdfast.conversations import forgetting as conversations
from holdfast.guard.models import MachineOpening
from holdfast.incidents.status import forgetting as status
from holdfast.intake import forgetting as intake
from holdfast.kit.blobs import BlobStore
from holdfast.notify.campaigns import forgetting as campaigns
from holdfast.people import forgetting as people
from holdfast.retention import cases, customers
from holdfast.retention.models import Loose
from holdfast.retention.order import Found, Place, by_key

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


def _next(rows: Callable[[datetime], QuerySet[Any]]) -> Callable[[datetime, Place | None, int], Found]:
    """Go through what a room says is over, in the order of its keys."""
    return lambda before, after, limit: by_key(rows(before), after, limit)


def _counted(kind: str, forget: Callable[[Sequence[Any]], int]) -> Callable[[Sequence[Any]], Counter[str]]:
    """Count what a room's own verb removes."""
    return lambda ids: Counter({kind: forget(ids)})


def _openings(before: datetime) -> QuerySet[MachineOpening]:
    return MachineOpening.objects.filter(at__lt=before)


def _forget_openings(ids: Sequence[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT retention_forget_openings(%s::bigint[])", [list(ids)])
        return int(cursor.fetchone()[0])


def _loose(_: datetime) -> QuerySet[Loose]:
    return Loose.objects.all()


def _forget_files(digests: Sequence[str]) -> int:
    """Delete the files that nothing names any more. What is wanted again is loose no longer; the young wait a run."""
    wanted = conversations.with_files(digests) | intake.with_files(digests)
    store = BlobStore(settings.BLOB_DIR)
    gone = [each for each in digests if each not in wanted and store.remove(each, unwanted_for=UNWANTED_FOR)]
    conversations.forget_verdicts(gone)
    Loose.objects.filter(pk__in=[*wanted, *gone]).delete()
    return len(gone)


STEPS = (
    Step("cases", "cases", cases.find, cases.remove),
    Step("contacts", "cases", _next(intake.without_case), cases.remove_contacts),
    Step("customers", "customers", customers.find, customers.remove),
    Step(
        "campaigns", "campaigns", _next(campaigns.with_addresses), _counted("addresses", campaigns.forget_addresses), 20
    ),
    Step("subscribers", "subscribers", _next(status.gone_since), _counted("subscribers", status.forget_subscribers)),
    Step("openings", "openings", _next(_openings), _counted("openings", _forget_openings), 5_000),
    Step("sessions", "sessions", _next(people.ended_sessions), _counted("sessions", people.forget_sessions)),
    Step("sign_ins", "sign_ins", _next(people.old_sign_ins), _counted("sign_ins", people.forget_sign_ins)),
    Step("machines", "sign_ins", _next(people.unused_machines), _counted("machines", people.forget_machines)),
    # Each batch reads every attachment and contact once, so it is a large one.
    Step("files", "cases", _next(_loose), _counted("files", _forget_files), 20_000),
)
BY_KEY = {step.key: step for step in STEPS}
