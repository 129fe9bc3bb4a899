"""Contacts go once their conversation is gone, or when they never had one. The database lets none go before that."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from holdfast.intake.models import Contact, Receipt
from holdfast.kit.removing import found, remove_where

OPEN = (Receipt.State.ACCEPTED, Receipt.State.WAITING)
YOUNGEST = 30
"""Days for which the database refuses to let any contact go, whatever it is asked."""

_NAMED = """
SELECT raw, CASE jsonb_typeof(payload -> 'attachments') WHEN 'array' THEN ARRAY(
        SELECT file ->> 'digest' FROM jsonb_array_elements(payload -> 'attachments') AS file) END
    FROM intake_contact WHERE id = ANY(%s)
"""
_FILES = """
SELECT raw FROM intake_contact WHERE raw = ANY(%s) UNION
SELECT file ->> 'digest' FROM intake_contact CROSS JOIN LATERAL jsonb_array_elements(payload -> 'attachments') AS file
    WHERE jsonb_typeof(payload -> 'attachments') = 'array' AND file ->> 'digest' = ANY(%s)
"""


def waiting_cases() -> QuerySet[Receipt, UUID | None]:
    """Return ids of conversations of which a receipt is still open."""
    return Receipt.objects.filter(state__in=OPEN, conversation_id__isnull=False).values_list(
        "conversation_id", flat=True
    )


def without_case(before: datetime) -> QuerySet[Receipt]:
    """Return receipts of contacts from before a time that never became part of a conversation: refused or parked."""
    return Receipt.objects.filter(accepted_at__lt=before, conversation_id=None).exclude(state__in=OPEN)


def contacts_of(conversation_ids: Sequence[UUID]) -> list[UUID]:
    """Return ids of contacts whose receipt says that they belong to these conversations."""
    return found(Receipt, "conversation_id", conversation_ids)


def forget_contacts(contact_ids: Collection[UUID]) -> tuple[int, set[str]]:
    """Delete contacts and receipts; return how many contacts, and digests of the files and raw sources they named.

    Younger than `YOUNGEST` days, or still part of a conversation: the database refuses.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NAMED, [list(contact_ids)])
        digests = {digest for raw, files in cursor.fetchall() for digest in (raw, *(files or ())) if digest}
    remove_where(Receipt, "contact_id", list(contact_ids))
    return remove_where(Contact, "id", list(contact_ids)), digests


def with_files(digests: Collection[str]) -> set[str]:
    """Return those of the digests that a contact still names. Reads all contacts."""
    with connection.cursor() as cursor:
        cursor.execute(_FILES, [list(digests)] * 2)
        return {row[0] for row in cursor.fetchall()}
