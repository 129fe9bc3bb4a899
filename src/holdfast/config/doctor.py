"""What `holdfast doctor` looks at once the database is found: its tables, keys and roles, mail, the language model."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from holdfast.assistant.llm.trial import tried
from holdfast.channels.models import Mailbox
from holdfast.config import what_is_off
from holdfast.guard import machine_door, ring_check, roles
from holdfast.notify import deliveries


def looked_at() -> Iterator[tuple[bool, str]]:
    """Give for each thing whether it is good, and a sentence."""
    yield from _database()
    yield from what_is_off.findings()
    if (found := tried()) is not None:
        yield found


def _database() -> Iterator[tuple[bool, str]]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            version = cursor.fetchone()[0]
        major = int(version.split(".")[0])
        yield major >= 15, f"The database answers: PostgreSQL {version} (15 or later is needed)."
        executor = MigrationExecutor(connection)
        waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        about = f"{waiting} migrations wait; run `holdfast migrate`." if waiting else "Its tables are up to date."
        yield not waiting, about
        if not waiting:
            yield from ring_check.findings()
            yield from roles.findings()
            yield from machine_door.findings()
            yield from mail()
    except DatabaseError as error:
        yield False, f"The database does not answer: {str(error).strip()}"


def mail() -> Iterator[tuple[bool, str]]:
    """Tell of what waits to be sent, and of each mailbox whether it is read."""
    waiting = deliveries.waiting_count()
    wait = "1 reply waits" if waiting == 1 else f"{waiting} replies wait"
    if deliveries.outgoing_mail_is_set_up():
        yield True, f"Outgoing mail is set up; {wait} to be sent."
    else:
        # A desk without mail is whole until somebody is owed one.
        yield not waiting, f"Outgoing mail is not set up; {wait} to be sent. Set HOLDFAST_EMAIL_URL to let them leave."
    for name, error in Mailbox.objects.order_by("name").values_list("name", "error"):
        yield not error, f"The mailbox {name} cannot be read: {error}" if error else f"The mailbox {name} is read."
