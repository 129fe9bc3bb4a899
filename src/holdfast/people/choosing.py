"""Customers by what is known of them, for rules over all of them; and where a few of them are reached."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from holdfast.guard.fields import Sealed
from holdfast.guard.watching import canaries
from holdfast.people.models import Customer, Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Whom a rule means; what is empty does not matter. `locale` without a region means every region of it."""

    tier: str = ""
    since_before: date | None = None
    locale: str = ""
    city: str = ""

    @property
    def is_anybody(self) -> bool:
        return self == Choice()


@dataclass(frozen=True, slots=True)
class Reached:
    """Where one customer gets mail, sealed, with their name and what they call their account."""

    name: Sealed
    email: Sealed
    reference: str


def chosen(choice: Choice) -> tuple[str, list[Any]]:
    """Return a query of `id, reference, locale, since`, and its parameters, to stand inside another query.

    So a rule over a million customers is evaluated where they are, and none of them passes through memory.
    """
    wanted = ["merged_into_id IS NULL", canaries.left_out("id")]
    given: list[Any] = []
    if choice.tier:
        wanted.append("lower(tier) = lower(%s)")
        given.append(choice.tier)
    if choice.since_before is not None:
        wanted.append("since < %s")
        given.append(choice.since_before)
    if choice.locale:
        wanted.append("(lower(locale) = lower(%s) OR starts_with(lower(locale), lower(%s) || '-'))")
        given += [choice.locale, choice.locale]
    if choice.city:
        wanted.append("lower(city) = lower(%s)")
        given.append(choice.city)
    # Only conditions written above are joined; what somebody typed goes in as parameters.
    conditions = " AND ".join(wanted)
    query = f"SELECT id, reference, locale, since FROM people_customer WHERE {conditions}"  # noqa: S608
    return query, given


def standing() -> str:
    """Return a query of `id, reference, tier, since` of everybody, to stand inside another query as `chosen` does."""
    real = canaries.left_out("id")
    return (
        "SELECT id, reference, lower(tier) AS tier, since FROM people_customer"  # noqa: S608 - ids of our own
        f" WHERE merged_into_id IS NULL AND {real}"
    )


def reached(customer_ids: Collection[UUID]) -> Mapping[UUID, Reached]:
    """Return where these customers get mail: the address that is proven best. Without who has none, or is made up."""
    addresses: dict[UUID, Sealed] = {}
    customer_ids = [each for each in customer_ids if not canaries.is_canary(each)]
    # Whole rows: a sealed value is opened only as what it is in its own row.
    mails = Identity.objects.filter(customer_id__in=customer_ids, kind="email", is_machine=False)
    for row in mails.only("customer", "value").order_by("-level", "created_at", "id"):
        addresses.setdefault(row.customer_id, row.value)
    people = Customer.objects.filter(pk__in=addresses).only("id", "name", "reference")
    return {each.pk: Reached(each.name, addresses[each.pk], each.reference or "") for each in people}
