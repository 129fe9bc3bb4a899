"""The application's role reads the mask of every sealed column and none of its ciphertext, in whatever way it asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection
from tests.granted import granted
from tests.guard.conftest import IBAN, Case

from holdfast.guard import roles
from holdfast.guard.rotating import sealed_columns
from holdfast.kit.ids import uuid7
from holdfast.people.models import Customer

DENIED = "42501"  # insufficient privilege
COLUMNS = [(f.model._meta.db_table, str(f.column), str(f.model._meta.pk.column)) for f in sealed_columns()]

WAYS = [
    "SELECT {c} FROM {t}",
    "SELECT * FROM {t}",
    "SELECT x.* FROM {t} x",
    "SELECT x FROM {t} x",
    "SELECT to_jsonb(x) FROM {t} x",
    "SELECT count({c}) FROM {t}",
    "SELECT FROM {t} WHERE {c} <> ''",
    "SELECT FROM {t} ORDER BY {c}",
    "SELECT FROM {t} GROUP BY {c}",
    "SELECT o.{c} FROM {t} x JOIN {t} o USING ({k})",
    "SELECT FROM {t} x JOIN {t} o ON o.{c} = x.{c}",
    "SELECT (SELECT o.{c} FROM {t} o WHERE o.{k} = x.{k}) FROM {t} x",
    "WITH x AS (SELECT * FROM {t}) SELECT FROM x",
    "SELECT {c} FROM {t} FOR UPDATE",
    "TABLE {t}",
    "COPY {t} TO STDOUT",
    "COPY {t} ({c}) TO STDOUT",
    "COPY (SELECT {c} FROM {t}) TO STDOUT",
    "COPY {t} TO PROGRAM 'cat'",
    "CREATE TEMPORARY TABLE taken AS SELECT {c} FROM {t}",
    "UPDATE {t} SET {c} = '' RETURNING {c}",
    "UPDATE {t} SET {c} = '' RETURNING *",
    "UPDATE {t} SET {c} = {c}",
    "UPDATE {t} SET {c} = '' WHERE {c} = 'x'",
    "DELETE FROM {t} RETURNING {c}",
    "DELETE FROM {t} WHERE {c} LIKE '2%'",
    "INSERT INTO {t} DEFAULT VALUES RETURNING {c}",
    "INSERT INTO {t} ({c}) SELECT {c} FROM {t}",
    "ALTER TABLE {t} DISABLE TRIGGER ALL",
    "CREATE INDEX ON {t} ({c})",
    "CREATE STATISTICS taken ON {c}, {k} FROM {t}",
    "CREATE TRIGGER taken BEFORE UPDATE ON {t} FOR EACH ROW EXECUTE FUNCTION guard_keep_sealed()",
    "TRUNCATE {t} CASCADE",
    "DO $$ DECLARE x text; BEGIN SELECT {c} INTO STRICT x FROM {t} LIMIT 1; END $$",
    "SELECT query_to_xml('SELECT {c} FROM {t}', true, true, '')",
    "CREATE TEMPORARY VIEW taken AS SELECT {c} FROM {t}; SELECT * FROM taken",
    "CREATE FUNCTION pg_temp.taken() RETURNS text LANGUAGE sql AS 'SELECT {c} FROM {t} LIMIT 1';"
    " SELECT pg_temp.taken()",
    "DECLARE taken CURSOR FOR SELECT {c} FROM {t}",
    "EXPLAIN ANALYZE SELECT {c} FROM {t}",
    "SELECT stavalues1 FROM pg_statistic WHERE starelid = '{t}'::regclass",
    "SELECT (guard_value_of('{t}.{c}.00000000-0000-0000-0000-000000000000')).token",
]


@pytest.fixture
def app(case: Case) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the application's role, beside a customer with values."""
    roles.separate()
    with psycopg.connect(**{**connection.get_connection_params(), "user": roles.APP}, autocommit=True) as own:
        yield own


@pytest.mark.parametrize(("table", "column", "key"), COLUMNS)
def test_ciphertext_is_not_read(app: psycopg.Connection[Any], table: str, column: str, key: str) -> None:
    said = {way: _tried(app, way.format(t=table, c=column, k=key)) for way in WAYS}
    assert {way: state for way, state in said.items() if state != DENIED} == {}


