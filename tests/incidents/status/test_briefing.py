"""The briefing: counts and promises for those who lead, on a page and once each morning by mail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.test import Client
from tests.desk.conftest import BACKEND
from tests.incidents.conftest import House

from holdfast.conversations.feelings import feelings
from holdfast.incidents import links
from holdfast.incidents.status import briefing
from holdfast.kit import clock
from holdfast.kit.clock import now


def linked(house: House) -> None:
    incident_id = house.declare()
    house.publish(incident_id, "We are looking into it.")
    texts = ("This is outrageous, I am furious", "I am worried about my rent", "When does it work again?")
    cases = [house.desk.talk(text).pk for text in texts]
    links.link_many(incident_id=incident_id, conversation_ids=cases, how="person", by=house.lead)


def test_worry_and_anger_are_counted_once_per_conversation(house: House) -> None:
    angry = house.desk.talk("I am furious and worried", "Still furious")
    worried = house.desk.talk("I am worried about my rent")
    calm = house.desk.talk("When does it work again?")
    found = feelings([angry.pk, worried.pk, calm.pk], since=now() - timedelta(hours=24))
    assert (found.wrote, found.anger, found.worry) == (3, 1, 1)


def test_leads_read_it_and_no_customer_is_in_it(house: House) -> None:
    linked(house)
    client = Client()
    client.force_login(house.desk.lead, BACKEND)
    page = client.get("/incidents/briefing/").content.decode()
    assert "Of 3 conversations about it" in page
    assert "1 had words of anger and 1 words of worry" in page
    assert "1 kept, 0 late, 0 broken" in page
    assert "furious" not in page
    client.force_login(house.desk.ana, BACKEND)
    assert client.get("/incidents/briefing/").status_code == 403


@pytest.mark.parametrize(("hour", "mails"), [(6, 0), (briefing.AT_HOUR, 2), (9, 0)])
def test_it_is_mailed_once_in_the_morning_to_those_who_lead(house: House, hour: int, mails: int) -> None:
    linked(house)
    mail.outbox.clear()
    tomorrow = datetime.now(UTC).replace(hour=hour, minute=20) + timedelta(days=1)
    clock.set_source(lambda: tomorrow)
    try:
        assert briefing.mail_briefing() == mails
        assert briefing.mail_briefing() == 0
    finally:
        clock.set_source(None)
    assert {letter.to[0] for letter in mail.outbox} == {house.desk.lead.email, house.desk.admin.email} or not mails
    assert all("CARD PAYMENTS ARE DECLINED" in str(letter.body) for letter in mail.outbox)


def test_a_drill_wakes_nobody(house: House) -> None:
    house.declare(drill=True)
    tomorrow = datetime.now(UTC).replace(hour=briefing.AT_HOUR) + timedelta(days=1)
    clock.set_source(lambda: tomorrow)
    try:
        assert briefing.mail_briefing() == 0
    finally:
        clock.set_source(None)
