"""Owners of promises hear by mail what is due, through a real mail server; those who lead when it was not done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.conf import LazySettings
from tests.desk.conftest import Desk, make_desk
from tests.notify.conftest import Sink
from tests.notify.test_codes import words_of
from tests.promises.conftest import Clock

from holdfast.kit import clock
from holdfast.notify.reminders import remind_owners
from holdfast.promises import ledger
from holdfast.promises.contract import Kind
from holdfast.promises.watch import Watch

pytestmark = pytest.mark.django_db


@pytest.fixture
def time() -> Iterator[Clock]:
    source = Clock()
    clock.set_source(source)
    yield source
    clock.set_source(None)


@pytest.fixture
def desk(db: None, time: Clock) -> Desk:
    return make_desk()


def promise(desk: Desk, *, kind: Kind = Kind.UPDATE) -> None:
    due = clock.now() + timedelta(minutes=30)
    ledger.make(kind=kind, subject="incident:x", about="The next word on cards", due=due, owner=desk.ana.pk, by=None)


def to(mail: EmailMessage) -> set[str]:
    return {address.strip() for address in str(mail["To"]).split(",")}


def test_the_owner_hears_ahead_and_those_who_lead_when_it_is_time(desk: Desk, time: Clock, sink: Sink) -> None:
    promise(desk)
    assert remind_owners() == 0
    time.on(minutes=20)
    Watch({}).look()
    assert [remind_owners(), remind_owners()] == [1, 0]
    time.on(minutes=10)
    Watch({}).look()
    assert [remind_owners(), remind_owners()] == [1, 0]
    ahead, due = sink.got
    assert to(ahead) == {desk.ana.email}
    assert ahead["Subject"].startswith("Due at ")
    assert "in 10 minutes" in words_of(ahead)
    assert ahead["Auto-Submitted"] == "auto-generated"
    assert {desk.ana.email, desk.lead.email} <= to(due)
    assert "nothing has happened yet" in words_of(due)


def test_a_personal_promise_stays_between_its_owner_and_the_clock(desk: Desk, time: Clock, sink: Sink) -> None:
    promise(desk, kind=Kind.PERSONAL)
    time.on(minutes=30)
    Watch({}).look()
    assert remind_owners() == 1
    assert to(sink.got[0]) == {desk.ana.email}


def test_what_was_done_meanwhile_or_waited_too_long_is_not_sent(desk: Desk, time: Clock, sink: Sink) -> None:
    promise(desk)
    time.on(minutes=20)
    Watch({}).look()
    ledger.keep(kind=Kind.UPDATE, subject="incident:x", by=desk.ana.pk)
    assert remind_owners() == 0
    promise(desk)
    time.on(minutes=20)
    Watch({}).look()
    time.on(minutes=11)
    assert remind_owners() == 0
    assert not sink.got


def test_without_outgoing_mail_nothing_is_tried(desk: Desk, time: Clock, settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    promise(desk)
    time.on(minutes=30)
    Watch({}).look()
    assert remind_owners() == 0


def test_a_server_that_is_away_gets_it_when_it_is_back(
    desk: Desk, time: Clock, sink: Sink, settings: LazySettings
) -> None:
    promise(desk)
    time.on(minutes=30)
    Watch({}).look()
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    assert remind_owners() == 0
    settings.EMAIL_PORT = port
    assert remind_owners() == 1
    assert len(sink.got) == 1
