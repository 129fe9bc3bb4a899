"""Text messages through a gateway, signed webhooks, lines in chats: against real servers and a real conversation."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import time
from typing import Any
from uuid import UUID

import pytest
from django.conf import LazySettings
from tests.notify.conftest import Gateway

from holdfast.conversations.models import Conversation, Message
from holdfast.kit.clock import now
from holdfast.notify.campaigns import queries, settling
from holdfast.notify.campaigns.adding import usable
from holdfast.notify.campaigns.carriers import http as carrier
from holdfast.notify.campaigns.carriers.http import webhook
from holdfast.notify.campaigns.contract import Letter, Text
from holdfast.notify.campaigns.mails import header_id
from holdfast.notify.campaigns.models import Chunk, ProviderLimit, Recipient

from .conftest import Team, person, send, states

pytestmark = pytest.mark.django_db(transaction=True)


def _text_message(number: int = 0) -> Any:
    return person(number, channel="sms", address="+62 812 555 0123")


def _subscriber(gateway: Gateway) -> Any:
    return person(0, channel="webhook", address=gateway.url, values={"secret": "shared"})


def test_a_text_message_goes_to_the_gateway_with_a_key_against_repeats(team: Team, gateway: Gateway) -> None:
    campaign = team.campaign([_text_message()])
    send("sms")
    ((headers, body),) = gateway.got
    recipient = Recipient.objects.get()
    assert states(campaign) == {"sent": 1}
    assert headers["idempotency-key"] == str(recipient.pk)
    assert headers["authorization"] == "Bearer synthetic"
    assert json.loads(body) == {
        "id": str(recipient.pk),
        "to": "+628125550123",
        "text": "Dear Ayu Wijaya,\n\nit works again. Yours: TW-0.",
    }


@pytest.mark.parametrize(
    ("status", "state"), [(202, "sent"), (400, "failed"), (429, "pending"), (503, "pending"), (500, "unknown")]
)
def test_what_the_gateway_answers_decides(team: Team, gateway: Gateway, status: int, state: str) -> None:
    gateway.status = status
    campaign = team.campaign([_text_message()])
    send("sms")
    assert states(campaign) == {state: 1}
    assert ProviderLimit.objects.filter(name="sms", refusals__gt=0).exists() == (status in {429, 500, 503})


def test_a_gateway_that_hangs_up_leaves_it_unknown_and_the_next_try_has_the_same_key(
    team: Team, gateway: Gateway
) -> None:
    gateway.status = None
    campaign = team.campaign([_text_message()])
    send("sms")
    assert states(campaign) == {"unknown": 1}
    assert len(gateway.got) == 1
    gateway.status = 200
    settling.send_again(campaign_id=campaign, by=team.writer.pk, seen=1)
    ProviderLimit.objects.update(resting_until=None)
    Chunk.objects.update(not_before=None)
    send("sms")
    assert states(campaign) == {"sent": 1}
    assert len({headers["idempotency-key"] for headers, _ in gateway.got}) == 1


def test_without_a_gateway_nobody_is_counted_as_tried(team: Team, gateway: Gateway, settings: LazySettings) -> None:
    settings.SMS_URL = ""
    campaign = team.campaign([_text_message()])
    send("sms")
    assert states(campaign) == {"pending": 1}


def test_a_webhook_is_signed_so_that_its_receiver_can_tell(team: Team, gateway: Gateway) -> None:
    said = {"incident": {"id": "x", "status": "resolved", "note": "{not a variable}"}}
    campaign = team.campaign([_subscriber(gateway)], texts={("en", ""): Text(subject="", body=json.dumps(said))})
    send("webhook")
    ((headers, body),) = gateway.got
    assert states(campaign) == {"sent": 1}
    assert json.loads(body)["incident"] == said["incident"]
    stamp = headers["x-holdfast-timestamp"]
    expected = hmac.new(b"shared", f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["x-holdfast-signature"] == f"v1={expected}"
    assert abs(int(stamp) - time.time()) < 30
    assert "shared" not in body.decode()


def test_a_webhook_that_is_away_is_tried_again_and_holds_nobody_up(team: Team, gateway: Gateway) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        people = [_subscriber(gateway), person(1, channel="webhook", address=away, values={"secret": "x"})]
        campaign = team.campaign(people, texts={("en", ""): Text(subject="", body='{"a": 1}')})
        send("webhook")
    assert states(campaign) == {"sent": 1, "pending": 1}
    assert not ProviderLimit.objects.filter(resting_until__isnull=False).exists()
    assert Chunk.objects.get().not_before is not None


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/", "http://localhost/", "https://10.0.0.1/", "https://[::1]/", "https://no.such.invalid/"],
)
def test_a_webhook_does_not_lead_into_the_companys_own_network(settings: LazySettings, url: str) -> None:
    settings.WEBHOOKS_INSIDE = False
    assert webhook(Letter(id=UUID(int=1), attempts=0, address=url, subject="", body="", locale="en")) is None


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1.evil.example/", "http://localhost@evil.example/", "https:///x", "ftp://a"]
)
def test_a_webhook_outside_is_posted_to_over_tls_only(url: str) -> None:
    assert not usable("webhook", url)


def test_a_webhook_that_answers_without_end_is_hung_up_on(
    team: Team, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier, "_ENOUGH", 1_000)
    gateway.answer = b"x" * 5_000_000
    campaign = team.campaign([_subscriber(gateway)], texts={("en", ""): Text(subject="", body='{"a": 1}')})
    send("webhook")
    assert states(campaign) == {"sent": 1}


def test_a_line_in_a_chat_is_written_once_even_when_sent_again(team: Team) -> None:
    at = now()
    talk = Conversation.objects.create(channel="chat", last_message_at=at, created_at=at)
    campaign = team.campaign([person(0, channel="chat", address=str(talk.pk))])
    send("chat")
    assert states(campaign) == {"sent": 1}
    Recipient.objects.update(state="unknown")
    Chunk.objects.update(sent=0, unknown=1)
    settling.send_again(campaign_id=campaign, by=team.writer.pk, seen=1)
    send("chat")
    line = Message.objects.get(conversation=talk)
    assert (line.internal, line.text) == (False, "Dear Ayu Wijaya,\n\nit works again. Yours: TW-0.")
    assert states(campaign) == {"sent": 1}


def test_a_chat_that_is_gone_is_not_reached(team: Team) -> None:
    campaign = team.campaign([person(0, channel="chat", address="0192f0c1-0000-7000-8000-000000000000")])
    send("chat")
    assert states(campaign) == {"failed": 1}
    assert queries.reasons(campaign)[0].reason == "There is no such conversation any more."


@pytest.mark.parametrize(
    ("status", "state"), [(200, "sent"), (422, "failed"), (429, "pending"), (500, "unknown"), (None, "unknown")]
)
def test_a_mail_leaves_by_a_providers_own_interface_with_its_headers(
    team: Team, gateway: Gateway, settings: LazySettings, status: int | None, state: str
) -> None:
    gateway.status = status
    gateway.answer = json.dumps({"ErrorCode": 0 if status == 200 else 1, "Message": "OK", "MessageID": "b7bc"}).encode()
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "synthetic", "POSTMARK_API_URL": gateway.url.replace("send", "")}
    campaign = team.campaign(1, thread="incident-12", unsubscribe_url="https://status.example/u/{token}/")
    send()
    assert states(campaign) == {state: 1}
    mail = json.loads(gateway.got[0][1])
    headers = {each["Name"].lower(): each["Value"] for each in mail["Headers"]}
    recipient = Recipient.objects.get()
    assert mail["To"] == "person0@people.example"
    assert mail["Metadata"] == {"recipient": str(recipient.pk)}
    assert mail["TextBody"].startswith("Dear Ayu Wijaya,")
    assert headers["message-id"] == f"<{header_id(recipient.pk)}>"
    assert headers["list-unsubscribe"] == "<https://status.example/u/t0/>"
    assert headers["references"]
    if status == 429:  # the provider's own trouble is no try of the recipient's
        assert recipient.attempts == 0
    else:
        assert len(gateway.got) == 1
