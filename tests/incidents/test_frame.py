"""What every page asks for is one look a second; those who sign are mailed; an incident is declared from anywhere."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.incidents.conftest import House

from holdfast.incidents import asking_by_mail, queries, worded
from holdfast.incidents.models import Incident
from holdfast.incidents.words import bell, signatories
from holdfast.incidents.words.contract import Role
from holdfast.incidents.words.models import Ask
from holdfast.people.models import Agent
from holdfast.promises import told


@pytest.fixture
def signed(house: House) -> Agent:
    """Somebody else than the lead signs for communications, and is asked about the draft of a bad incident."""
    ana = house.desk.ana
    signatories.name(agent_id=ana.pk, role=Role.COMMUNICATIONS, jurisdiction="", by=house.desk.admin.pk)
    incident_id = house.declare(severity=1)
    draft = house.draft(incident_id, "We are looking into it. We are sorry.")
    incident = queries.incident_of_id(incident_id)
    assert incident is not None
    assert worded.ask(incident, draft, by=house.lead) == 1
    return ana


def test_who_signs_is_mailed_once_and_the_mail_has_none_of_the_words(signed: Agent, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert [asking_by_mail.mail_asks(), asking_by_mail.mail_asks()] == [1, 0]
    [letter] = mail.outbox
    assert letter.to == [signed.email]
    assert letter.subject == "A text waits for your approval"
    assert "Card payments are declined" in letter.body
    assert "looking into it" not in letter.body
    assert Ask.objects.get().mailed_at is not None


def test_the_count_is_in_the_frame_and_follows_a_decision_at_once(signed: Agent, client: Client, house: House) -> None:
    client.force_login(signed)
    assert "Approvals, 1 waiting for you" in client.get("/incidents/").content.decode()
    assert "1 waiting" in client.get("/incidents/approvals/waiting/").content.decode()
    ask = Ask.objects.get()
    client.post(f"/incidents/approvals/{ask.pk}/", {"hours": "24"})
    assert "waiting for you" not in client.get("/incidents/").content.decode()
    assert bell.waiting_for(house.lead) == 0


def test_pages_within_a_second_share_one_look(signed: Agent, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for each in (bell, told):
        monkeypatch.setattr(each, "_KEPT", 60.0)  # a second may be short on a busy machine
    client.force_login(signed)
    client.get("/incidents/")
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/incidents/").status_code == 200
    tables = ("promises_notice", "incident_words_signatory", "incident_words_ask")
    assert not [each["sql"] for each in asked if any(table in each["sql"] for table in tables)]


def test_the_dialog_is_the_page_in_short_and_leads_only(house: House, client: Client) -> None:
    client.force_login(house.desk.lead)
    given = client.get("/incidents/declare/", headers={"HX-Request": "true"}).content.decode()
    assert given.startswith('<form class="dlg"')
    answer = client.post(
        "/incidents/declare/", {"title": "The app is slow", "severity": "3", "impact": "major", "harm": "service"}
    )
    assert answer.status_code == 302
    assert Incident.objects.get().severity == 3
    client.force_login(house.desk.ana)
    assert client.get("/incidents/declare/", headers={"HX-Request": "true"}).status_code == 403
