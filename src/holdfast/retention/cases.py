"""Closed conversations: which run out, and taking out all that any room keeps of them, in one transaction a batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from holdfast.conversations import forgetting as conversations
from holdfast.conversations.models import Conversation
from holdfast.guard.watching import canaries
from holdfast.incidents import forgetting as incidents
from holdfast.intake import forgetting as intake
from holdfast.kit.clock import now
from holdfast.notify import forgetting as notify
from holdfast.operations import forgetting as operations
from holdfast.people import forgetting as people
from holdfast.retention import holds
from holdfast.retention.models import Loose
from holdfast.retention.order import Found, Place
from holdfast.shield import forgetting as shield

_LAST = """
INSERT INTO retention_lastcase (customer_id, at) SELECT * FROM unnest(%s::uuid[], %s::timestamptz[])
    ON CONFLICT (customer_id) DO UPDATE SET at = greatest(retention_lastcase.at, excluded.at)
"""


def over(before: datetime) -> QuerySet[Conversation]:
    """Return conversations whose time is over, held or not. Cases of made-up customers stay, and are in no figure."""
    return conversations.over_since(before).exclude(customer_id__in=canaries.everybody())


def find(before: datetime, after: Place | None, limit: int) -> Found:
    """Return ids of the next conversations that go, oldest first, each with the place in the order where it stands."""
    rows = over(before).exclude(holds.held_cases())
    if after is not None:
        at, last = datetime.fromisoformat(after[0]), UUID(after[1])
        rows = rows.filter(Q(last_message_at__gt=at) | Q(pk__gt=last), last_message_at__gte=at)
    found = rows.order_by("last_message_at", "pk").values_list("pk", "last_message_at")[:limit]
    return [(pk, [at.isoformat(), str(pk)]) for pk, at in found]


def remove(conversation_ids: Sequence[UUID]) -> Counter[str]:
    """Remove these, what was merged into them, and their contacts. Files are noted, and looked at when all are gone."""
    whole = conversations.with_merged(conversation_ids)
    own = conversations.belongings(whole)
    contact_ids = {*own.contact_ids, *intake.contacts_of(whole)}
    _remember(own.last)
    for forget in (
        notify.forget_deliveries,
        shield.forget_assessments,
        incidents.forget_links,
        operations.forget_acts,
        people.forget_proofs,
    ):
        forget(whole)
    gone = conversations.forget(whole)
    contacts, digests = intake.forget_contacts(contact_ids)
    note_loose(own.digests | digests)
    return Counter(cases=gone, messages=own.messages, contacts=contacts)


def remove_contacts(contact_ids: Sequence[UUID]) -> Counter[str]:
    """Remove these contacts."""
    contacts, digests = intake.forget_contacts(contact_ids)
    note_loose(digests)
    return Counter(contacts=contacts)


def note_loose(digests: set[str] | frozenset[str]) -> None:
    """Note files that may be nobody's any more."""
    moment = now()
    Loose.objects.bulk_create([Loose(digest=each, at=moment) for each in sorted(digests)], ignore_conflicts=True)


def _remember(last: dict[UUID, datetime]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [list(last), list(last.values())])
