"""What is stored of a sealed value, for tests: read as the owner of the database, which the application may not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from holdfast.guard import roles
from holdfast.guard.fields import Sealed, stored
from holdfast.guard.opening import opened_with


def token_of(sealed: Sealed) -> str:
    """Return the stored form of a value that was read, or that is at hand."""
    if sealed.token or not sealed:
        return sealed.token
    table, column, key = sealed.subject.split(".")
    name = "conversation_id" if table == "assistant_holding" else "id"
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        cursor.execute(f"SELECT {column} FROM {table} WHERE {name} = %s", [key])  # names of our own
        (token,) = cursor.fetchone()
        cursor.execute("RESET ROLE")
    return str(token)


def opened(sealed: Sealed) -> str:
    """Return the value, opened with its customer's key, past the gate and every record. Raises `CannotOpen`."""
    form = stored(token_of(sealed), sealed.subject)
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        cursor.execute("SELECT guard_key_under(%s)", [form.token])
        (wrapped,) = cursor.fetchone()
        cursor.execute("RESET ROLE")
    return opened_with(form, wrapped)


@contextmanager
def rights_of_the_application() -> Iterator[None]:
    """Within it the house has, on Django's own connection, no more rights than in production."""
    roles.separate()
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {roles.APP}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
