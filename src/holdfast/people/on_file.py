"""Everything sealed that is on file of some customers, still sealed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from holdfast.guard.fields import Sealed
from holdfast.people.models import Customer, Identity

_COLUMNS = ("name", "address", "birth_date", "iban")


@dataclass(frozen=True, slots=True)
class OnFile:
    """One value and its kind: a column of the customer, or email or phone."""

    customer_id: UUID
    kind: str
    value: Sealed


def sealed_values(customer_ids: Collection[UUID]) -> list[OnFile]:
    """Return what these customers have on file, two queries. References are no secrets and left out."""
    if not customer_ids:
        return []
    people = Customer.objects.filter(pk__in=customer_ids).only("id", *_COLUMNS)
    found = [OnFile(each.pk, name, getattr(each, name)) for each in people for name in _COLUMNS]
    reached = Identity.objects.filter(customer_id__in=customer_ids, kind__in=["email", "phone"])
    found += [
        OnFile(each.customer_id, each.kind, each.value) for each in reached.only("id", "customer", "kind", "value")
    ]
    return [each for each in found if each.value]
