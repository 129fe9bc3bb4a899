"""Codes and money: each code once, the budget to the cent, and a campaign that never sees a code in the clear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
import time_machine
from django.db import connection, connections
from tests.incidents.conftest import House
from tests.incidents.goodwill.conftest import Write, crowd
from tests.opened import token_of

from holdfast.incidents.goodwill import codes, handing, offers, queries, redeeming
from holdfast.incidents.goodwill.errors import NotFound, Over, Refused, Used
from holdfast.incidents.goodwill.models import Drawn, Offer, Trial
from holdfast.kit.clock import now
from holdfast.notify.campaigns import dry_running
from holdfast.notify.campaigns.models import Recipient

Running = Callable[..., UUID]


def money(offer: UUID) -> tuple[int, int]:
    row = Offer.objects.get(pk=offer)
    return int(row.promised), int(row.spent)


def test_a_code_is_redeemed_once_and_the_same_request_gets_the_same_answer(house: House, running: Running) -> None:
    (one, _) = crowd(2)
    offer = running()
    code = redeeming.give_one(offer_id=offer, customer_id=one, by=house.lead)
    assert money(offer) == (10, 0)
    first = redeeming.redeem(code=code.lower().replace("-", " "), key="order 7", through="till")
    again = redeeming.redeem(code=code, key="order 7", through="till")
    assert (first.amount, first.repeat, again.repeat, first.at) == (Decimal(10), False, True, again.at)
    with pytest.raises(Used):
        redeeming.redeem(code=code, key="order 8", through="till")
    assert money(offer) == (10, 10)
    with pytest.raises(NotFound):
        redeeming.redeem(code=codes.new_code(), key="order 9", through="till")
    with pytest.raises(Refused, match="has redeemed"):
        redeeming.give_one(offer_id=offer, customer_id=one, by=house.lead)


def test_only_a_digest_of_a_code_is_kept(house: House, running: Running) -> None:
    (one,) = crowd(1)
    offer = running()
    code = redeeming.give_one(offer_id=offer, customer_id=one, by=house.lead)
    assert len(code) == 29
    with connection.cursor() as cursor:
        for table in ("goodwill_drawn", "goodwill_event", "goodwill_offer"):
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            assert code.replace("-", "")[:10] not in cursor.fetchone()[0].replace("-", "")


def test_a_lost_code_gives_way_to_a_new_one_and_costs_nothing_more(house: House, running: Running) -> None:
    (one,) = crowd(1)
    offer = running()
    lost = redeeming.give_one(offer_id=offer, customer_id=one, by=house.lead)
    fresh = redeeming.give_one(offer_id=offer, customer_id=one, by=house.lead)
    assert money(offer) == (10, 0)
    with pytest.raises(NotFound):
        redeeming.redeem(code=lost, key="x", through="till")
    assert redeeming.redeem(code=fresh, key="x", through="till").amount == 10


def test_nothing_is_given_before_a_test_passed_to_who_is_held_out_or_to_strangers(
    house: House, write: Write, running: Running, approver: int, people: dict[str, UUID]
) -> None:
    everybody = crowd(2)
    offer = write(hold_out=50)
    with pytest.raises(Refused, match="approved first"):
        redeeming.give_one(offer_id=offer, customer_id=everybody[0], by=house.lead)
    offers.approve(offer_id=offer, by=approver)
    with pytest.raises(Refused, match="test code first"):
        redeeming.give_one(offer_id=offer, customer_id=everybody[0], by=house.lead)
    code = redeeming.make_trial(offer_id=offer, by=house.lead)
    assert redeeming.redeem(code=code, key="1", through="till").trial
    assert redeeming.redeem(code=code, key="1", through="till").repeat
    with pytest.raises(Used):
        redeeming.redeem(code=code, key="2", through="till")
    held = Drawn.objects.get(offer=offer, arm="held_out").customer_id
    with pytest.raises(Refused, match="held out"):
        redeeming.give_one(offer_id=offer, customer_id=held, by=house.lead)
    with pytest.raises(Refused, match="not for that person"):
        redeeming.give_one(offer_id=offer, customer_id=people["TW-11"], by=house.lead)
    assert money(offer) == (0, 0)


def test_after_its_time_a_code_is_refused_and_the_budget_is_free(house: House, running: Running) -> None:
    one, two = crowd(2)
    offer = running()
    kept, late = (redeeming.give_one(offer_id=offer, customer_id=each, by=house.lead) for each in (one, two))
    redeeming.redeem(code=kept, key="k", through="till")
    with time_machine.travel(now() + timedelta(days=31)):
        with pytest.raises(Over):
            redeeming.redeem(code=late, key="l", through="till")
        assert redeeming.redeem(code=kept, key="k", through="till").repeat
        assert offers.expire_due() == 1
    assert money(offer) == (10, 10)
    shown = queries.one(offer)
    assert shown is not None
    assert (shown.sums.given, shown.sums.redeemed, shown.sums.lapsed) == (2, 1, 1)


def test_ending_early_with_codes_out_has_to_be_meant(house: House, running: Running) -> None:
    (one,) = crowd(1)
    offer = running()
    redeeming.give_one(offer_id=offer, customer_id=one, by=house.lead)
    with pytest.raises(Refused, match="1 people hold a code"):
        offers.end(offer_id=offer, by=house.lead)
    offers.end(offer_id=offer, by=house.lead, anyway=True)


def test_handed_to_a_campaign_every_code_is_sealed_and_paid_for(
    house: House, running: Running, people: dict[str, UUID]
) -> None:
    everybody = crowd(10)
    offer = running(hold_out=20)
    early = Drawn.objects.filter(offer=offer, arm="offered").values_list("customer_id", flat=True)[0]
    redeeming.give_one(offer_id=offer, customer_id=early, by=house.lead)
    for stream, said in (("legal", "A legal notice carries no offer"), ("", "as what it is sent")):
        with pytest.raises(Refused, match=said):
            handing.hand_over(offer_id=offer, stream=stream, by=house.lead)
    campaign = handing.hand_over(offer_id=offer, stream="service", by=house.lead)
    rows = list(Recipient.objects.filter(campaign_id=campaign))
    held = set(Drawn.objects.filter(offer=offer, arm="held_out").values_list("customer_id", flat=True))
    assert {row.person_key for row in rows} == {f"customer:{each}" for each in everybody if each not in {early, *held}}
    run = dry_running.dry_run(campaign)
    assert (run.reached, run.left_out) == (7, 0)
    assert all(len(token_of(row.sealed)) > 100 for row in rows)
    assert money(offer) == (80, 0)
    with pytest.raises(Refused, match="same people twice"):
        handing.hand_over(offer_id=offer, stream="service", by=house.lead)


def test_a_budget_that_does_not_pay_everybody_is_not_sent(house: House, running: Running) -> None:
    crowd(5)
    offer = running(budget=Decimal(40))
    with pytest.raises(Refused, match="pays 4 of 5 people"):
        handing.hand_over(offer_id=offer, stream="service", by=house.lead)
    assert money(offer) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_promise_and_spend_the_budget_to_the_cent(house: House, running: Running) -> None:
    everybody = crowd(50)
    offer = running(budget=Decimal(200))

    def apart(do: Callable[..., object]) -> Callable[..., object]:
        def done(*given: object) -> object:
            try:
                return do(*given)
            except Refused as refused:
                return type(refused).__name__
            finally:
                connections.close_all()

        return done

    give = apart(lambda who: redeeming.give_one(offer_id=offer, customer_id=who, by=house.lead))
    with ThreadPoolExecutor(50) as pool:
        given = list(pool.map(give, everybody))
    out = [each for each in given if each != "Refused"]
    assert (len(out), money(offer)) == (20, (200, 0))
    spend = apart(lambda at: redeeming.redeem(code=str(out[at % 5]), key=f"order {at}", through="till").repeat)
    with ThreadPoolExecutor(50) as pool:
        spent = Counter(pool.map(spend, range(50)))
    assert spent == {False: 5, "Used": 45}
    assert money(offer) == (200, 50)
    same = apart(lambda at: redeeming.redeem(code=str(out[9]), key="one order", through="till").repeat)
    with ThreadPoolExecutor(50) as pool:
        assert Counter(pool.map(same, range(50))) == {False: 1, True: 49}
    assert money(offer) == (200, 60)
    assert Trial.objects.count() == 1
