"""Who is called next, and why: an order made of counts, told in sentences."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from tests.incidents.conftest import House
from tests.incidents.outreach.conftest import take

from holdfast.incidents import links
from holdfast.incidents import queries as incidents
from holdfast.incidents.outreach import calls, queries, reasons, taking
from holdfast.incidents.outreach.contract import Candidate, Standing
from holdfast.kit.clock import now
from holdfast.people.models import Customer


def queue(incident: UUID) -> list[Candidate]:
    found = incidents.incident_of_id(incident)
    assert found is not None
    return list(queries.queue(found))


def order(incident: UUID) -> list[str]:
    return [each.reference for each in queue(incident)]


@pytest.mark.usefixtures("audience")
def test_value_tenure_severity_and_an_open_case_make_the_order(
    house: House, incident: UUID, people: dict[str, UUID]
) -> None:
    # Of high value since 2009; affected since 2011; of high value since 2024, as far up, and a customer for less long.
    assert order(incident) == ["TW-11", "TW-13", "TW-12"]
    waiting = Customer.objects.get(pk=people["TW-12"])
    case = house.desk.talk(customer=waiting, at=now() - timedelta(hours=5))
    house.desk.talk(customer=waiting, at=now() - timedelta(hours=1))
    assert order(incident) == ["TW-11", "TW-12", "TW-13"]
    first, second, third = queue(incident)
    assert first.reasons == (
        "Of high value, by audience 1.",
        "A customer since 2009; 2 of 2 others came later.",
        "Affected, by audience 1: Card payments.",
    )
    assert second.reasons[-1] == f"2 open cases, the oldest (#{case.number}) for 5 hours."
    assert "A customer since 2011; 1 of 2 others came later." in third.reasons
    assert all(str(each.name) == "Person T." for each in (first, second, third))


def test_who_wrote_about_it_is_in_the_queue_before_any_audience_is_frozen(house: House, incident: UUID) -> None:
    assert queue(incident) == []
    case = house.desk.talk()
    links.link_many(incident_id=incident, conversation_ids=[case.pk], how="words", by=house.lead)
    (only,) = queue(incident)
    assert only.reference == "TW-1"
    assert only.reasons == (
        "Wrote about it, and is in no frozen audience: Card payments.",
        f"Case #{case.number} has been open for 20 minutes.",
    )


@pytest.mark.usefixtures("audience")
def test_who_is_talked_to_was_talked_to_or_asked_not_to_be_called_is_not_next(
    house: House, incident: UUID, people: dict[str, UUID]
) -> None:
    hand = take(incident, people["TW-11"], executive=house.lead)
    assert order(incident) == ["TW-13", "TW-12"]
    taking.end(outreach_id=hand, by=house.lead, handed_back=True)
    assert "TW-11" in order(incident)
    refuses = take(incident, people["TW-12"], executive=house.lead)
    calls.note(outreach_id=refuses, by=house.lead, outcome="declined")
    assert "TW-12" not in order(incident)
    with pytest.raises(taking.Refused, match="not to be called"):
        take(incident, people["TW-12"], executive=house.lead)


def test_a_tier_is_named_only_where_it_tells_people_apart() -> None:
    at = now()
    one = Standing(customer_id=UUID(int=1), reference="", segment="", tier="plus", of_tier=3, since=date(2020, 1, 1),
                   came_later=0, open_cases=0, oldest_case=None, oldest_since=None, others=9)  # fmt: skip
    assert reasons.sentences(one, version=None, touches=["Cards", "App", "Transfers"], at=at) == (
        "Tier plus, which 3 of 10 have.",
        "A customer since 2020.",
        "Wrote about it, and is in no frozen audience: Cards, App and Transfers.",
    )
