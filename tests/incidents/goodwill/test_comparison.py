"""Whether it helped: the published interval, and words that claim no more than the numbers bear."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.incidents.conftest import House
from tests.incidents.goodwill.conftest import crowd

from holdfast.conversations import tags
from holdfast.incidents.goodwill import comparison, handing
from holdfast.incidents.goodwill.models import Drawn, Offer
from holdfast.kit.clock import now
from holdfast.people.models import Customer


@pytest.mark.parametrize(
    ("shares", "interval"),
    [  # Newcombe 1998, table II, method 10
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((10, 10, 0, 20), (0.6791, 1.0)),
    ],
)
def test_the_interval_is_the_published_one(shares: tuple[int, ...], interval: tuple[float, float]) -> None:
    assert comparison.newcombe(*shares) == pytest.approx(interval, abs=0.0001)


@given(people=st.integers(1, 500), other=st.integers(1, 500), data=st.data())
def test_it_holds_the_difference_and_turns_round_with_the_groups(people: int, other: int, data: st.DataObject) -> None:
    events, others = data.draw(st.integers(0, people)), data.draw(st.integers(0, other))
    low, high = comparison.newcombe(events, people, others, other)
    assert -1 - 1e-9 <= low <= events / people - others / other + 1e-9
    assert events / people - others / other - 1e-9 <= high <= 1 + 1e-9
    assert comparison.newcombe(others, other, events, people) == pytest.approx((-high, -low))


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ((0, 29, 20, 300), "too few to tell"),
        ((3, 100, 4, 100), "too few to tell"),
        ((30, 100, 32, 100), "no difference shown"),
        ((10, 1000, 40, 1000), "fewer"),
        ((40, 1000, 10, 1000), "more"),
    ],
)
def test_the_words_bear_no_more_than_the_numbers(shares: tuple[int, ...], said: str) -> None:
    assert comparison.verdict(*shares) == said


def test_people_are_counted_where_they_were_drawn_and_once(house: House, running: Callable[..., UUID]) -> None:
    crowd(6)
    offer = running(hold_out=50)
    assert comparison.compare(offer) is None
    handing.hand_over(offer_id=offer, stream="service", by=house.lead)
    Offer.objects.filter(pk=offer).update(handed_at=now() - timedelta(days=40))
    one, two = (Customer.objects.get(pk=Drawn.objects.filter(offer=offer, arm=arm)[0].customer_id)
                for arm in ("offered", "held_out"))  # fmt: skip
    for customer, days in ((one, 39), (one, 38), (one, 5), (two, 30), (two, 60)):
        case = house.desk.talk(customer=customer, at=now() - timedelta(days=days))
    case = house.desk.talk(customer=two, at=now() - timedelta(days=20))
    tags.add(conversation_id=case.pk, name="complaint", by=house.lead)
    found = comparison.compare(offer)
    assert found is not None
    assert (found.offered, found.held_out, found.until - found.since) == (3, 3, comparison.LASTS)
    contacts, complaints = found.differences
    assert (contacts.offered, contacts.held_out) == (1, 1)
    assert (complaints.offered, complaints.held_out, complaints.verdict) == (0, 1, "too few to tell")
