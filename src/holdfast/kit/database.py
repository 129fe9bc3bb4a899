"""Connections of one's own to the database, beside Django's: for the writer and the listener."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connections


def parameters() -> dict[str, Any]:
    """Return what psycopg needs to reach Django's database, with a short patience for connecting."""
    settings = connections["default"].settings_dict
    given = {
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "host": settings["HOST"],
        "port": settings["PORT"],
        "connect_timeout": 3,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "client_encoding": "UTF8",
        **settings["OPTIONS"],
    }
    return {name: value for name, value in given.items() if value not in ("", None)}


def connect(*, name: str, statement_timeout: int = 10) -> psycopg.Connection[tuple[Any, ...]]:
    """Open a connection in autocommit mode. `name` shows in `pg_stat_activity`, `statement_timeout` is in seconds.

    Raises `psycopg.OperationalError` when the server is away.
    """
    connection = psycopg.connect(**parameters(), application_name=f"holdfast {name}", autocommit=True)
    try:
        connection.execute(f"SET statement_timeout = {statement_timeout * 1000:d}")
        connection.execute("SET timezone = 'UTC'")
    except BaseException:
        connection.close()
        raise
    return connection
