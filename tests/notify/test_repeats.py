"""A reply that failed, or of which nobody knows, leaves again when a person says so, and never by itself."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from holdfast.conversations.assignments import assign
from holdfast.conversations.errors import Stale
from holdfast.conversations.models import Message
from holdfast.kit.models import OutboxEvent
from holdfast.notify import deliveries, repeats
from holdfast.notify.models import Delivery, Repeat
from holdfast.people.models import Agent, Role

from .conftest import Sink, answered, arrives, written

pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent, "holdfast.people.signed_in.SignedIn")
    return client


def address(delivery: Delivery) -> str:
    return f"/desk/c/{delivery.message.conversation.number}/delivery/{delivery.message_id}/again/"


def ask_again(agent: Agent, delivery: Delivery, *, seen: int = 0) -> Any:
    return signed_in(agent).post(address(delivery), {"seen": seen})


@pytest.fixture
def unknown(agent: Agent, sink: Sink, tmp_path: Path) -> Delivery:
    """A reply whose connection broke after its words were handed over."""
    sink.drop = True
    delivery = answered(arrives(written("Where is my salary?"), tmp_path), agent)
    sink.drop = False
    assert delivery.state == Delivery.State.UNKNOWN
    return delivery


def test_what_is_unknown_leaves_once_more_as_the_same_mail_and_who_did_it_is_written_down(
    agent: Agent, sink: Sink, unknown: Delivery
) -> None:
    page = signed_in(agent).get(address(unknown)).content.decode()
    assert "It may have arrived already" in page
    assert ask_again(agent, unknown).status_code == 204
    deliveries.send_due()
    deliveries.send_due()
    (mail,) = sink.got
    assert mail["Message-ID"] == f"<{unknown.header_id}>"
    unknown.refresh_from_db()
    assert (unknown.state, unknown.repeats) == (Delivery.State.SENT, 1)
    repeat = Repeat.objects.get()
    assert (repeat.by_id, repeat.was) == (agent.pk, "unknown")
    line = Message.objects.get(author="system", details__kind="repeat")
    assert line.internal
    assert line.text.startswith("Imani Clarke has the reply of")


def test_without_a_person_nothing_leaves_again(sink: Sink, unknown: Delivery) -> None:
    assert deliveries.send_due() == 0
    assert sink.got == []


def test_a_refused_mail_can_be_sent_again_and_fails_again_while_nothing_changed(
    agent: Agent, sink: Sink, tmp_path: Path
) -> None:
    sink.answer = "550 5.1.1 nobody here"
    delivery = answered(arrives(written("Hello"), tmp_path), agent)
    assert "refused" in signed_in(agent).get(address(delivery)).content.decode()
    ask_again(agent, delivery)
    deliveries.send_due()
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.FAILED
    sink.answer = "250 OK"
    assert ask_again(agent, delivery, seen=0).status_code == 409, "the form is from before the last time"
    assert ask_again(agent, delivery, seen=1).status_code == 204
    deliveries.send_due()
    assert len(sink.got) == 1
    assert Repeat.objects.count() == 2


@pytest.mark.parametrize("state", ["pending", "sending", "sent"])
def test_what_waits_or_has_left_is_not_sent_again(agent: Agent, sink: Sink, unknown: Delivery, state: str) -> None:
    Delivery.objects.update(state=state)
    assert signed_in(agent).get(address(unknown)).status_code == 422
    assert ask_again(agent, unknown).status_code == 409
    assert not Repeat.objects.exists()


def test_of_many_people_at_once_one_sends_it(agent: Agent, sink: Sink, unknown: Delivery) -> None:
    came: list[str] = []

    def press() -> None:
        try:
            repeats.send_again(message_id=unknown.message_id, by=agent.pk, seen=0)
            came.append("sent")
        except Stale:
            came.append("stale")
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(came) == ["sent", *["stale"] * 5]
    while deliveries.send_due():
        pass
    assert len(sink.got) == 1
    assert Repeat.objects.count() == 1


def test_a_sender_that_comes_back_late_says_nothing_about_the_mail_sent_again(
    agent: Agent, sink: Sink, tmp_path: Path
) -> None:
    delivery = answered(arrives(written("Hello"), tmp_path), agent)
    (late,) = deliveries.envelopes([delivery.pk])
    Delivery.objects.update(state=Delivery.State.UNKNOWN)
    repeats.send_again(message_id=delivery.message_id, by=agent.pk, seen=0)
    deliveries._settle(late, Delivery.State.FAILED, "too late")
    deliveries._later(late, "too late")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == (Delivery.State.PENDING, "")


def test_open_pages_hear_of_it_and_read_how_it_stands(agent: Agent, sink: Sink, unknown: Delivery) -> None:
    before = OutboxEvent.objects.count()
    ask_again(agent, unknown)
    deliveries.send_due()
    told = [row.payload for row in OutboxEvent.objects.order_by("pk")[before:] if row.payload["kind"] == "delivery"]
    assert [said["message"] for said in told] == [str(unknown.message_id)] * 2, "waiting again, then sent"
    shown = signed_in(agent).get(address(unknown).removesuffix("again/")).content.decode()
    assert "Sent" in shown
    assert "Send again" not in shown


def test_a_sender_that_vanished_is_told_to_open_pages(agent: Agent, sink: Sink, unknown: Delivery) -> None:
    Delivery.objects.update(state=Delivery.State.SENDING, leased_until=unknown.created_at)
    before = OutboxEvent.objects.count()
    deliveries.settle_expired()
    (event,) = OutboxEvent.objects.order_by("pk")[before:]
    assert event.payload["message"] == str(unknown.message_id)


def test_who_has_the_case_or_leads_may_and_others_may_not(agent: Agent, sink: Sink, unknown: Delivery) -> None:
    conversation = unknown.message.conversation
    team = _team_of(conversation.queue_id)
    holder = Agent.objects.create_user("h@example.com", name="Hanna", role=Role.AGENT, team=team)
    other = Agent.objects.create_user("o@example.com", name="Otto", role=Role.AGENT, team=team)
    outside = Agent.objects.create_user("x@example.com", name="Xenia", role=Role.AGENT)
    assign(conversation_id=conversation.pk, to=holder.pk, by=agent.pk)
    refused: HttpResponse = ask_again(other, unknown)
    assert refused.status_code == 422
    assert "Hanna has this conversation" in refused.content.decode()
    assert ask_again(outside, unknown).status_code == 404
    assert Client().post(address(unknown), {"seen": 0}).status_code == 302
    assert ask_again(holder, unknown).status_code == 204


def _team_of(queue_id: int | None) -> Any:
    from holdfast.desk.models import Queue
    from holdfast.people.models import Team, Vendor

    team = Team.objects.create(name="One", vendor=Vendor.objects.create(name="Tidewater"))
    Queue.objects.get(pk=queue_id).teams.add(team)
    return team


def test_a_message_of_another_case_is_not_found_here(
    agent: Agent, sink: Sink, unknown: Delivery, tmp_path: Path
) -> None:
    elsewhere = arrives(written("Another matter", sender="b@example.com", subject="Other"), tmp_path)
    wrong = f"/desk/c/{elsewhere.number}/delivery/{unknown.message_id}/again/"
    assert signed_in(agent).post(wrong, {"seen": 0}).status_code == 404
    assert not Repeat.objects.exists()
