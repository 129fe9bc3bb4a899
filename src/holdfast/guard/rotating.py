"""Bringing everything sealed under the ring's current key and under its customer's own. It may stop at any moment.

Customers' keys are wrapped anew, a thousand a transaction; values that are under the ring itself, or not yet under
their customer's key, are sealed anew one by one. What is done stays done, and running it again goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from django.views.decorators.debug import sensitive_variables

from holdfast.guard.data_keys import unwrapped, wrapped
from holdfast.guard.fields import UNDER_OWNER, UNDER_RING, Sealed, SealedField, sealed_token
from holdfast.guard.keys import key_ring
from holdfast.guard.opening import CannotOpen, opened

BATCH = 500


@dataclass(frozen=True, slots=True)
class Step:
    """What one transaction did: to customers' keys (`of` is "keys") or to a sealed column (`table.column`)."""

    of: str
    done: int
    failed: int = 0


def rotate(*, batch: int = BATCH) -> Iterator[Step]:
    """Do the work in small transactions and tell of each. Values that do not open stay as they are and are counted."""
    yield from _keys(batch)
    for field in sealed_columns():
        if not field.frozen:
            yield from _column(field, batch)


def sealed_columns() -> list[SealedField]:
    """Return every sealed column of the house."""
    return [field for model in apps.get_models() for field in model._meta.fields if isinstance(field, SealedField)]


def _keys(batch: int) -> Iterator[Step]:
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT id, wrapped FROM guard_keys_not_under(%s, %s)", [key_ring().current, batch])
            rows = cursor.fetchall()
            if not rows:
                return
            anew = [wrapped(owner, unwrapped(owner, kept)) for owner, kept in rows]
            cursor.execute(
                "SELECT guard_rewrap_keys(%s::uuid[], %s::text[], %s::text[])",
                [[owner for owner, _ in rows], [kept for _, kept in rows], anew],
            )
        yield Step("keys", len(rows))


def _column(field: SealedField, batch: int) -> Iterator[Step]:
    """Walk the table by its key, so that a value that does not open is met once and not for ever."""
    model, after = field.model, None
    current = f"{UNDER_OWNER}." if field.owner else f"{UNDER_RING}.{key_ring().current}."
    while True:
        with transaction.atomic():
            rows = _behind(model, field, current, after, batch)
            if not rows:
                return
            outcomes = [_sealed_anew(field, row) for row in rows]
        after = rows[-1].pk
        yield Step(f"{model._meta.db_table}.{field.column}", sum(outcomes), len(outcomes) - sum(outcomes))


def _behind(model: type[models.Model], field: SealedField, current: str, after: Any, batch: int) -> list[models.Model]:
    """Return whole rows whose token does not begin with `current`, locked, in the order of their keys."""
    quote = connection.ops.quote_name
    table, column, key = quote(model._meta.db_table), quote(str(field.column)), quote(str(model._meta.pk.column))
    further = "" if after is None else f" AND {key} > %s"
    query = (
        f"SELECT * FROM {table} WHERE {column} <> '' AND NOT starts_with({column}, %s){further}"  # noqa: S608 - names
        f" ORDER BY {key} LIMIT %s FOR UPDATE SKIP LOCKED"
    )
    return list(model._default_manager.raw(query, [current, *([] if after is None else [after]), batch]))


@sensitive_variables()
def _sealed_anew(field: SealedField, row: models.Model) -> bool:
    before: Sealed = getattr(row, field.attname)
    try:
        value = opened(before)
    except CannotOpen:
        return False
    owner = getattr(row, field.owner) if field.owner else None
    token = sealed_token(field.subject(row), value, shown=before.mask, owner=owner)
    model = type(row)
    anew = Sealed(token, before.mask, before.subject)
    return model._default_manager.filter(pk=row.pk, **{field.attname: before}).update(**{field.attname: anew}) == 1
