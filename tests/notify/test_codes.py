"""One-time codes leave by real SMTP, to an address on file only, and look the same from outside for everybody."""

from __future__ import annotations

import re
from datetime import timedelta
from email.message import EmailMessage
from uuid import UUID

import pytest
from django.conf import LazySettings
from tests.notify.conftest import Sink

from holdfast.conversations.models import Conversation
from holdfast.guard.keys import blind_index
from holdfast.kit.clock import now
from holdfast.notify.codes import CodeSent, send_code
from holdfast.people.models import Customer, Identity, ProofCode
from holdfast.people.proving import Entered, enter

pytestmark = pytest.mark.django_db


def conversation(customer: Customer, channel: str = "chat") -> UUID:
    made = Conversation.objects.create(customer=customer, channel=channel, last_message_at=now(), created_at=now())
    return made.pk


def customer(email: str, level: int = 1, reference: str | None = "TW-100001") -> Customer:
    made = Customer.objects.create(reference=reference)
    Identity.objects.create(
        customer=made,
        kind="email",
        value=email,
        index=blind_index("email", email),
        level=level,
        created_at=now() - timedelta(days=1),
    )
    return made


def words_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_the_code_arrives_at_the_address_on_file_and_works(sink: Sink) -> None:
    maren = customer("maren@post.example")
    here = conversation(maren)
    assert send_code(conversation_id=here, speaker_id=maren.pk, locale="en") is CodeSent.ON_ITS_WAY
    (mail,) = sink.got
    assert mail["To"] == "maren@post.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Reply-To"] is None, "an answer that quotes the code must not appear in the chat"
    code = "".join(re.findall(r"(\d{3}) (\d{3})", words_of(mail))[0])
    assert code not in str(mail["Subject"])
    assert enter(code, conversation_id=here, speaker_id=maren.pk) is Entered.PROVEN
    assert ProofCode.objects.get().sent_at is not None


@pytest.mark.parametrize(
    ("locale", "begins"), [("id", "Kode Anda"), ("pt-br", "Seu código"), ("en-GB", "Your code"), ("de", "Your code")]
)
def test_the_mail_speaks_the_language_of_the_conversation(sink: Sink, locale: str, begins: str) -> None:
    maren = customer("maren@post.example")
    send_code(conversation_id=conversation(maren), speaker_id=maren.pk, locale=locale)
    assert words_of(sink.got[0]).startswith(begins)


def test_a_conversation_by_mail_is_answered_by_mail(sink: Sink) -> None:
    maren = customer("maren@post.example")
    send_code(conversation_id=conversation(maren, "email"), speaker_id=maren.pk, locale="en")
    assert sink.got[0]["Reply-To"].startswith("support+")


def test_for_who_is_not_on_file_nothing_leaves_and_the_answer_is_the_same(sink: Sink) -> None:
    stranger = customer("stranger@post.example", level=0, reference=None)
    here = conversation(stranger)
    told = [send_code(conversation_id=here, speaker_id=stranger.pk, locale="en") for _ in range(4)]
    assert told == [CodeSent.ON_ITS_WAY] * 3 + [CodeSent.NO_MORE]
    assert sink.got == []


def test_an_address_that_is_refused_is_not_told_to_who_waits(sink: Sink, capfd: pytest.CaptureFixture[str]) -> None:
    maren = customer("maren@post.example")
    sink.answer = "550 no such user"
    assert send_code(conversation_id=conversation(maren), speaker_id=maren.pk, locale="en") is CodeSent.ON_ITS_WAY
    assert ProofCode.objects.get().sent_at is None
    logged = "".join(capfd.readouterr())
    assert "code_not_sent" in logged
    assert "maren" not in logged


def test_without_a_mail_server_nobody_gets_a_code_on_file_or_not(settings: LazySettings) -> None:
    maren, stranger = customer("maren@post.example"), customer("s@post.example", level=0, reference=None)
    for backend, port in (("dummy", 25), ("smtp", 1)):
        settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        for who in (maren, stranger):
            told = send_code(conversation_id=conversation(who), speaker_id=who.pk, locale="en")
            assert told is CodeSent.AWAY
    assert not ProofCode.objects.exists(), "no code is spent on a mail that cannot leave"


def test_no_log_line_of_a_code_holds_it_or_the_address(sink: Sink, capfd: pytest.CaptureFixture[str]) -> None:
    maren = customer("maren@post.example")
    send_code(conversation_id=conversation(maren), speaker_id=maren.pk, locale="en")
    first, second = re.findall(r"(\d{3}) (\d{3})", words_of(sink.got[0]))[0]
    logged = "".join(capfd.readouterr())
    assert first + second not in logged
    assert "maren" not in logged
