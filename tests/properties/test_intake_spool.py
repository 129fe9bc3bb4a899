"""Whatever happens to the database, the disk and the process: an acknowledged contact is stored exactly once."""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from holdfast.intake.accept import Incoming, Overloaded, PostgresIntake
from holdfast.intake.models import Contact, Receipt
from holdfast.intake.spool import Spool
from holdfast.kit import database

KEYS = st.none() | st.sampled_from(["a", "b", "c"])
TEXTS = st.text(min_size=1, max_size=20)  # with NUL and lone surrogates among them


class Crash(Exception):
    """The process dies here."""


class Undrained(PostgresIntake):
    """Here draining is a rule of its own."""

    async def _drain(self) -> None:
        pass


class SpoolMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.TemporaryDirectory()
        self.directory = Path(self.place.name) / "spool"
        self.source = uuid4().hex
        self.away = False
        self.open: list[psycopg.Connection[Any]] = []
        self.acknowledged: set[UUID] = set()
        self.torn = 0
        self.runner = asyncio.Runner()
        self.begin()

    def begin(self) -> None:
        self.spool = Spool(self.directory, segment_bytes=600)
        self.intake = Undrained(connect=self.connect, spool=self.spool, retry_after=0.0)
        self.runner.run(self.intake.start())

    def connect(self) -> psycopg.Connection[Any]:
        if self.away:
            raise psycopg.OperationalError("away")
        self.open.append(database.connect(name="test"))
        return self.open[-1]

    def post(self, keys_and_texts: list[tuple[str | None, str]]) -> list[Any]:
        async def together() -> list[Any]:
            incomings = [
                Incoming(channel="web", source=self.source, sender={"email": "a@b.example"}, text=text, key=key)
                for key, text in keys_and_texts
            ]
            return await asyncio.gather(*(self.intake.accept(one) for one in incomings), return_exceptions=True)

        return self.runner.run(together())

    @initialize(number=st.integers(0, 3))
    def something_lies_in_the_spool(self, number: int) -> None:
        self.database_goes_away()
        if number:
            self.accept([(None, str(n)) for n in range(number)])
        self.database_comes_back()

    @rule(batch=st.lists(st.tuples(KEYS, TEXTS), min_size=1, max_size=5))
    def accept(self, batch: list[tuple[str | None, str]]) -> None:
        for answer in self.post(batch):
            self.acknowledged.add(answer.receipt)

    @precondition(lambda self: self.away)
    @rule(text=TEXTS, written=st.integers(0, 200))
    def accept_on_a_full_disk(self, text: str, written: int) -> None:
        write = os.write

        def full(handle: int, data: Any) -> int:
            write(handle, bytes(data)[:written])
            raise OSError(errno.ENOSPC, "No space left on device")

        with mock.patch("holdfast.intake.spool.os.write", full):
            assert [type(answer) for answer in self.post([(None, text)])] == [Overloaded]

    @rule()
    def database_goes_away(self) -> None:
        self.away = True
        self.connections_break()

    @rule()
    def connections_break(self) -> None:
        while self.open:
            self.open.pop().close()

    @rule()
    def database_comes_back(self) -> None:
        self.away = False

    @rule()
    def drain_some(self) -> None:
        self.runner.run(self.intake._group.between(self.intake._drain_some))

    @precondition(lambda self: not self.away)
    @rule()
    def drain_while_the_database_fails(self) -> None:
        with mock.patch("holdfast.intake.accept.insert", side_effect=psycopg.OperationalError("gone")):
            self.drain_some()

    @rule(torn=st.booleans())
    def crash(self, torn: bool) -> None:
        """SIGKILL: nothing is tidied up, and the kernel lets go of the locks."""
        segments = sorted(self.directory.glob("*.jsonl"))
        if torn and segments:
            with segments[-1].open("ab") as segment:
                segment.write(b'1234abcd ["half a li')
            self.torn += 1
        self.abandon()
        self.begin()

    @precondition(lambda self: not self.away)
    @rule()
    def crash_between_commit_and_delete(self) -> None:
        with mock.patch.object(self.spool, "done", side_effect=Crash), suppress(Crash):
            self.drain_some()
        self.abandon()
        self.begin()

    def abandon(self) -> None:
        self.intake._group._task.cancel()
        self.intake._group._thread.shutdown()
        self.intake._drop()
        self.spool.close()
        self.runner.run(asyncio.sleep(0))

    def teardown(self) -> None:
        self.away = False
        deadline = time.monotonic() + 10
        while self.spool.waiting() and time.monotonic() < deadline:
            self.drain_some()
        self.runner.run(self.intake.close())
        self.runner.close()
        assert not list(self.directory.glob("*.jsonl"))
        assert self.spool.aside() <= self.torn
        stored = list(Contact.objects.filter(source=self.source).values_list("pk", flat=True))
        assert len(stored) == len(set(stored))
        assert set(stored) >= self.acknowledged
        assert set(Receipt.objects.filter(pk__in=stored).values_list("pk", flat=True)) == set(stored)
        self.place.cleanup()


@pytest.mark.django_db(transaction=True)
def test_every_acknowledged_contact_is_stored_exactly_once() -> None:
    run_state_machine_as_test(SpoolMachine, settings=settings(max_examples=40, stateful_step_count=15, deadline=None))
