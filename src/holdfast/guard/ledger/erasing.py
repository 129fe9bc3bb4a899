"""Forgetting a customer in the log: the salts of their entries are destroyed, the entries and every proof stay."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from holdfast.guard.ledger import acts, reading
from holdfast.guard.ledger.models import Leaf


def destroy_salts(*, customer_id: UUID, actor_id: int | None = None) -> int:
    """Make it impossible to show, or to guess, which entries were about this customer; return how many they were.

    Who acted, when and with what outcome stays provable. That it was done is an act in the log, without the name.
    """
    with transaction.atomic():
        named = [found.id for found in reading.of_customer(customer_id)]
        count = Leaf.objects.filter(source_id__in=named, customer_salt__isnull=False).update(customer_salt=None)
        acts.record(kind="salts_destroyed", actor_id=actor_id, details=f"{count} entries")
    return count
