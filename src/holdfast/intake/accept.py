"""Accepting a contact: on disk first, then acknowledged. PostgreSQL, or the spool while it is away."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import psycopg
import structlog
from django.db import connection as django_connection
from django.db import transaction
from prometheus_client import Counter, Gauge, Histogram

from holdfast.intake.contact import Accepted, Incoming
from holdfast.intake.spool import Spool
from holdfast.intake.store import Row, cleaned, insert, row_of
from holdfast.kit.clock import now
from holdfast.kit.group_commit import GroupCommit, Overloaded

__all__ = ["Accepted", "Incoming", "Intake", "Overloaded", "PostgresIntake", "Unstorable", "accept_now"]

_log = structlog.get_logger(__name__)
_accepted = Counter("holdfast_contacts_accepted", "Contacts accepted at this door.", ["channel"])
_spooled = Counter("holdfast_contacts_spooled", "Contacts that went to the spool because PostgreSQL was away.")
_refused = Counter("holdfast_contacts_unstorable", "Contacts that no database could keep, refused to their sender.")
_commit_seconds = Histogram(
    "holdfast_door_commit_seconds", "One group commit.", buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2, 10)
)
_batch_rows = Histogram("holdfast_door_batch_rows", "Contacts in one group commit.", buckets=(1, 4, 16, 64, 256, 1000))
_pending = Gauge("holdfast_door_pending", "Contacts waiting for their commit.")
_waiting_in_spool = Gauge("holdfast_spool_segments_waiting", "1 while contacts lie in the spool.")

# Faults of one contact. Whatever else goes wrong is the database's trouble and must not cost anybody a contact.
_ROWS_OWN_FAULT = (psycopg.DataError, psycopg.IntegrityError, ValueError, TypeError)


class Unstorable(Exception):
    """This one contact can be kept nowhere, whatever the state of the database. It was not accepted."""


class Intake(Protocol):
    """Where every channel hands its contacts in."""

    def accept(self, incoming: Incoming) -> Awaitable[Accepted]:
        """Ends only when the contact is on disk. Raises `Overloaded` (come back later) or `Unstorable`."""
        ...


def accept_now(incomings: Sequence[Incoming]) -> list[Accepted]:
    """Accept contacts in the current thread, on Django's connection and in its transaction. Raises `DatabaseError`."""
    moment = now()
    rows = [row_of(incoming, moment) for incoming in incomings]
    with transaction.atomic(), django_connection.wrap_database_errors:
        django_connection.ensure_connection()
        with psycopg.Cursor(django_connection.connection) as cursor:  # Django's own cursor binds on the client
            known = insert(cursor, rows)
    return [Accepted(row.id, known.get(row.id, moment)) for row in rows]


