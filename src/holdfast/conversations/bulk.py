"""Many rows of one table in one statement of fixed shape: a column is one array, whatever the number of rows.

The ORM's `bulk_create` writes every value into the text of the statement, which costs triage more than all its thinking
(measured by `benchmarks/pipeline.py`). Rows are inserted as they are: no defaults of the database, nothing read back.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import psycopg
from django.db import connection, models

from holdfast.guard.fields import Sealed


def insert(rows: Sequence[models.Model]) -> None:
    """Insert rows of one model, in the current transaction. Raises the database's errors as Django's."""
    if not rows:
        return
    statement, fields = _statement(type(rows[0]))
    columns = [[_value(field, row) for row in rows] for field in fields]
    with connection.wrap_database_errors:
        connection.ensure_connection()
        with psycopg.Cursor(connection.connection) as cursor:  # Django's own cursor binds on the client
            cursor.execute(statement, columns)
    for row in rows:
        row._state.adding = False


@cache
def _statement(model: type[models.Model]) -> tuple[bytes, tuple[models.Field[Any, Any], ...]]:
    fields = tuple(
        field
        for field in model._meta.concrete_fields
        if not field.generated and field.db_default is models.NOT_PROVIDED
    )
    # An array in binary form needs to know its type, which one of nothing but NULLs does not.
    forms = ["%t" if field.null or isinstance(field, models.JSONField) else "%b" for field in fields]
    arrays = ", ".join(f"{form}::{_type(field)}[]" for form, field in zip(forms, fields, strict=True))
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    return f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays})".encode(), fields  # noqa: S608


def _type(field: models.Field[Any, Any]) -> str:
    # A cast to varchar(n) would cut a long text short in silence; as text, the column refuses it.
    return "text" if isinstance(field, models.CharField) else str(field.rel_db_type(connection))


def _value(field: models.Field[Any, Any], row: models.Model) -> Any:
    value = getattr(row, field.attname)
    if isinstance(field, models.JSONField):
        return json.dumps(value)
    return value.written() if isinstance(value, Sealed) else value
