"""Bringing everything sealed under the ring's current key and under its customer's own. It may stop at any moment.

Customers' keys are wrapped anew, a thousand a transaction; values that are under the ring itself, or not yet under
their customer's key, are sealed anew one by one. What is done stays done, and running it again goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.apps import apps
from django.db import connection, transaction
from django.views.decorators.debug import sensitive_variables

from holdfast.guard.data_keys import KeyGone, NoSuchKey, unwrapped, wrapped
from holdfast.guard.fields import UNDER_OWNER, UNDER_RING, SealedField, sealed_token, stored
from holdfast.guard.keys import key_ring
from holdfast.guard.opening import CannotOpen, opened

BATCH = 500
KEYS = "keys"


@dataclass(frozen=True, slots=True)
class Step:
    """What one transaction did: to customers' keys (`of` is `KEYS`) or to a sealed column (`table.column`)."""

    of: str
    done: int
    failed: int = 0


def rotate(*, batch: int = BATCH) -> Iterator[Step]:
    """Do the work in small transactions and tell of each. What does not open stays as it is and is counted.

    For the operator: it reads what is stored, which the application's role may not.
    """
    yield from _keys(batch)
    for field in sealed_columns():
        if not field.frozen:
            yield from _column(field, batch)


def sealed_columns() -> list[SealedField]:
    """Return every sealed column of the house."""
    return [field for model in apps.get_models() for field in model._meta.fields if isinstance(field, SealedField)]


@sensitive_variables()
def _keys(batch: int) -> Iterator[Step]:
    """Walk the keys in their order, so that one whose ring key is missing is met once, left and counted."""
    after = UUID(int=0)
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, wrapped FROM guard_keys_not_under(%s, %s, %s)", [key_ring().current, after, batch]
            )
            rows = cursor.fetchall()
            if not rows:
                return
            anew = [(owner, kept, new) for owner, kept in rows if (new := _wrapped_anew(owner, kept)) is not None]
            columns = [list(column) for column in zip(*anew, strict=True)] or [[], [], []]
            cursor.execute("SELECT guard_rewrap_keys(%s::uuid[], %s::text[], %s::text[])", columns)
        after = rows[-1][0]
        yield Step(KEYS, len(anew), len(rows) - len(anew))


def _wrapped_anew(owner: UUID, kept: str) -> str | None:
    try:
        return wrapped(owner, unwrapped(owner, kept))
    except NoSuchKey:
        return None


def _column(field: SealedField, batch: int) -> Iterator[Step]:
    """Walk the table by its key, so that a value that does not open is met once and not for ever."""
    table, after = field.model._meta.db_table, None
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            rows = _behind(cursor, field, after, batch)
            if not rows:
                return
            outcomes = [_sealed_anew(cursor, field, *row) for row in rows]
        after = rows[-1][0]
        yield Step(f"{table}.{field.column}", sum(outcomes), len(outcomes) - sum(outcomes))


def _behind(cursor: Any, field: SealedField, after: Any, batch: int) -> list[tuple[Any, UUID | None, str]]:
    """Return key, owner and stored form of rows that are not under what they should be, locked, in the order of keys.

    In SQL: models read the mask. Only the owner of the database may read what is stored.
    """
    names = _names(field)
    current = f"{UNDER_OWNER}." if field.owner else f"{UNDER_RING}.{key_ring().current}."
    further = "" if after is None else f" AND {names.key} > %s"
    cursor.execute(
        f"SELECT {names.key}, {names.owner}, {names.column} FROM {names.table}"  # noqa: S608 - names of our own
        f" WHERE {names.column} <> '' AND NOT starts_with({names.column}, %s){further}"
        f" ORDER BY {names.key} LIMIT %s FOR UPDATE SKIP LOCKED",
        [current, *([] if after is None else [after]), batch],
    )
    return list(cursor.fetchall())


@sensitive_variables()
def _sealed_anew(cursor: Any, field: SealedField, key: Any, owner: UUID | None, token: str) -> bool:
    names = _names(field)
    before = stored(token, f"{field.model._meta.db_table}.{field.column}.{key}")
    try:
        anew = sealed_token(before.subject, opened(before), shown=before.mask, owner=owner)
    except (CannotOpen, NoSuchKey, KeyGone):
        return False
    cursor.execute(
        f"UPDATE {names.table} SET {names.column} = %s WHERE {names.key} = %s AND {names.column} = %s",  # noqa: S608
        [anew, key, token],
    )
    return bool(cursor.rowcount == 1)


class _Names(NamedTuple):
    table: str
    key: str
    owner: str
    column: str


def _names(field: SealedField) -> _Names:
    """Return the names of a sealed column, its table, its key and whose it is (NULL: nobody's), quoted."""
    meta, quote = field.model._meta, connection.ops.quote_name
    owner = next((quote(str(each.column)) for each in meta.concrete_fields if each.attname == field.owner), "NULL")
    return _Names(quote(meta.db_table), quote(str(meta.pk.column)), owner, quote(str(field.column)))
