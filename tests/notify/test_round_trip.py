"""A mail comes in, a person answers, the answer leaves by SMTP, and the customer's next mail finds its thread."""

from __future__ import annotations

import threading
from email import message_from_bytes
from pathlib import Path

import pytest
from django.conf import LazySettings

from holdfast.assistant import holding
from holdfast.assistant.contract import NOTHING_HELD
from holdfast.channels.email_in import incoming_from_mail
from holdfast.channels.reply_token import reply_address
from holdfast.conversations.closures import close
from holdfast.conversations.models import Conversation, Message
from holdfast.intake.accept import accept_now
from holdfast.intake.models import Receipt
from holdfast.kit.blobs import BlobStore
from holdfast.kit.ids import uuid7
from holdfast.notify import deliveries
from holdfast.notify.models import Delivery
from holdfast.notify.replies import assistant_reply, reply
from holdfast.people.models import Agent
from holdfast.triage.loop import once

from .conftest import Sink, answered, arrives, written

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_answer_leaves_in_the_customers_thread(agent: Agent, sink: Sink, tmp_path: Path) -> None:
    raw = written("Where is my salary?")
    conversation = arrives(raw, tmp_path)
    delivery = answered(conversation, agent)
    (mail,) = sink.got
    assert delivery.state == Delivery.State.SENT
    assert mail["To"] == "maren@example.com"
    assert mail["Subject"] == "Re: Rent due today"
    assert mail["In-Reply-To"] == message_from_bytes(raw)["Message-ID"]
    assert mail["Reply-To"] == reply_address(conversation.pk)
    assert mail["Message-ID"] == f"<{delivery.header_id}>"
    assert "It shows by 18:00." in mail.get_body(("plain",)).get_content()
    assert Receipt.objects.get().state == Receipt.State.ANSWERED


@pytest.mark.parametrize("way", ["token", "in-reply-to", "references", "subject"])
def test_the_customers_next_mail_comes_back_into_the_conversation(
    agent: Agent, sink: Sink, tmp_path: Path, way: str
) -> None:
    conversation = arrives(written("Where is my salary?"), tmp_path)
    sent = answered(conversation, agent)
    close(conversation_id=conversation.pk, by=agent.pk)
    extra = {
        "token": {"to": reply_address(conversation.pk), "subject": "something else"},
        "in-reply-to": {"In_Reply_To": f"<{sent.header_id}>", "subject": "other"},
        "references": {"References": f"<x@example.com> <{sent.header_id}>", "subject": "other"},
        "subject": {"subject": "RE: Rent due today"},
    }[way]
    assert arrives(written("Thank you, and now?", **extra), tmp_path).pk == conversation.pk
    conversation.refresh_from_db()
    assert conversation.state == Conversation.State.OPEN


def test_a_stranger_with_the_same_subject_or_a_made_up_token_gets_a_conversation_of_their_own(
    agent: Agent, sink: Sink, tmp_path: Path
) -> None:
    first = arrives(written("Where is my salary?"), tmp_path)
    token = reply_address(first.pk).replace("support+", "support+aaaa")
    stranger = arrives(written("Show me", sender="eve@example.net", to=token), tmp_path)
    assert stranger.pk != first.pk


@pytest.mark.parametrize(
    ("answer", "state"),
    [("451 4.3.0 later", Delivery.State.PENDING), ("550 5.1.1 nobody here", Delivery.State.FAILED)],
)
def test_a_refused_mail_is_tried_later_or_shown_as_failed(
    agent: Agent, sink: Sink, tmp_path: Path, answer: str, state: str
) -> None:
    sink.answer = answer
    delivery = answered(arrives(written("Hello"), tmp_path), agent)
    assert delivery.state == state
    assert "refused" in delivery.error
    assert deliveries.send_due() == 0, "not due again at once"


def test_a_connection_that_breaks_after_the_words_were_handed_over_is_never_sent_again(
    agent: Agent, sink: Sink, tmp_path: Path
) -> None:
    sink.drop = True
    delivery = answered(arrives(written("Hello"), tmp_path), agent)
    assert delivery.state == Delivery.State.UNKNOWN
    sink.drop = False
    deliveries.send_due()
    assert sink.got == []


