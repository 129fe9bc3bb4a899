"""Holding claimed contacts while they are worked on, and knowing which of them have cost a worker its life."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

TOGETHER = 3
"""Attempts in company. A contact whose lease ran out this often is suspected of killing its worker."""
ALONE = 5
"""Attempts altogether, the last ones alone. After that it is parked without another look."""


def attempts(contact_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return how often each contact was claimed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT contact_id, attempts FROM intake_receipt WHERE contact_id = ANY(%s::uuid[])", [list(contact_ids)]
        )
        return dict(cursor.fetchall())


def hold(contact_ids: Sequence[UUID]) -> set[UUID]:
    """Lock those receipts that are still to be triaged, in the order of their ids, and return which they are.

    A worker whose lease ran out meanwhile finds here that another has done the work.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT contact_id FROM intake_receipt WHERE contact_id = ANY(%s::uuid[]) AND state = 'accepted'"
            " ORDER BY contact_id FOR UPDATE",
            [sorted(contact_ids)],
        )
        return {contact_id for (contact_id,) in cursor.fetchall()}


def note_attempt(contact_id: UUID) -> None:
    """Count an attempt at once, so that it is known even when the worker does not live to tell."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE intake_receipt SET attempts = attempts + 1 WHERE contact_id = %s", [contact_id])
