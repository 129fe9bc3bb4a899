"""Who comes later and goes first, and since when those ahead really stand there."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.conversations import movement
from holdfast.conversations.models import Conversation, Place, ToldWait
from holdfast.conversations.patience import STAYS
from holdfast.conversations.reckoning import Cell, Movement, Served
from holdfast.conversations.waits import wait_of
from holdfast.conversations.walking import Arrivals, Group, Overtaking, reached
from holdfast.kit import clock

from .conftest import House

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FLOOR = 33


def reached_behind(people: int, *, overtaken: Overtaking) -> float:
    minutes, _ = reached([Group(0.0, people)], rate=2.0, patience=STAYS, overtaken=overtaken)
    return minutes


def test_whoever_comes_later_in_a_better_band_takes_their_step_first() -> None:
    chance = random.Random(4)
    took: list[float] = []
    for _ in range(300):  # two are served a minute, one and a half come who go first
        ahead, better, at = 40, 0, 0.0
        while ahead:
            at += chance.expovariate(3.5)
            if chance.random() < 1.5 / 3.5:
                better += 1
            elif better:
                better -= 1
            else:
                ahead -= 1
        took.append(at)
    arrivals = Arrivals(10.0, [(0, 0.0, 15), (2, 0.0, 400)])
    by_walk = reached_behind(40, overtaken=arrivals.overtaking(band=2, later=0.0, floor=FLOOR))
    assert by_walk == pytest.approx(sum(took) / len(took), rel=0.1)
    assert by_walk == pytest.approx(82, abs=1), "half a step a minute is left"


def test_in_the_order_of_arrival_nobody_overtakes() -> None:
    arrivals = Arrivals(10.0, [(0, 0.0, 500)])
    assert reached_behind(40, overtaken=arrivals.overtaking(band=0, later=0.0, floor=FLOOR)) == pytest.approx(20.5)


def test_who_stands_an_hour_later_than_they_came_is_overtaken_for_an_hour_by_those_who_do_not() -> None:
    arrivals = Arrivals(10.0, [(0, 0.0, 15), (0, 70.0, 300)])
    overtaken = arrivals.overtaking(band=0, later=60.0, floor=FLOOR)
    assert [overtaken.per_minute(after=minutes) for minutes in (0, 59, 61)] == [1.5, 1.5, 0]
    assert reached_behind(40, overtaken=overtaken) == pytest.approx(65, abs=2)


@given(people=st.integers(1, 5000), coming=st.integers(0, 5000), band=st.integers(0, 5))
def test_however_many_come_the_oldest_have_their_share(people: int, coming: int, band: int) -> None:
    overtaken = Arrivals(5.0, [(0, 0.0, coming)]).overtaking(band=band, later=0.0, floor=FLOOR)
    assert people / 2 <= reached_behind(people, overtaken=overtaken) <= (people + 1) * FLOOR / 2 + 1


def test_what_is_left_of_a_line_that_is_nearly_taken_up_is_told_as_a_wide_range() -> None:
    """Twelve a minute are served: with ten who go first, two are left, and neither figure is known to a tenth."""
    served = [Served(NOON - timedelta(minutes=n / 12), 0, NOON - timedelta(minutes=n / 12 + 1)) for n in range(200)]
    standing = [Cell(3, NOON - timedelta(minutes=20), 200)]
    free, taken_up = (
        Movement(NOON, served, standing=standing, arrivals=Arrivals(10.0, [(0, 0.0, people), (3, 0.0, 90)])).reckon(
            (3, NOON), ahead=200, older=200, floor=FLOOR
        )
        for people in (0, 100)
    )
    assert free is not None
    assert taken_up is not None
    assert free.middle == pytest.approx(200 / 12, rel=0.05)
    assert taken_up.middle == pytest.approx(100, rel=0.15)
    assert taken_up.high / taken_up.low > 1.5 * free.high / free.low


def test_fair_times_do_not_hide_since_when_people_stand(house: House, in_line: Callable[..., Conversation]) -> None:
    """Who was put an hour further back stands there since they came: their patience is that of people who waited."""
    clock.set_source(lambda: NOON)
    for n in range(20):
        Place.objects.filter(conversation=in_line()).update(
            joined_at=NOON - timedelta(minutes=3 * n + 20),
            fair_at=NOON - timedelta(minutes=3 * n + 20),
            left_at=NOON - timedelta(minutes=3 * n + 0.1),
            left_because="assigned",
        )
    for n in range(12):
        Place.objects.filter(conversation=in_line()).update(
            joined_at=NOON - timedelta(minutes=30 - n), fair_at=NOON + timedelta(minutes=60 + n)
        )
    last = in_line()
    Place.objects.filter(conversation=last).update(joined_at=NOON, fair_at=NOON + timedelta(minutes=90))
    movement.forget()
    moved = movement.movement_of(house.cards.pk, at=NOON)
    assert [group.waited for group in moved.ahead(before=(0, NOON + timedelta(minutes=90)))] == pytest.approx(
        [29.5 - n for n in range(12)], abs=0.01
    )
    assert moved.arrivals == Arrivals(10.0, [(0, 90.0, 1)])
    assert wait_of(Place.objects.get(conversation=last)) is not None


def test_a_wait_is_held_against_the_turn_of_somebody_who_gave_up(
    house: House, in_line: Callable[..., Conversation]
) -> None:
    clock.set_source(lambda: NOON)
    gave_up, behind, waits = (Place.objects.get(conversation=in_line()) for _ in range(3))
    for place, joined, left, because in (
        (gave_up, 30, 20, "gave up waiting"),
        (behind, 28, 4, "assigned"),
        (waits, 26, None, ""),
    ):
        joined_at, left_at = NOON - timedelta(minutes=joined), left and NOON - timedelta(minutes=left)
        Place.objects.filter(pk=place.pk).update(
            joined_at=joined_at, fair_at=joined_at, left_at=left_at, left_because=because
        )
        ToldWait.objects.create(place=place, at=joined_at, low=5, middle=10, high=20, reckoned=20.0)
    movement.forget()
    outcomes = movement.movement_of(house.cards.pk, at=NOON).corrections.outcomes
    assert {(round(each.took), each.served) for each in outcomes} == {(26, True), (24, True), (26, False)}


@pytest.fixture(autouse=True)
def _our_own_time() -> object:
    yield
    clock.set_source(None)
    movement.forget()
