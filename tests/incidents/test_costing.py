"""The review counts every channel, reckons with the settings' prices, and names what has none."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.test import Client
from tests.incidents.conftest import House

from holdfast.incidents import costing, queries, reviews
from holdfast.incidents.status import announcing, subscribing
from holdfast.incidents.status.models import Subscriber
from holdfast.kit.clock import now
from holdfast.notify.campaigns.models import Chunk

pytestmark = pytest.mark.usefixtures("unchecked")


def told(house: House, settings: LazySettings) -> int:
    """An update went to three subscribers by mail and one by text message; one mail came back."""
    settings.SMS_URL = "http://127.0.0.1:9/"
    given = [("email", f"p{number}@people.example") for number in range(3)] + [("sms", "+353 87 123 4567")]
    for channel, address in given:
        pk = subscribing.ask(channel=channel, address=address, locale="en", components=[], incident_id=None, network="")
        Subscriber.objects.filter(pk=pk).update(confirmed_at=now())
    incident_id = house.declare()
    house.publish(incident_id)
    announcing.announce_due()
    Chunk.objects.filter(channel="email").update(sent=2, failed=1)
    Chunk.objects.filter(channel="sms").update(sent=1)
    shown = queries.incident_of_id(incident_id)
    assert shown is not None
    return shown.number


def test_reach_is_counted_by_channel_and_a_price_that_is_not_set_is_not_taken_as_free(
    house: House, settings: LazySettings, client: Client
) -> None:
    settings.CAMPAIGN_COSTS, settings.COST_CONTACT, settings.CURRENCY = {"sms": 0.06}, 0.5, "EUR"
    number = told(house, settings)
    incident = queries.incident(number)
    assert incident is not None
    found = costing.reckon(incident, queries.linked(incident.id))
    assert {each.channel: (each.sent, each.failed, each.waiting) for each in found.messages} == {
        "email": (2, 1, 0),
        "sms": (1, 0, 0),
    }
    assert [(each.what, each.number, each.total) for each in found.lines] == [
        ("mail", 2, None),
        ("text message", 1, 0.06),
    ]
    assert found.unpriced == ["mail"]
    client.force_login(house.desk.lead)
    page = client.get(f"/incidents/{number}/review/").content.decode()
    assert "no price is set" in page
    assert "not known: nobody is followed there" in page
    assert "Reckoned: 2 mail without a price; 1 text message 0.06; together 0.06 EUR." in page, "and may be rewritten"
    kept = {**reviews.review_of(incident).sections, "cost": "Our words."}
    reviews.keep(incident_id=incident.id, version=0, sections=kept, summary={}, by=house.lead)
    assert reviews.review_of(incident).sections["cost"] == "Our words."


def test_nothing_sent_and_nobody_asking_costs_nothing_that_we_know(house: House) -> None:
    incident_id = house.declare()
    incident = queries.incident_of_id(incident_id)
    assert incident is not None
    found = costing.reckon(incident, queries.linked(incident_id))
    assert (found.lines, found.total, costing.in_words(found)) == ([], 0, "")
