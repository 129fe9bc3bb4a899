"""One-time codes leave by real SMTP, to an address on file only, and look the same from outside for everybody."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from email.message import EmailMessage
from uuid import UUID

import pytest
from django.conf import LazySettings
from tests.notify.conftest import Gateway, Sink

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


PHONE = "+353 87 123 4567"


def also_by_phone(who: Customer, *, level: int = 1, number: str = PHONE, days: int = 1) -> Identity:
    return Identity.objects.create(
        customer=who,
        kind="phone",
        value=number,
        index=blind_index("phone", number),
        level=level,
        created_at=now() - timedelta(days=days),
    )


def by_phone_only() -> Customer:
    made = Customer.objects.create(reference="TW-100002")
    also_by_phone(made)
    return made


def text_of(gateway: Gateway) -> dict[str, str]:
    ((_, body),) = gateway.got
    return dict(json.loads(body))


@pytest.mark.parametrize(("locale", "has"), [("en", "your code"), ("id", "kode Anda"), ("pt-br", "seu código")])
def test_who_has_only_a_number_on_file_gets_the_code_there(sink: Sink, gateway: Gateway, locale: str, has: str) -> None:
    maren = by_phone_only()
    here = conversation(maren)
    assert send_code(conversation_id=here, speaker_id=maren.pk, locale=locale) is CodeSent.ON_ITS_WAY
    said = text_of(gateway)
    assert said["to"] == PHONE
    assert has in said["text"]
    assert enter(said["text"][:6], conversation_id=here, speaker_id=maren.pk) is Entered.PROVEN
    assert ProofCode.objects.get().sent_at is not None
    assert sink.got == []


def test_mail_comes_before_a_text_and_a_number_that_was_asked_for_before_both(sink: Sink, gateway: Gateway) -> None:
    maren = customer("maren@post.example")
    also_by_phone(maren)
    send_code(conversation_id=conversation(maren), speaker_id=maren.pk, locale="en")
    assert (len(sink.got), len(gateway.got)) == (1, 0)
    visitor = Customer.objects.create()
    here = conversation(visitor)
    send_code(conversation_id=here, speaker_id=visitor.pk, locale="en", claimed="00353 87 1234567")
    assert (len(sink.got), len(gateway.got)) == (1, 1)


def test_an_agent_chooses_the_number(sink: Sink, gateway: Gateway) -> None:
    maren = customer("maren@post.example")
    number = also_by_phone(maren)
    send_code(conversation_id=conversation(maren), speaker_id=maren.pk, locale="en", channel_id=number.pk)
    assert (len(sink.got), len(gateway.got)) == (0, 1)


def test_a_number_that_is_not_on_file_gets_nothing_and_the_answer_is_the_same(sink: Sink, gateway: Gateway) -> None:
    given_only, unproven = by_phone_only(), Customer.objects.create(reference="TW-100003")
    also_by_phone(unproven, level=0, number="+353 87 999 9999")
    new = Identity.objects.filter(customer=given_only)
    here = conversation(given_only)
    new.update(created_at=now() + timedelta(seconds=1))
    for claimed in ("", "+353 87 999 9999", "+49 30 555 0100"):
        told = send_code(conversation_id=here, speaker_id=given_only.pk, locale="en", claimed=claimed)
        assert told is CodeSent.ON_ITS_WAY
    assert (sink.got, gateway.got) == ([], [])


def test_without_a_gateway_a_number_is_no_channel_and_without_mail_it_is_the_only_one(
    sink: Sink, gateway: Gateway, settings: LazySettings
) -> None:
    maren, url = by_phone_only(), settings.SMS_URL
    settings.SMS_URL = ""
    assert send_code(conversation_id=conversation(maren), speaker_id=maren.pk, locale="en") is CodeSent.ON_ITS_WAY
    assert gateway.got == []
    settings.SMS_URL, settings.EMAIL_BACKEND = url, "django.core.mail.backends.dummy.EmailBackend"
    assert send_code(conversation_id=conversation(maren), speaker_id=maren.pk, locale="en") is CodeSent.ON_ITS_WAY
    assert len(gateway.got) == 1


def test_a_gateway_that_refuses_is_not_told_to_who_waits(gateway: Gateway, capfd: pytest.CaptureFixture[str]) -> None:
    maren = by_phone_only()
    gateway.status = 400
    assert send_code(conversation_id=conversation(maren), speaker_id=maren.pk, locale="en") is CodeSent.ON_ITS_WAY
    assert ProofCode.objects.get().sent_at is None
    logged = "".join(capfd.readouterr())
    assert "text_message_not_sent" in logged
    assert "123 4567" not in logged
    assert json.loads(gateway.got[0][1])["text"][:6] not in logged
