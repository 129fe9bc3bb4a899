"""Writes the bank's customers and the identities they are known by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import connection, models

from holdfast.drills.tidewater.bank import cast
from holdfast.drills.tidewater.persons import Person, person
from holdfast.guard.data_keys import keys_for
from holdfast.guard.fields import SealedField, seal
from holdfast.guard.keys import blind_index
from holdfast.kit.ids import derived
from holdfast.people.models import Customer, Identity

BATCH = 1_000
# The bank checked the account itself; an address on file is only as good as whoever writes from it.
PROVEN, CLAIMED = 2, 1


def customer_id(seed: int, index: int) -> UUID:
    """Return the id of the customer with this index."""
    return derived("tidewater", str(seed), "customer", str(index))


def write_customers(*, seed: int, count: int, progress: Callable[[int], None]) -> int:
    """Write `count` customers in batches and return how many identities they have."""
    written = 0
    for start in range(0, count, BATCH):
        people = [person(seed, index) for index in range(start, min(start + BATCH, count))]
        keys = keys_for([customer_id(seed, who.index) for who in people])
        _copy(Customer, (_customer(seed, who) for who in people), keys)
        written += _copy(Identity, (identity for who in people for identity in _identities(seed, who)), keys)
        progress(start + len(people))
    return written


def _customer(seed: int, who: Person) -> dict[str, Any]:
    return {
        "id": customer_id(seed, who.index),
        "reference": who.ref,
        "name": who.name,
        "address": who.address,
        "birth_date": who.birth_date.isoformat(),
        "iban": who.iban,
        "city": who.city,
        "locale": who.locale,
        "since": who.since.date(),
        "tier": who.tier,
        "created_at": who.since,
    }


def _identities(seed: int, who: Person) -> list[dict[str, Any]]:
    known = [("account", who.ref, PROVEN), ("email", who.email, CLAIMED), ("phone", who.phone, CLAIMED)]
    if who.in_app:
        known.append(("chat", f"app-{derived('tidewater', str(seed), 'app', str(who.index))}", PROVEN))
    rows = [_identity(seed, who, kind, value, level) for kind, value, level in known if value]
    if assistant := cast()[who.index].get("assistant") if who.index < len(cast()) else None:
        rows.append(_identity(seed, who, "other", assistant, CLAIMED) | {"is_machine": True})
    return rows


def _identity(seed: int, who: Person, kind: str, value: str, level: int) -> dict[str, Any]:
    return {
        "id": derived("tidewater", str(seed), "identity", kind, str(who.index)),
        "customer_id": customer_id(seed, who.index),
        "kind": kind,
        "value": value,
        "index": blind_index(kind, value),
        "level": level,
        "created_at": who.since,
    }


def _copy(model: type[models.Model], rows: Iterable[Mapping[str, Any]], keys: Mapping[UUID, bytes]) -> int:
    """Write rows, by column name, with COPY: a third of the time of inserts. Sealed columns are sealed here."""
    fields = model._meta.concrete_fields
    table = model._meta.db_table
    columns = ", ".join(connection.ops.quote_name(field.attname) for field in fields)
    count = 0
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([_value(field, table, row, keys) for field in fields])
            count += 1
    return count


def _value(field: models.Field[Any, Any], table: str, row: Mapping[str, Any], keys: Mapping[UUID, bytes]) -> Any:
    value = row[field.attname] if field.attname in row else field.get_default()
    if isinstance(field, SealedField):
        owner = row[field.owner]
        return seal(f"{table}.{field.column}.{row['id']}", value, mask=field.mask, owner=owner, key=keys[owner]).token
    return value
