"""The bill of the present event, written from the rows that real verbs left behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.conf import LazySettings
from tests.shield.conftest import START, Day

from holdfast.conversations.assignments import assign
from holdfast.conversations.closures import close
from holdfast.conversations.messages import post_reply
from holdfast.conversations.models import Conversation
from holdfast.people.models import Agent, Role
from holdfast.posture.changes import change
from holdfast.posture.effects import Name
from holdfast.shield import billing
from holdfast.shield.model import CALM
from holdfast.shield.models import Assessment, Minute

CROWD = 60


@pytest.fixture(autouse=True)
def added_up_anew() -> Iterator[None]:
    billing.forget()
    yield
    billing.forget()


def minutes(since: int, until: int, *, rate: float, share: float = 0.0) -> None:
    """Close minutes as the scorer would: 2 contacts a minute are usual. Numbers are minutes after `START`."""
    for number in range(since, until):
        Minute.objects.create(
            version=1_000 + number,
            minute=START + timedelta(minutes=number),
            rate=rate,
            expected=2,
            surge=rate > 6,
            flood_share=share,
            low=max(0.0, share - 0.05),
            high=min(1.0, share + 0.05),
            model=CALM.to_json(),
        )


def flood(day: Day) -> list[Conversation]:
    """An ordinary hour, then five minutes in which 60 write: 45 whom our data does not explain, and 15 others."""
    minutes(-60, 0, rate=2)
    for number in range(CROWD):
        day.say(f"Stop the loan, says number {number}", email=f"n{number}@post.example")
        day.pass_time(seconds=5)
    day.assess()
    found = list(Conversation.objects.order_by("created_at", "number"))
    for place, case in enumerate(found):
        score = 6.0 if place % 4 else -6.0
        Assessment.objects.filter(conversation_id=case.pk).update(score=score, band=10 if score > 0 else 0)
    minutes(0, 5, rate=12, share=0.75)
    return found


def handle(day: Day, case: UUID, agent: int, *, spent: float) -> None:
    assign(conversation_id=case, to=agent, by=agent)
    day.pass_time(minutes=spent)
    post_reply(conversation_id=case, by=agent, text="We hear you.", client_key=str(case))


def test_a_calm_day_has_no_bill(day: Day) -> None:
    minutes(-60, 0, rate=2)
    day.say("Where is my card?")
    day.assess()
    assert billing.so_far() is None


def test_minutes_of_people_on_the_flood_are_on_the_bill_at_the_price_of_the_settings(
    day: Day, settings: LazySettings
) -> None:
    settings.COST_AGENT_MINUTE, settings.COST_CONTACT, settings.COST_CONTACT_MINUTE = 2.0, 0.1, 0.0
    cases, ana = flood(day), Agent.objects.create(email="ana@desk.example", name="Ana", role=Role.AGENT)
    for case in [case for place, case in enumerate(cases) if place % 4][:10]:
        handle(day, case.pk, ana.pk, spent=3)
    found = billing.so_far()
    assert found is not None
    assert (found.event.since, found.event.going_on) == (START, True)
    assert found.bill.flood_minutes.likely == pytest.approx(30, rel=0.05)
    assert found.bill.flood_contacts.likely == pytest.approx(45, rel=0.05)
    assert found.bill.agents_cost.likely == pytest.approx(
        2 * (found.bill.flood_minutes.likely + found.bill.surge_minutes.likely)
    )
    assert found.bill.agents_cost.low < found.bill.agents_cost.likely <= found.bill.agents_cost.high
    contacts = found.bill.flood_contacts.likely + found.bill.surge_contacts.likely
    assert found.bill.provider_fees.likely == pytest.approx(0.1 * contacts)


def test_time_on_contacts_that_our_data_explains_is_not_put_down_to_the_flood(day: Day) -> None:
    cases, ana = flood(day), Agent.objects.create(email="ana@desk.example", name="Ana", role=Role.AGENT)
    for case in cases[::4]:
        handle(day, case.pk, ana.pk, spent=3)
    found = billing.so_far()
    assert found is not None
    assert found.bill.flood_minutes.likely < 2


def test_who_was_closed_without_a_reply_and_was_in_need_gave_up(day: Day, settings: LazySettings) -> None:
    settings.COST_GAVE_UP = 100.0
    cases, ana = flood(day), Agent.objects.create(email="ana@desk.example", name="Ana", role=Role.AGENT)
    for case in (cases[0], cases[4], cases[1]):  # two that our data explains and one that it does not
        close(conversation_id=case.pk, by=ana.pk)
    found = billing.so_far()
    assert found is not None
    assert found.bill.abandoned_genuine.likely == pytest.approx(2, abs=0.1)
    assert found.bill.lost_customers.likely == pytest.approx(100 * found.bill.abandoned_genuine.likely)


def test_the_bill_stays_until_calm_and_is_of_the_newest_event_only(day: Day) -> None:
    flood(day)
    minutes(5, 60, rate=2)
    day.pass_time(hours=1)
    assert billing.so_far() is None  # calm all along, and the alarm is long over
    change(to=Name.RECOVERY, by=day.lead.pk, why="Some are still owed an answer.")
    day.pass_time(seconds=1)
    found = billing.so_far()
    assert found is not None
    assert not found.event.going_on
    assert found.event.until == START + timedelta(minutes=5)
    minutes(60, 65, rate=12, share=0.75)
    day.pass_time(minutes=5)
    again = billing.so_far()
    assert again is not None
    assert again.event.since == START + timedelta(hours=1)
