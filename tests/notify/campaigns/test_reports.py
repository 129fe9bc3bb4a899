"""Mail that comes back, and what providers report by webhook, settle recipients and fill the lists."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from holdfast.channels.email_in import incoming_from_mail
from holdfast.intake.accept import accept_now
from holdfast.kit.blobs import BlobStore
from holdfast.notify.campaigns import queries
from holdfast.notify.campaigns.mails import header_id
from holdfast.notify.campaigns.models import Recipient, Suppression
from holdfast.people.models import Agent
from holdfast.triage.loop import once

from .conftest import Sink, Team, send, states

pytestmark = pytest.mark.django_db(transaction=True)
MakeSink = Callable[..., Sink]
REPORT = """From: MAILER-DAEMON@mx.example
To: support@support.localhost
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {address}
Action: failed
Status: {status}

--b
Content-Type: text/rfc822-headers

Message-ID: <{header}>
Subject: Payments work again

--b--
"""


def _comes_back(recipient: Recipient, tmp_path: Path, *, status: str = "5.1.1") -> None:
    raw = REPORT.format(address="person0@people.example", status=status, header=header_id(recipient.pk)).encode()
    accept_now([incoming_from_mail(raw, blobs=BlobStore(tmp_path))])
    once()


def test_a_mail_that_comes_back_makes_its_recipient_not_reached_and_lists_the_address(
    agent: Agent, team: Team, sink: MakeSink, tmp_path: Path
) -> None:
    sink()
    campaign = team.campaign(2)
    send()
    recipient = Recipient.objects.get(person_key="customer:0")
    _comes_back(recipient, tmp_path)
    assert states(campaign) == {"sent": 1, "failed": 1}
    assert queries.progress(campaign).failed == 1
    assert queries.reasons(campaign)[0].reason == "It came back: the mail server there did not take it (5.1.1)."
    listed = Suppression.objects.get()
    assert (listed.reason, bytes(listed.index)) == ("bounce", bytes(recipient.index))


def test_a_full_mailbox_is_not_listed_for_good(agent: Agent, team: Team, sink: MakeSink, tmp_path: Path) -> None:
    sink()
    campaign = team.campaign(1)
    send()
    _comes_back(Recipient.objects.get(), tmp_path, status="5.2.2")
    assert states(campaign) == {"failed": 1}
    assert not Suppression.objects.exists()


def _posted(name: str, event: dict[str, Any], *, password: str = "word") -> int:  # noqa: S107
    signed = base64.b64encode(f"provider:{password}".encode()).decode()
    answer = Client(headers={"authorization": f"Basic {signed}"}).post(
        f"/hooks/mail/{name}/", json.dumps(event), content_type="application/json"
    )
    return answer.status_code


@pytest.fixture
def hooked(settings: LazySettings) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": "provider:word"}


def _event(recipient: Recipient, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "RecordType": kind,
        "MessageID": "b7bc2f4a",
        "Email": "person0@people.example",
        "Recipient": "person0@people.example",
        "Metadata": {"recipient": str(recipient.pk)},
        "BouncedAt": "2026-03-02T10:00:00Z",
        "DeliveredAt": "2026-03-02T10:00:00Z",
        **more,
    }


@pytest.mark.parametrize(
    ("kind", "more", "state", "listed"),
    [
        ("Bounce", {"Type": "HardBounce", "TypeCode": 1}, "failed", "bounce"),
        ("SpamComplaint", {"Type": "SpamComplaint", "TypeCode": 512}, "sent", "complaint"),
        ("Delivery", {}, "sent", ""),
    ],
)
@pytest.mark.usefixtures("hooked")
def test_what_a_provider_reports_settles_the_unknown(
    team: Team, kind: str, more: dict[str, Any], state: str, listed: str
) -> None:
    campaign = team.campaign(1)
    Recipient.objects.update(state="unknown")
    assert _posted("postmark", _event(Recipient.objects.get(), kind, **more)) == 200
    assert states(campaign) == {state: 1}
    assert [each.reason for each in Suppression.objects.all()] == ([listed] if listed else [])


@pytest.mark.usefixtures("hooked")
def test_a_report_by_somebody_else_changes_nothing(team: Team) -> None:
    campaign = team.campaign(1)
    Recipient.objects.update(state="unknown")
    event = _event(Recipient.objects.get(), "Delivery")
    assert _posted("postmark", event, password="guess") == 400
    assert _posted("no-such-provider", event) == 404
    assert states(campaign) == {"unknown": 1}


@pytest.mark.usefixtures("hooked")
def test_a_report_about_somebody_not_written_to_yet_is_about_something_else(team: Team) -> None:
    campaign = team.campaign(1)
    assert _posted("postmark", _event(Recipient.objects.get(), "Delivery")) == 200
    assert states(campaign) == {"pending": 1}


def test_without_a_secret_there_is_no_such_address(team: Team, settings: LazySettings) -> None:
    settings.ANYMAIL = {}
    team.campaign(1)
    assert _posted("postmark", _event(Recipient.objects.get(), "Delivery")) == 404
