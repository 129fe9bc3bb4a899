"""One executive for one person; what is held meanwhile; and that nobody is held for ever."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from tests.incidents.conftest import House
from tests.incidents.outreach.conftest import take

from holdfast.desk import cutting_off
from holdfast.desk.cutting_off import Scope, Target
from holdfast.guard.grants import NotGiven, open_grant
from holdfast.guard.models import Grant
from holdfast.incidents.outreach import queries, taking
from holdfast.incidents.outreach.errors import NotFound, Refused
from holdfast.incidents.outreach.models import Outreach
from holdfast.kit.clock import now
from holdfast.notify.campaigns import adding, campaigns, dry_running
from holdfast.notify.campaigns.contract import Recipient, Text
from holdfast.notify.campaigns.models import Hold


def test_the_second_executive_is_told_who_has_the_person(
    house: House, incident: UUID, people: dict[str, UUID], executive: int
) -> None:
    take(incident, people["TW-11"], executive=executive)
    other = house.declare("Transfers are late")
    with pytest.raises(Refused, match=r"^Ben Test has this person since .* One of us talks to one person"):
        take(other, people["TW-11"], executive=house.lead)
    assert Outreach.objects.count() == 1


def test_who_may_be_named_and_who_may_name(
    house: House, incident: UUID, people: dict[str, UUID], executive: int
) -> None:
    with pytest.raises(Refused, match="Calls are made by"):
        take(incident, people["TW-11"], executive=house.desk.ana.pk)
    with pytest.raises(Refused, match="Name somebody who leads"):
        take(incident, people["TW-11"], executive=house.desk.ana.pk, by=house.lead)
    with pytest.raises(Refused, match="Take them yourself"):
        take(incident, people["TW-11"], executive=house.lead, by=executive)
    assert take(incident, people["TW-11"], executive=executive, by=house.lead)
    with pytest.raises(NotFound):
        take(incident, UUID(int=7), executive=executive)


@pytest.mark.parametrize(
    ("begins", "ends", "held", "said"),
    [
        (2, 1, 24, "ends before it begins"),
        (-3, -1, 24, "is past"),
        (0, 5, 4, "at least until"),
        (0, 5, 24 * 31, "more than 30 days"),
    ],
)
def test_times_that_make_no_sense_are_refused(
    house: House, incident: UUID, people: dict[str, UUID], begins: int, ends: int, held: int, said: str
) -> None:
    at = now()
    window = (at + timedelta(hours=begins), at + timedelta(hours=ends))
    with pytest.raises(Refused, match=said):
        taking.take(
            incident_id=incident,
            customer_id=people["TW-11"],
            executive=house.lead,
            window=window,
            held_until=at + timedelta(hours=held),
            by=house.lead,
        )


def reached(house: House, person: UUID, stream: str) -> int:
    """How many a campaign in this stream would reach, if it went to this one person now."""
    campaign = campaigns.create(name="Survey and news", stream=stream, by=house.lead)
    campaigns.set_texts(campaign_id=campaign, by=house.lead, texts={("en", ""): Text(subject="Hello", body="Hello")})
    who = Recipient(person_key=f"customer:{person}", channel="email", address="eleven@post.example", locale="en")
    adding.add_recipients(campaign, [who])
    return dry_running.dry_run(campaign).reached


def test_mass_mail_and_surveys_wait_while_somebody_talks_to_them_and_legal_notices_do_not(
    house: House, incident: UUID, people: dict[str, UUID]
) -> None:
    person, others = people["TW-11"], set(people.values()) - {people["TW-11"]}
    hand = take(incident, person, executive=house.lead)
    assert queries.held(people.values()) == {person}
    assert [reached(house, person, each) for each in ("incident", "service", "outreach", "legal")] == [0, 0, 0, 1]
    assert not queries.held(others)
    taking.end(outreach_id=hand, by=house.lead, handed_back=True)
    assert queries.held(people.values()) == set()
    assert reached(house, person, "service") == 1


def test_a_forgotten_hold_ends_by_itself_and_the_person_is_free(
    house: House, incident: UUID, people: dict[str, UUID]
) -> None:
    person = people["TW-11"]
    hand = take(incident, person, executive=house.lead, days=1)
    given = Grant.objects.get(conversation_id=hand, closed_at=None)
    assert (given.agent_id, given.customer_id, given.way, given.by_id) == (house.lead, person, "call", house.lead)
    with time_machine.travel(now() + timedelta(days=1, minutes=1)):
        assert queries.held([person]) == set()  # at once, without a worker
        with pytest.raises(Refused, match="has ended"):
            taking.end(outreach_id=hand, by=house.lead)
        assert taking.end_due() == 1
        assert taking.end_due() == 0
        with pytest.raises(NotGiven, match="is closed"):
            open_grant(agent_id=house.lead, conversation_id=hand, customer_id=person)
        shown = queries.one(hand)
        assert shown is not None
        assert shown.end == "time_over"
        assert take(incident, person, executive=house.desk.admin.pk)
    assert not Grant.objects.filter(conversation_id=hand, closed_at=None).exists()
    assert Hold.objects.count() == 1


def test_whoever_is_cut_off_holds_nobody_and_somebody_else_can_call(
    house: House, incident: UUID, people: dict[str, UUID], executive: int
) -> None:
    person = people["TW-11"]
    hand = take(incident, person, executive=executive)
    cutting_off.cut_off(target=Target(Scope.AGENT, executive), why="A test", by=house.desk.security.pk)
    assert queries.held([person]) == {person}
    assert taking.end_due() == 1
    assert taking.end_due() == 0
    shown = queries.one(hand)
    assert shown is not None
    assert shown.end == "cut_off"
    assert queries.held([person]) == set(), "mail reaches them again"
    assert not Grant.objects.filter(conversation_id=hand, closed_at=None).exists()
    assert take(incident, person, executive=house.lead)


def test_it_ends_after_a_call_or_is_handed_back_by_its_executive_or_a_lead(
    house: House, incident: UUID, people: dict[str, UUID], executive: int
) -> None:
    hand = take(incident, people["TW-11"], executive=house.lead)
    with pytest.raises(NotGiven, match="not assigned"):
        open_grant(agent_id=executive, conversation_id=hand, customer_id=people["TW-11"])
    with pytest.raises(NotGiven, match="another customer"):
        open_grant(agent_id=house.lead, conversation_id=hand, customer_id=people["TW-12"])
    with pytest.raises(Refused, match="Lea Test has this person"):
        taking.end(outreach_id=hand, by=executive)
    with pytest.raises(Refused, match="No call was noted yet"):
        taking.end(outreach_id=hand, by=house.lead)
    taking.end(outreach_id=hand, by=house.desk.admin.pk, handed_back=True)
    assert not Grant.objects.filter(closed_at=None).exists()