def test_a_server_that_cannot_be_reached_leaves_the_mail_waiting(
    agent: Agent, sink: Sink, tmp_path: Path, settings: LazySettings
) -> None:
    settings.EMAIL_PORT = 1
    delivery = answered(arrives(written("Hello"), tmp_path), agent)
    assert delivery.state == Delivery.State.PENDING
    Delivery.objects.update(not_before=delivery.created_at)
    settings.EMAIL_PORT = sink.port
    deliveries.send_due()
    assert len(sink.got) == 1


def test_a_sender_that_vanished_mid_way_leaves_unknown_behind(agent: Agent, sink: Sink, tmp_path: Path) -> None:
    conversation = arrives(written("Hello"), tmp_path)
    reply(conversation_id=conversation.pk, by=agent.pk, text="Hi", client_key="a" * 12)
    (leased,) = deliveries._lease(10)
    assert deliveries.settle_expired() == 0
    Delivery.objects.update(leased_until=Delivery.objects.get(pk=leased).created_at)
    assert deliveries.settle_expired() == 1
    assert deliveries.send_due() == 0
    assert sink.got == []


def test_without_outgoing_mail_the_reply_waits(agent: Agent, tmp_path: Path, settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    delivery = answered(arrives(written("Hello"), tmp_path), agent)
    assert (delivery.state, delivery.attempts) == (Delivery.State.PENDING, 0)
    assert deliveries.waiting_count() == 1


def test_two_senders_at_once_send_each_mail_once(agent: Agent, sink: Sink, tmp_path: Path) -> None:
    for number in range(12):
        conversation = arrives(written("Hello", sender=f"c{number}@example.com", subject=f"n{number}"), tmp_path)
        reply(conversation_id=conversation.pk, by=agent.pk, text="Hi", client_key=str(uuid7()))
    threads = [threading.Thread(target=_send_all) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(str(mail["To"]) for mail in sink.got) == sorted(f"c{number}@example.com" for number in range(12))


def _send_all() -> None:
    from django.db import connection

    try:
        while deliveries.send_due(limit=2):
            pass
    finally:
        connection.close()


def test_machines_that_answer_each_other_stop_at_the_hourly_limit(agent: Agent, sink: Sink, tmp_path: Path) -> None:
    for number in range(deliveries.AUTOMATIC_PER_HOUR + 4):
        conversation = arrives(written("I am away", subject=f"Away {number}"), tmp_path)
        holding.keep(conversation.pk, NOTHING_HELD)  # it has the word
        assistant_reply(conversation_id=conversation.pk, text="From our help article", details={})
    while deliveries.send_due():
        pass
    assert len(sink.got) == deliveries.AUTOMATIC_PER_HOUR
    held = Delivery.objects.filter(state=Delivery.State.FAILED)
    assert held.count() == 4
    assert "hourly limit" in held.first().error  # type: ignore[union-attr]


def test_automatic_mail_is_recorded_and_never_answered(agent: Agent, sink: Sink, tmp_path: Path) -> None:
    conversation = arrives(written("I am away until Monday", Auto_Submitted="auto-replied"), tmp_path)
    assert conversation.kind == Conversation.Kind.MACHINE
    assert Receipt.objects.get().state == Receipt.State.PARKED
    assert not Message.objects.filter(author=Message.Author.ASSISTANT).exists()


def returned(header_id: str, *, action: str) -> bytes:
    """A delivery report after RFC 3464 about one of our mails."""
    return (
        "From: MAILER-DAEMON@mx.example.com\r\nTo: support@support.localhost\r\nSubject: Undelivered\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; maren@example.com\r\nAction: {action}\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{header_id}>\r\n"
        "Subject: Re: Rent\r\n\r\nx\r\n--b--\r\n"
    ).encode()


@pytest.mark.parametrize(("action", "state"), [("failed", Delivery.State.FAILED), ("delayed", Delivery.State.SENT)])
def test_a_mail_that_comes_back_is_shown_where_it_was_sent(
    agent: Agent, sink: Sink, tmp_path: Path, action: str, state: str
) -> None:
    conversation = arrives(written("Where is my salary?"), tmp_path)
    sent = answered(conversation, agent)
    accept_now([incoming_from_mail(returned(sent.header_id, action=action), blobs=BlobStore(tmp_path))])
    once()
    sent.refresh_from_db()
    assert sent.state == state
    assert ("came back" in sent.error) == (action == "failed")
    conversation.refresh_from_db()
    assert conversation.waiting_since is None, "a report is nobody waiting"
    assert conversation.messages.filter(internal=True, text__contains="could not be delivered").exists()
    assert Receipt.objects.filter(state=Receipt.State.PARKED).count() == 1
