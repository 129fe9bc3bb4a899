"""Who gets an offer, who approves it, and where it has no place."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from tests.incidents.conftest import House
from tests.incidents.goodwill.conftest import MAIL, Write, crowd

from holdfast.incidents.audiences import freezing, groups
from holdfast.incidents.goodwill import handing, limits, offers, queries, redeeming, rules
from holdfast.incidents.goodwill.errors import Refused
from holdfast.incidents.goodwill.models import Drawn, Offer
from holdfast.incidents.models import Incident
from holdfast.incidents.words import forbidden
from holdfast.kit.clock import now
from holdfast.people.choosing import Choice


def arms(offer: UUID) -> dict[UUID, str]:
    return dict(Drawn.objects.filter(offer_id=offer).values_list("customer_id", "arm"))


def test_an_offer_has_no_place_where_data_reached_somebody(house: House, write: Write) -> None:
    crowd(2)
    breach = house.declare("Data was seen", harm="data")
    with pytest.raises(Refused, match="as if silence were bought"):
        write(incident_id=breach)


def test_the_draw_can_be_drawn_again_from_the_printed_seed(write: Write) -> None:
    everybody = crowd(41)
    drawn = arms(write(hold_out=10, seed=4711))
    order = sorted(everybody, key=lambda each: hashlib.sha256(f"4711:{each}".encode()).digest())
    assert {each for each, arm in drawn.items() if arm == "held_out"} == set(order[:4])
    assert set(drawn) == set(everybody)


def test_of_an_audience_those_who_are_meant_without_who_is_excluded(
    house: House, incident: UUID, people: dict[str, UUID], write: Write
) -> None:
    groups.add(incident_id=incident, name="Private", segment="high_value", source="people", by=house.lead,
               choice=Choice(tier="private"))  # fmt: skip
    groups.add(incident_id=incident, name="Rest", segment="unaffected", source="rest", by=house.lead)
    audience = freezing.freeze(incident_id=incident, exposed_at=now(), by=house.lead)
    whom = offers.Whom(audience_id=audience, segments=["high_value", "affected"], excluded=["TW-12"])
    offer = write(whom=whom)
    assert set(arms(offer)) == {people["TW-11"]}
    shown = queries.one(offer)
    assert shown is not None
    assert shown.whom == "Of audience 1: high value, affected."
    other = house.declare("Transfers are late")
    with pytest.raises(Refused, match="frozen for this incident"):
        write(incident_id=other, whom=whom)


def test_nobody_is_in_two_offers_of_one_incident(house: House, write: Write) -> None:
    first = crowd(3)
    offer = write(hold_out=50)
    later = crowd(2, tier="more")
    second = write(whom=offers.Whom(choice=Choice(locale="en")))
    assert set(arms(second)) & set(first) == set()
    assert set(later) <= set(arms(second))
    offers.end(offer_id=offer, by=house.lead)
    offers.end(offer_id=second, by=house.lead)
    assert set(first) <= set(arms(write()))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": " "}, "name"),
        ({"budget": Decimal(9)}, "less than what one person gets"),
        ({"expires_at": now() - timedelta(days=1)}, "ahead, and within a year"),
        ({"hold_out": 51}, "half of them"),
        ({"currency": "euros"}, "three letters"),
        ({"whom": offers.Whom()}, "frozen audience"),
        ({"whom": offers.Whom(choice=Choice(tier="nobody's"))}, "Nobody is left"),
        ({"mails": {}}, "Write what the mail"),
        ({"mails": {"en": offers.Mail(subject="Sorry", body="No code")}}, "does not say the code"),
        ({"mails": {"en": offers.Mail(subject="Sorry", body="{code} {iban}")}}, "There is no {iban}"),
        ({"mails": {"en": offers.Mail(subject="Sorry", body="{code} {")}}, "brace"),
        ({"mails": {"en": offers.Mail(subject="Sorry", body="{code}, in full and final settlement")}}, "nothing back"),
        ({"mails": {"pt-br": offers.Mail(subject="Sorry", body="{code}: ao aceitar, renuncia a")}}, "nothing back"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(
    write: Write, given: dict[str, object], said: str
) -> None:
    crowd(1)
    with pytest.raises(Refused, match=said):
        write(**given)
    assert not Offer.objects.exists()


def test_what_may_not_be_said_is_not_in_the_mail_either_and_is_looked_for_again_before_it_goes(
    house: House, write: Write, approver: int
) -> None:
    crowd(1)
    offer = write()
    forbidden.forbid(pattern="we are sorry", is_expression=False, why="Counsel reads it as owning up", by=house.lead,
                     asked_by="Counsel")  # fmt: skip
    with pytest.raises(Refused, match=r"may not be said now: Counsel reads it as owning up\.$"):
        write(whom=offers.Whom(choice=Choice(locale="en")))
    offers.approve(offer_id=offer, by=approver)
    redeeming.redeem(code=redeeming.make_trial(offer_id=offer, by=house.lead), key="1", through="till")
    with pytest.raises(Refused, match="may not be said now"):
        handing.hand_over(offer_id=offer, stream="service", by=house.lead)
    assert Offer.objects.get(pk=offer).promised == 0


@pytest.mark.parametrize("text", ["", "ten", "0", "-5", "1.234", "NaN", "Infinity", "1e12"])
def test_an_amount_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="The amount"):
        rules.money(text, what="The amount")


def test_above_a_limit_somebody_with_a_higher_one_approves_too(house: House, write: Write) -> None:
    crowd(1)
    desk = house.desk
    offer = write(budget=Decimal(2000))
    with pytest.raises(Refused, match="somebody else approves"):
        offers.approve(offer_id=offer, by=house.lead)
    with pytest.raises(Refused, match="approve nothing in EUR"):
        offers.approve(offer_id=offer, by=desk.ben.pk)
    for who, amount in ((desk.ana, 500), (desk.ben, 500), (desk.bob, 2000)):
        limits.set_limit(agent_id=who.pk, amount=Decimal(amount), currency="EUR", by=desk.admin.pk)
    assert not offers.approve(offer_id=offer, by=desk.ana.pk)
    with pytest.raises(Refused, match="You approved it"):
        offers.approve(offer_id=offer, by=desk.ana.pk)
    with pytest.raises(Refused, match="as high a limit"):
        offers.approve(offer_id=offer, by=desk.ben.pk)
    assert offers.approve(offer_id=offer, by=desk.bob.pk)
    with pytest.raises(Refused, match="approved already"):
        offers.approve(offer_id=offer, by=desk.ben.pk)


def test_nobody_sets_their_own_limit_and_only_admins_set_others(house: House) -> None:
    desk = house.desk
    with pytest.raises(Refused, match="Somebody else sets your limit"):
        limits.set_limit(agent_id=desk.admin.pk, amount=Decimal(1), currency="EUR", by=desk.admin.pk)
    with pytest.raises(Refused, match="An admin sets"):
        limits.set_limit(agent_id=desk.ana.pk, amount=Decimal(1), currency="EUR", by=house.lead)
    limits.set_limit(agent_id=desk.ana.pk, amount=Decimal(1), currency="eur", by=desk.admin.pk)
    limits.set_limit(agent_id=desk.ana.pk, amount=None, currency="EUR", by=desk.admin.pk)
    assert limits.limit_of(agent_id=desk.ana.pk, currency="EUR") is None


def test_harm_that_turns_out_to_be_data_stops_what_was_not_sent(house: House, incident: UUID, write: Write) -> None:
    crowd(1)
    offer = write()
    Incident.objects.filter(pk=incident).update(harm="data")
    with pytest.raises(Refused, match="as if silence were bought"):
        handing.hand_over(offer_id=offer, stream="service", by=house.lead)
    assert MAIL["en"].body  # what was written stays to be read
