"""Made-up customers and their cases are in no figure that people steer by: a test for each place, from a list."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.conf import settings
from django.db import connection

from holdfast.conversations import handling
from holdfast.conversations.assignments import assign
from holdfast.conversations.deflections import counts
from holdfast.conversations.lookups import begun_by_customer, cuts_of, open_matters
from holdfast.conversations.messages import post_reply
from holdfast.conversations.models import Conversation, Deflection, Place
from holdfast.desk.watch import planting
from holdfast.desk.watch.facts import gather
from holdfast.guard.keys import blind_index
from holdfast.kit.clock import now
from holdfast.notify.campaigns import adding, campaigns
from holdfast.notify.campaigns.contract import Recipient, Text
from holdfast.people.choosing import Choice, chosen, reached, standing
from holdfast.people.models import Agent, Customer, Identity

pytestmark = pytest.mark.django_db
SINCE = timedelta(days=1)


def _rows(query: str, given: Sequence[Any] = ()) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({query}) AS found", list(given))
        return int(cursor.fetchone()[0])


def _campaign() -> int:
    writer = Agent.objects.earliest("pk").pk
    campaign = campaigns.create(name="Payments", stream="incident", by=writer)
    campaigns.set_texts(campaign_id=campaign, texts={("en", ""): Text(subject="S", body="B")}, by=writer)
    people = [
        Recipient(person_key=f"customer:{each}", channel="email", address=f"{each}@post.example", locale="en")
        for each in Customer.objects.values_list("id", flat=True)
    ]
    return adding.add_recipients(campaign, people).added


def _cases() -> Collection[UUID]:
    return list(Conversation.objects.values_list("id", flat=True))


PLACES: dict[str, Callable[[], object]] = {
    "audiences, goodwill and rules over all customers": lambda: _rows(*chosen(Choice())),
    "whom an executive calls": lambda: _rows(standing()),
    "whom a mail reaches": lambda: len(reached(list(Customer.objects.values_list("id", flat=True)))),
    "recipients of a campaign": _campaign,
    "contacts by channel, queue and language; the outlook; what an incident brought": lambda: len(cuts_of(_cases())),
    "open matters": lambda: _rows(open_matters()),
    "who got in touch, for comparing": lambda: _rows(begun_by_customer()),
    "minutes of people by case": lambda: len(handling.minutes_of(since=now() - SINCE)),
    "cases and minutes by queue": lambda: handling.per_queue(since=now() - SINCE),
    "who left a line unserved": lambda: len(handling.unserved(since=now() - SINCE)),
    "how first texts did": lambda: counts(since=now() - SINCE),
    "cases by agent and day": lambda: [day.cases for day in gather(now() + timedelta(minutes=1)).days],
}


@pytest.fixture(autouse=True)
def moment(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(settings, "CANARY_DOMAIN", "postbox.example")
    with time_machine.travel("2026-03-02 09:00:00+00:00", tick=False) as moved:
        yield moved


def _worked_on(desk: Any, customer: Customer, moment: time_machine.Coordinates) -> None:
    """A case that leaves a trace in every figure: answered by somebody, and another that left the line."""
    case, left = desk.talk(customer=customer), desk.talk(customer=customer)
    assign(conversation_id=case.pk, to=desk.ana.pk, by=None)
    moment.shift(60)
    post_reply(conversation_id=case.pk, by=desk.ana.pk, text="Done", client_key=str(uuid4()))
    Place.objects.filter(conversation=left).update(left_at=now(), left_because="gave_up")
    Deflection.objects.create(conversation=case, word="hours", at=now())


@pytest.mark.parametrize("place", PLACES)
def test_made_up_customers_are_left_out_of(place: str, desk: Any, moment: time_machine.Coordinates) -> None:
    figure = PLACES[place]
    made_up = Customer.objects.get(pk=planting.plant(kind="honey", by=desk.security.pk))
    before = figure()
    _worked_on(desk, made_up, moment)
    assert figure() == before
    real = Customer.objects.create(name="Somebody Real", reference="TW-77")
    Identity.objects.create(
        customer=real, kind="email", value="r@post.example", index=blind_index("email", "r@post.example"), level=1
    )
    _worked_on(desk, real, moment)
    assert figure() != before, "what is real is counted"