class PostgresIntake:
    """Group commit into PostgreSQL; into the spool while it is away; back into PostgreSQL once it returns."""

    def __init__(
        self,
        *,
        connect: Callable[[], psycopg.Connection[Any]],
        spool: Spool,
        limit: int = 20_000,
        retry_after: float = 1.0,
        drain_every: float = 0.5,
    ) -> None:
        self._connect = connect
        self._spool = spool
        self._retry_after = retry_after
        self._drain_every = drain_every
        self._connection: psycopg.Connection[Any] | None = None
        self._away_until = 0.0
        self._pause = retry_after
        self._group: GroupCommit[Incoming, Accepted] = GroupCommit(commit=self._commit, limit=limit, on_stuck=self._cut)

    async def start(self) -> None:
        """Begin to accept, and to drain what earlier processes left in the spool."""
        self._group.start()
        self._drainer = asyncio.get_running_loop().create_task(self._drain(), name="spool-drain")

    async def close(self) -> None:
        """Commit what waits, then let go of the database and the spool."""
        self._drainer.cancel()
        with suppress(asyncio.CancelledError):
            await self._drainer
        await self._group.close()
        self._drop()
        self._spool.close()

    def accept(self, incoming: Incoming) -> Awaitable[Accepted]:
        """Ends only when the contact is on disk. Raises `Overloaded` or `Unstorable`."""
        return self._group.submit(incoming)

    @property
    def alive(self) -> bool:
        """Tell whether contacts can be accepted."""
        return self._group.alive

    @property
    def spooling(self) -> bool:
        """Tell whether PostgreSQL was away when last needed, so that contacts go to the spool."""
        return self._away_until > 0.0

    async def canary(self) -> bool:
        """Commit a transaction on the writer's own connection; tell whether that worked."""
        return await self._group.between(self._canary)

    # From here on: the commit thread.

    def _commit(self, batch: Sequence[Incoming]) -> list[Accepted | Exception]:
        started, moment = time.perf_counter(), now()  # one moment for all: they are accepted together
        rows: list[Row | Exception] = []
        for incoming in batch:
            try:
                rows.append(row_of(incoming, moment))
            except _ROWS_OWN_FAULT:
                rows.append(Unstorable("It cannot be written."))
        good = [row for row in rows if isinstance(row, Row)]
        outcomes = iter(self._keep(good))
        answers = [next(outcomes) if isinstance(row, Row) else row for row in rows]
        self._measure(good, answers, started)
        return answers

    def _keep(self, rows: Sequence[Row]) -> list[Accepted | Exception]:
        if time.monotonic() >= self._away_until:
            try:
                return self._store(rows)
            except (psycopg.Error, OSError) as error:
                self._lost(error)
        try:
            self._spool.append(rows)
        except OSError as error:
            _log.error("spool cannot be written", error=str(error), contacts=len(rows))
            return [Overloaded("Neither the database nor the spool can be written.")] * len(rows)
        _spooled.inc(len(rows))
        return [Accepted(row.id, row.accepted_at) for row in rows]

    def _store(self, rows: Sequence[Row]) -> list[Accepted | Exception]:
        """Store rows; halve a batch that is refused until the contact at fault stands alone."""
        try:
            known = self._insert(rows)
        except _ROWS_OWN_FAULT:
            if len(rows) > 1:
                half = len(rows) // 2
                return self._store(rows[:half]) + self._store(rows[half:])
            return [self._repaired(rows[0])]
        return [Accepted(row.id, known.get(row.id, row.accepted_at)) for row in rows]

    def _repaired(self, row: Row) -> Accepted | Exception:
        try:
            known = self._insert([cleaned(row)])
        except _ROWS_OWN_FAULT as error:
            _log.warning("contact cannot be stored", contact=str(row.id), error=type(error).__name__)
            return Unstorable("The database cannot keep it.")
        return Accepted(row.id, known.get(row.id, row.accepted_at))

    def _insert(self, rows: Sequence[Row]) -> Mapping[UUID, datetime]:
        with self._reached().cursor() as cursor:
            known = insert(cursor, rows)
        if self.spooling:
            self._away_until = 0.0
            _log.info("database is back")
        return known

    def _reached(self) -> psycopg.Connection[Any]:
        if self._connection is None:
            started = time.monotonic()
            try:
                self._connection = self._connect()
            finally:
                # A server that does not even refuse costs patience each time, so it is asked less often.
                self._pause = max(self._retry_after, 5 * (time.monotonic() - started))
        return self._connection

    def _lost(self, error: Exception) -> None:
        if not self.spooling:
            _log.warning("database is away: contacts go to the spool", error=str(error).strip().split("\n")[0])
        self._drop()
        self._away_until = time.monotonic() + self._pause

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(Exception):
                self._connection.close()
            self._connection = None

    def _cut(self) -> None:
        """Break a connection whose server no longer answers, from outside the thread that waits on it."""
        if self._connection is not None:
            with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(self._connection.fileno())) as wire:
                wire.shutdown(socket.SHUT_RDWR)

    def _canary(self) -> bool:
        try:
            self._reached().execute(
                "SELECT pg_current_xact_id()"
            )  # takes a transaction id, so its commit is a real one
        except (psycopg.Error, OSError) as error:
            self._lost(error)
            return False
        self._away_until = 0.0
        return True

    async def _drain(self) -> None:
        while True:
            try:
                waiting = self._spool.waiting()
                _waiting_in_spool.set(waiting)
                if not waiting or not await self._group.between(self._drain_some):
                    await asyncio.sleep(self._drain_every)
            except Exception as error:  # a fault here must not end the draining
                _log.error("spool drain failed", error=repr(error))
                await asyncio.sleep(self._retry_after)

    def _drain_some(self) -> bool:
        """Move one chunk, so that the door gets its turn between two. Tell whether there may be more."""
        if time.monotonic() < self._away_until:
            return False
        try:
            self._reached()
            chunk = self._spool.chunk(500)
            if chunk is None:
                return False
            outcomes = self._store(chunk.rows)
        except (psycopg.Error, OSError) as error:
            self._lost(error)
            return False
        aside = [row for row, outcome in zip(chunk.rows, outcomes, strict=True) if isinstance(outcome, Exception)]
        if aside:
            self._spool.set_aside(aside, because="The database cannot keep it.")
        self._spool.done(chunk)
        return True

    def _measure(self, rows: Sequence[Row], answers: Sequence[Accepted | Exception], started: float) -> None:
        channels: dict[str, int] = {}
        for row in rows:
            channels[row.channel] = channels.get(row.channel, 0) + 1
        refused = sum(isinstance(answer, Exception) for answer in answers)
        if refused:
            _refused.inc(refused)
        for channel, number in channels.items():
            _accepted.labels(channel).inc(number)
        _batch_rows.observe(len(rows))
        _commit_seconds.observe(time.perf_counter() - started)
        _pending.set(self._group.pending)
