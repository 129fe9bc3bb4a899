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
def scratch(*, operations_url: str) -> Iterator[None]:
    """Load Django on a fresh, empty desk in a temporary directory, for as long as the `with` block lasts.

    Django can be loaded once in a process, so this comes before anything else that would. Raises `PostgresError`.
    """
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-drill-"))
        # A power cut ends the drill anyhow, so the server need not survive one.
        url = stack.enter_context(EmbeddedPostgres(data=Path(directory), durable=False).running())
        for name in [name for name in os.environ if name.startswith("HOLDFAST_") and name != "HOLDFAST_ROOT"]:
            del os.environ[name]  # settings of the person's own desk are no part of a drill
        os.environ |= {"DATABASE_URL": url, "HOLDFAST_DATA": directory}
        os.environ |= {"HOLDFAST_OPERATIONS_URL": operations_url, "HOLDFAST_OPERATIONS_TOKEN": "drill"}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "holdfast.config.settings")
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        logs.configure(json=False, level=logging.WARNING)
        call_command("migrate", verbosity=0, skip_checks=True)
        stack.callback(connection.close)
        yield
