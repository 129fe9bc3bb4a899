"""Word promised to one customer: made in the rail, kept by the next reply; the ledger holds nothing of theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from tests.desk.conftest import BACKEND, Desk, make_desk

from holdfast.conversations import personal
from holdfast.conversations.closures import close
from holdfast.conversations.errors import Refused
from holdfast.conversations.merges import merge
from holdfast.conversations.messages import post_reply
from holdfast.conversations.models import Conversation
from holdfast.conversations.promised import of
from holdfast.kit.clock import now
from holdfast.posture import current as posture
from holdfast.promises import queries
from holdfast.promises.contract import State
from holdfast.promises.models import Promise


@pytest.fixture
def desk(db: None) -> Desk:
    posture.forget()
    return make_desk()


@pytest.fixture
def ana(desk: Desk) -> Client:
    client = Client()
    client.force_login(desk.ana, BACKEND)
    return client


@pytest.fixture
def case(desk: Desk) -> Conversation:
    return desk.talk("When is the refund of my flat in Rue Verte?")


@pytest.fixture
def press(ana: Client, case: Conversation) -> Callable[..., str]:
    def pressed(status: int = 200, **given: str) -> str:
        response = ana.post(f"/desk/c/{case.number}/promised/", given)
        assert response.status_code == status
        return response.content.decode()

    return pressed


def test_word_is_promised_shown_with_its_clock_and_kept_by_the_next_reply(
    desk: Desk, ana: Client, case: Conversation, press: Callable[..., str]
) -> None:
    assert "Word by" in ana.get(f"/desk/c/{case.number}/promised/").content.decode()
    assert "data-due" in press(minutes="60")
    found = personal.promise_of(case.pk)
    assert found is not None
    assert (found.owner, found.about) == (desk.ana.pk, f"Word on #{case.number}")
    assert now() + timedelta(minutes=59) < found.due <= now() + timedelta(minutes=61)
    post_reply(conversation_id=case.pk, by=desk.ana.pk, text="It left today.", client_key="1")
    assert personal.promise_of(case.pk) is None
    assert [each.state for each in queries.history(of(case.pk))] == [State.KEPT]
    assert press(minutes="30")  # and another one may follow


def test_it_can_be_kept_by_a_call_or_given_up_for_a_reason_that_is_chosen(
    case: Conversation, press: Callable[..., str]
) -> None:
    for how, state in (("done", State.KEPT), ("not_needed", State.CANCELLED), ("mistake", State.CANCELLED)):
        press(minutes="60")
        assert "Word by" in press(**{"as": how})
        assert queries.history(of(case.pk))[-1].state == state


def test_what_makes_no_sense_is_one_sentence(desk: Desk, case: Conversation, press: Callable[..., str]) -> None:
    assert "Choose by when." in press(422, minutes="7")
    assert "Nothing is promised here any more" in press(422, **{"as": "done"})
    press(minutes="60")
    assert "There is an open promise" in press(422, minutes="60")
    with pytest.raises(Refused, match="within a month"):
        personal.promise(conversation_id=case.pk, by=desk.ana.pk, due=now() + timedelta(days=40))


def test_closing_gives_it_up_and_a_closed_case_promises_nothing(
    desk: Desk, case: Conversation, press: Callable[..., str]
) -> None:
    press(minutes="60")
    close(conversation_id=case.pk, by=desk.ana.pk)
    assert queries.history(of(case.pk))[-1].state == State.CANCELLED
    assert "Reopen it first" in press(422, minutes="60")


def test_two_cases_that_become_one_keep_the_promise(desk: Desk, case: Conversation, press: Callable[..., str]) -> None:
    press(minutes="60")
    other = desk.talk("The same again")
    merge(source_id=case.pk, target_id=other.pk, by=desk.ana.pk)
    assert personal.promise_of(other.pk) is not None
    assert personal.promise_of(case.pk) is None


def test_the_ledger_holds_nothing_of_the_customer(case: Conversation, press: Callable[..., str]) -> None:
    press(minutes="60")
    row = Promise.objects.values().get()
    assert "Rue Verte" not in str(row)
    assert case.number and f"#{case.number}" in row["about"]  # noqa: PT018 - one sentence


def test_only_who_reaches_the_case_may_promise(desk: Desk, ana: Client) -> None:
    elsewhere = desk.talk("Not of Ana's queues", queue=desk.payments)
    reached = ana.get(f"/desk/c/{elsewhere.number}/").status_code
    assert ana.post(f"/desk/c/{elsewhere.number}/promised/", {"minutes": "60"}).status_code == (
        200 if reached == 200 else reached
    )
