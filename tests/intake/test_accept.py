"""Accepting without HTTP: ids, poisoned contacts, and what is sealed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import transaction
from tests.opened import opened

from holdfast.intake.accept import Accepted, Incoming, PostgresIntake, Unstorable, accept_now
from holdfast.intake.models import Contact, Receipt
from holdfast.intake.spool import Spool
from holdfast.kit import database

pytestmark = pytest.mark.django_db(transaction=True)


def incoming(**changes: Any) -> Incoming:
    given = {"channel": "email", "source": "imap", "sender": {"email": "ana@customer.example", "name": "Ana Ð"}}
    return Incoming(**{**given, "text": "My card is lost.", **changes})


def accepted_together(spool: Path, *contacts: Incoming) -> list[Accepted | BaseException]:
    async def scenario() -> list[Accepted | BaseException]:
        intake = PostgresIntake(connect=partial(database.connect, name="test"), spool=Spool(spool))
        await intake.start()
        try:
            return await asyncio.gather(*(intake.accept(one) for one in contacts), return_exceptions=True)
        finally:
            await intake.close()

    return asyncio.run(scenario())


def test_accept_now_stores_a_contact_and_its_receipt_in_the_callers_transaction() -> None:
    with transaction.atomic():
        (first,) = accept_now([incoming(key="1")])
        transaction.set_rollback(True)
    assert Contact.objects.count() == 0
    (again,) = accept_now([incoming(key="1")])
    assert again.receipt == first.receipt
    assert Receipt.objects.get(pk=again.receipt).state == "accepted"


def test_the_sender_is_sealed_for_its_own_row() -> None:
    (accepted,) = accept_now([incoming()])
    sender = Contact.objects.get(pk=accepted.receipt).sender
    assert "ana" not in str(sender)
    assert opened(sender) == '{"email": "ana@customer.example", "name": "Ana Ð"}'


def test_equal_keys_meet_in_one_batch_and_later_and_differ_by_source_and_channel() -> None:
    first, second = accept_now([incoming(key="1"), incoming(key="1", text="again")])
    (later,) = accept_now([incoming(key="1")])
    assert first == second == later
    others = accept_now([incoming(key="1", source="smtp"), incoming(key="1", channel="web"), incoming(key=None)])
    assert len({first.receipt, *(other.receipt for other in others)}) == 4


def test_one_poisoned_contact_does_not_stop_its_batch(tmp_path: Path) -> None:
    contacts = [incoming(text=f"{n}") for n in range(20)]
    contacts[3] = incoming(text="NUL \x00 and half \ud800 a pair", payload={"html": "\x00", "warnings": ["\udc00"]})
    contacts[7] = incoming(payload={"at": object()})
    contacts[11] = incoming(channel="a channel longer than its column is wide")
    answers = accepted_together(tmp_path, *contacts)
    assert [number for number, answer in enumerate(answers) if not isinstance(answer, Accepted)] == [7, 11]
    assert isinstance(answers[7], Unstorable)
    assert isinstance(answers[11], Unstorable)
    assert Contact.objects.count() == Receipt.objects.count() == 18
    repaired = Contact.objects.get(pk=answers[3].receipt)  # type: ignore[union-attr]
    assert repaired.text == "NUL � and half � a pair"
    assert repaired.payload == {"html": "�", "warnings": ["�"]}


def test_a_contact_the_database_refuses_after_the_spool_is_kept_aside_visibly(tmp_path: Path) -> None:
    away = [True]

    def connect() -> psycopg.Connection[Any]:
        if away[0]:
            raise psycopg.OperationalError("away")
        return database.connect(name="test")

    async def scenario() -> None:
        spool = Spool(tmp_path)
        intake = PostgresIntake(connect=connect, spool=spool, retry_after=0.01, drain_every=0.01)
        await intake.start()
        await asyncio.gather(intake.accept(incoming()), intake.accept(incoming(channel="x" * 30)))
        assert spool.counts() == {"email": 1, "x" * 30: 1}
        away[0] = False
        async with asyncio.timeout(10):
            while spool.waiting():
                await asyncio.sleep(0.01)
        assert spool.aside() == 1
        await intake.close()

    asyncio.run(scenario())
    assert Contact.objects.count() == 1


@pytest.fixture
def heard() -> Iterator[Callable[[], int]]:
    with psycopg.connect(**database.parameters(), autocommit=True) as listener:
        listener.execute("LISTEN holdfast_intake")
        yield lambda: len(list(listener.notifies(timeout=0.2)))


def test_triage_is_woken_once_per_batch_and_not_for_repeats(heard: Callable[[], int]) -> None:
    accept_now([incoming(key=str(n)) for n in range(5)])
    assert heard() == 1
    accept_now([incoming(key="1")])
    assert heard() == 0