def _tried(app: psycopg.Connection[Any], statement: str) -> str:
    """Return the SQLSTATE it ends with, empty when it worked. Nothing it did stays."""
    app.execute("BEGIN")
    try:
        with app.cursor() as cursor:
            if statement.startswith("COPY"):
                with cursor.copy(statement) as copied:
                    copied.read()
            else:
                cursor.execute(statement)
    except psycopg.Error as error:
        return error.sqlstate or type(error).__name__
    finally:
        app.execute("ROLLBACK")
    return ""


@pytest.mark.parametrize(("table", "column", "key"), COLUMNS)
def test_all_else_is_read_and_written(app: psycopg.Connection[Any], table: str, column: str, key: str) -> None:
    with connection.cursor() as cursor:
        names = {each.name for each in connection.introspection.get_table_description(cursor, table)}
    sealed = {each for of, each, _ in COLUMNS if of == table}
    assert f"{column}_mask" in names
    app.execute(f"SELECT {', '.join(sorted(names - sealed))} FROM {table}")
    app.execute(f"SELECT count(*) FROM {table} WHERE {column}_mask <> ''")
    app.execute(f"UPDATE {table} SET {column} = '' WHERE {key} IS NULL")
    app.execute(f"DELETE FROM {table} WHERE {key} IS NULL")


def test_the_mask_is_what_everybody_sees(app: psycopg.Connection[Any], case: Case) -> None:
    found = app.execute("SELECT iban_mask FROM people_customer").fetchone()
    assert found == ("SUJBTiDigKLigKIgNDMwMA",), "base64url of what screens show, and nothing more"
    assert str(Customer.objects.get().iban) == "IBAN •• 4300"


def test_the_servers_statistics_tell_nothing_either(app: psycopg.Connection[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE people_customer")
        cursor.execute("SELECT count(*) FROM pg_stats WHERE tablename = 'people_customer' AND attname = 'iban'")
        assert cursor.fetchone() == (1,)
    found = app.execute("SELECT attname FROM pg_stats WHERE tablename = 'people_customer'").fetchall()
    assert {name for (name,) in found} >= {"id", "iban_mask"}
    assert not {name for (name,) in found} & {"name", "address", "birth_date", "iban"}


def test_a_column_that_comes_later_is_read_once_the_roles_are_set_again(app: psycopg.Connection[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE people_customer ADD COLUMN later text")
        assert _tried(app, "SELECT later FROM people_customer") == DENIED
        roles.separate()
        assert _tried(app, "SELECT later FROM people_customer") == ""
        cursor.execute("ALTER TABLE people_customer DROP COLUMN later")


@pytest.mark.parametrize(
    "call",
    [
        "guard_key_under('2.00000000000000000000000000000000.x.y')",
        "guard_ruling(gen_random_uuid(), '', gen_random_uuid(), gen_random_uuid())",
        "guard_destroy_keys('{}')",
        "guard_rewrap_keys('{}', '{}', '{}')",
        "guard_make_keys('{}', '{}')",
        "guard_keys_not_under('a', gen_random_uuid(), 1000)",
        "guard_keys_after(gen_random_uuid(), 1000)",
    ],
)
def test_what_is_the_operators_is_not_called(app: psycopg.Connection[Any], call: str) -> None:
    assert _tried(app, f"SELECT {call}") == DENIED


def test_every_sealed_column_is_shown_by_the_gate_or_never(case: Case) -> None:
    """A new one has to be put into `guard_value_of`, or here: no person ever sees what is in it."""
    never = {
        "campaigns_recipient.sealed",
        "status_subscriber.address",
        "status_subscriber.webhook",
        "status_subscriber.webhook_secret",
        "assistant_holding.given",
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('guard_value_of'::regproc)")
        (source,) = cursor.fetchone()
        for table, column, _ in COLUMNS:  # each branch is one that the database can run
            cursor.execute("SELECT * FROM guard_value_of(%s)", [f"{table}.{column}.{uuid7()}"])
            assert cursor.fetchone() == (None, None)
    shown = {f"{t}.{c}" for t, c, _ in COLUMNS if f"'{t}'" in source and f"'{c}'" in source and f".{c}" in source}
    assert shown == {f"{t}.{c}" for t, c, _ in COLUMNS} - never
    granted(**case.grant)
    assert case.reveal().value == IBAN  # type: ignore[union-attr]
