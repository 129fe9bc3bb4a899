"""A database of its own for one drill: nobody's data is touched, and nothing is left behind."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from holdfast.kit import logging as logs
from holdfast.runtime.postgres import EmbeddedPostgres


@contextlib.contextmanager
def scratch(*, operations_url: str = "", mail_url: str = "", canary_domain: str = "") -> Iterator[None]:
    """Load Django on a fresh, empty desk in a temporary directory, for as long as the `with` block lasts.

    Facts of the company come from `operations_url`, mail leaves through `mail_url`; without one there is none.
    Made-up customers have addresses at `canary_domain`.
    Django can be loaded once in a process, so this comes before anything else that would. Raises `PostgresError`.
    """
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-drill-"))
        # A power cut ends the drill anyhow, so the server need not survive one.
        url = stack.enter_context(EmbeddedPostgres(data=Path(directory), durable=False).running())
        for name in [name for name in os.environ if name.startswith("HOLDFAST_") and name != "HOLDFAST_ROOT"]:
            del os.environ[name]  # settings of the person's own desk are no part of a drill
        os.environ |= {"DATABASE_URL": url, "HOLDFAST_DATA": directory}
        if operations_url:
            os.environ |= {"HOLDFAST_OPERATIONS_URL": operations_url, "HOLDFAST_OPERATIONS_TOKEN": "drill"}
        if mail_url:
            os.environ["HOLDFAST_EMAIL_URL"] = mail_url
        if canary_domain:
            os.environ["HOLDFAST_CANARY_DOMAIN"] = canary_domain
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "holdfast.config.settings")
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        logs.configure(json=False, level=logging.WARNING)
        call_command("migrate", verbosity=0, skip_checks=True)
        stack.callback(connection.close)
        yield


def emptied() -> None:
    """Empty the scratch desk, so that the next play finds nobody's data."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename <> 'django_migrations'"
        )
        cursor.execute(f"TRUNCATE {cursor.fetchone()[0]} RESTART IDENTITY CASCADE")
