"""Patience from spells that were cut off, and waits in a line whose people give up: against a simulated line."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import pairwise
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.conversations import movement, told
from holdfast.conversations.assignments import take_next
from holdfast.conversations.models import Conversation, Place, ToldWait
from holdfast.conversations.patience import STAYS, Patience, Spell, patience_of, survival
from holdfast.conversations.places import leave
from holdfast.conversations.reckoning import Wait, reckon
from holdfast.conversations.waits import estimate, wait_of
from holdfast.conversations.walking import Group
from holdfast.kit import clock

from .conftest import House

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
THETA = 1 / 12


def wait_from(
    steps: Sequence[datetime], *, place: int, at: datetime, patience: Patience = STAYS, ahead: Sequence[Group] = ()
) -> Wait | None:
    found = reckon(steps, place=place, at=at, patience=patience, ahead=ahead)
    return found.told() if found else None


def spells_of(chance: random.Random, number: int, *, theta: float, served_after: float) -> list[Spell]:
    """People with exponential patience, most of them served before it is over: their patience is cut off."""
    waits = [(chance.expovariate(theta), chance.expovariate(1 / served_after)) for _ in range(number)]
    return [Spell(0.0, min(patience, served), patience < served) for patience, served in waits]


def test_patience_is_found_although_most_were_served_before_theirs_was_over() -> None:
    spells = spells_of(random.Random(1), 4000, theta=THETA, served_after=4.0)
    assert sum(spell.gave_up for spell in spells) < 1200
    assert patience_of(spells).rate == pytest.approx(THETA, rel=0.15)


def test_who_stood_there_before_we_looked_counts_from_then_on_only() -> None:
    """Without the late entry those who came early and stayed would make everybody look patient."""
    chance = random.Random(2)
    spells = []
    for _ in range(6000):
        joined, patience = chance.uniform(-60, 60), chance.expovariate(THETA)
        if joined + patience > 0:  # we look at the hour from 0 to 60
            left = min(patience, 60 - joined)
            spells.append(Spell(max(-joined, 0.0), left, patience <= 60 - joined))
    assert patience_of(spells).rate == pytest.approx(THETA, rel=0.1)


def test_of_a_few_who_gave_up_nothing_is_concluded() -> None:
    assert patience_of([Spell(0, 3, True)] * 7 + [Spell(0, 5, False)] * 500) == STAYS
    assert patience_of([]) == STAYS


@given(
    st.lists(
        st.builds(
            lambda entered, waited, gave_up, people: Spell(entered, entered + waited, gave_up, people),
            st.floats(0, 60),
            st.floats(0, 60),
            st.booleans(),
            st.floats(1, 50),
        ),
        max_size=60,
    )
)
def test_any_curve_falls_from_one_towards_nothing(spells: list[Spell]) -> None:
    shares = [1.0, *(share for _, share in survival(spells))]
    assert all(before >= after >= 0 for before, after in pairwise(shares))
    assert patience_of(spells).rate >= 0


@dataclass
class Line:
    """A line of people with patience, `agents` who serve it, and somebody now and then who stays whatever happens."""

    agents: int
    handling: float
    per_minute: float
    chance: random.Random

    def run(self, minutes: float) -> None:
        self.steps: list[float] = []
        self.spells: list[tuple[float, float, bool]] = []
        self.joined: list[tuple[float, int, float]] = []
        """Of those who stay: when they joined, which place they got, how long it took."""
        line: dict[int, tuple[float, float]] = {}
        places: dict[int, tuple[float, int]] = {}
        free = self.agents
        events: list[tuple[float, int, str, int]] = [(0.0, 0, "joins", 0)]
        number = 0
        while events and events[0][0] < minutes:
            at, _, kind, who = heappop(events)
            if kind == "joins":
                number += 1
                stays = number % 50 == 0
                line[number] = (at, at + (1e9 if stays else self.chance.expovariate(THETA)))
                if stays:
                    places[number] = (at, len(line))
                else:
                    heappush(events, (line[number][1], number, "leaves", number))
                heappush(events, (at + self.chance.expovariate(self.per_minute), number, "joins", 0))
            elif kind == "leaves" and who in line:
                self.spells.append((line.pop(who)[0], at, True))
            elif kind == "free":
                free += 1
            while free and line:
                first = next(iter(line))
                since, _ = line.pop(first)
                free -= 1
                self.steps.append(at)
                self.spells.append((since, at, False))
                if first in places:
                    self.joined.append((places[first][0], places[first][1], at - places[first][0]))
                heappush(events, (at + self.chance.expovariate(1 / self.handling), number, "free", 0))
        self.waiting = [since for since, _ in line.values()]

    def seen(self, at: float) -> tuple[Sequence[datetime], Patience]:
        """What was to be seen at `at` of the hour before."""
        since = at - 60
        spells = [
            Spell(max(since - joined, 0.0), min(left, at) - joined, gave_up and left <= at)
            for joined, left, gave_up in [*self.spells, *((each, 1e9, False) for each in self.waiting)]
            if joined < at and left > since
        ]
        return [NOON - timedelta(minutes=at - step) for step in self.steps if since < step <= at], patience_of(spells)


def test_in_a_line_whose_people_give_up_the_range_holds_and_the_plain_one_does_not() -> None:
    """Six times as many arrive as can be served: counting everybody ahead as staying tells far too long waits."""
    line = Line(agents=30, handling=6.0, per_minute=30.0, chance=random.Random(20260302))
    line.run(420)
    outcomes: list[tuple[float, Wait, Wait]] = []
    for joined, place, took in line.joined:
        if joined > 120:
            steps, patience = line.seen(joined)
            wait = wait_from(steps, place=place, at=NOON, patience=patience)
            plain = wait_from(steps, place=place, at=NOON)
            assert wait is not None
            assert plain is not None
            outcomes.append((took, wait, plain))
    covered = sum(took <= wait.high for took, wait, _ in outcomes) / len(outcomes)
    inside = sum(wait.low <= took <= wait.high for took, wait, _ in outcomes) / len(outcomes)
    bias = sum(wait.middle for _, wait, _ in outcomes) / sum(took for took, *_ in outcomes)
    plain_bias = sum(plain.middle for *_, plain in outcomes) / sum(took for took, *_ in outcomes)
    assert len(outcomes) > 150
    longer = sum(wait.high for _, wait, _ in outcomes) / sum(took for took, *_ in outcomes)
    assert covered >= 0.82
    assert longer < 1.35, "a range that always holds says nothing"
    assert inside >= 0.76
    assert 0.9 <= bias <= 1.1
    assert plain_bias > 2.0


def test_who_has_waited_long_is_still_there_more_likely_than_who_just_came() -> None:
    """Half would wait five minutes, half an hour: of those who have waited twenty hardly any are of the first kind."""
    chance = random.Random(5)
    spells = [Spell(0.0, chance.expovariate(1 / (5 if index % 2 else 60)), True) for index in range(4_000)]
    patience = patience_of(spells)
    assert patience.still_there(waited=0, more=10) == pytest.approx(0.5 * exp(-2) + 0.5 * exp(-1 / 6), abs=0.03)
    assert patience.still_there(waited=20, more=10) == pytest.approx(exp(-1 / 6), abs=0.06)
    steps = [NOON - timedelta(minutes=n / 4) for n in range(200)]
    came, waited = (
        wait_from(steps, place=101, at=NOON, patience=patience, ahead=[Group(minutes, 100)]) for minutes in (0.0, 20.0)
    )
    assert came is not None
    assert waited is not None
    assert came.high <= waited.low


def test_those_left_at_the_end_of_the_curve_may_be_more_patient_which_makes_the_range_longer_not_shorter() -> None:
    """Half would wait five minutes, half an hour, and nobody was seen to wait more than ten."""
    chance = random.Random(6)
    waits = [chance.expovariate(1 / (5 if index % 2 else 60)) for index in range(2_000)]
    known = patience_of([Spell(0.0, min(wait, 10.0), wait < 10) for wait in waits])
    lasting = known.if_lasting
    assert lasting.still_there(waited=2, more=5) == known.still_there(waited=2, more=5)
    truth = (exp(-12) + exp(-1)) / (exp(-2) + exp(-1 / 6))
    assert known.still_there(waited=10, more=50) < lasting.still_there(waited=10, more=50) < truth
    steps = [NOON - timedelta(minutes=n / 4) for n in range(200)]
    far = wait_from(steps, place=800, at=NOON, patience=known)
    assert far is not None
    assert far.low < far.middle < far.high
    assert far.high > 1.3 * far.low, "how patient people are beyond ten minutes, nobody knows"


@given(place=st.integers(1, 200_000), theta=st.floats(1e-6, 10), rate=st.floats(0.1, 50))
def test_giving_up_only_ever_shortens_a_wait(place: int, theta: float, rate: float) -> None:
    steps = [NOON - timedelta(minutes=n / rate) for n in range(200)]
    plain = wait_from(steps, place=place, at=NOON)
    wait = wait_from(steps, place=place, at=NOON, patience=Patience(theta, 1e6))
    assert (plain is None) == (wait is None)
    if plain is not None and wait is not None:
        assert wait.middle <= plain.middle
        assert 0 <= wait.low <= wait.middle <= wait.high


InLine = Callable[..., Conversation]


@pytest.fixture
def hour(house: House, in_line: InLine) -> list[Conversation]:
    """An hour in which one was served every three minutes and one gave up every six; three wait."""
    moment = datetime(2026, 3, 2, 12, tzinfo=UTC)
    clock.set_source(lambda: moment)
    for n in range(20):
        case = in_line()
        Place.objects.filter(conversation=case).update(
            joined_at=moment - timedelta(minutes=3 * n + 20),
            left_at=moment - timedelta(minutes=3 * n + 0.1),
            left_because="assigned" if n % 3 else "gave up waiting",
        )
    waiting = [in_line(at=moment - timedelta(seconds=3 - n)) for n in range(3)]
    movement.forget()
    return waiting


@pytest.fixture(autouse=True)
def usual_clock() -> object:
    yield
    clock.set_source(None)
    movement.forget()


def test_a_told_wait_is_held_against_what_came(house: House, hour: list[Conversation]) -> None:
    place = Place.objects.get(conversation=hour[1], left_at=None)
    start = clock.now()
    assert told.tell(place) == wait_of(place) is not None
    told.tell(place)
    assert ToldWait.objects.count() == 1, "told again within ten minutes is told once"
    assert told.coverage(start) == told.Coverage(0, 0, 0), "nothing is known yet"
    high = ToldWait.objects.get().high
    clock.set_source(lambda: start + timedelta(minutes=high, seconds=-1))
    taken = [take_next(agent_id=house.ana.pk, queue_ids=[house.cards.pk]) for _ in range(2)]
    assert taken == hour[:2]
    assert told.coverage(start).share == 1.0


def test_who_still_waits_after_the_upper_end_counts_and_who_left_before_it_does_not(
    house: House, hour: list[Conversation]
) -> None:
    start = clock.now()
    for case in hour[:2]:
        told.tell(Place.objects.get(conversation=case, left_at=None))
    leave(conversation_id=hour[0].pk, because="gave up waiting")
    assert told.coverage(start).share is None
    clock.set_source(lambda: start + timedelta(hours=5))
    assert told.coverage(start) == told.Coverage(told=1, in_time=0, early=0)


def test_what_the_newest_would_be_told_is_noted_though_nobody_asks(house: House, hour: list[Conversation]) -> None:
    assert told.note_newest(each=2) == 2
    assert told.note_newest(each=2) == 2
    noted = ToldWait.objects.order_by("pk")
    assert len(noted) == 2, "told again within ten minutes is told once"
    assert all(0 < each.reckoned <= each.high for each in noted)
    assert {each.place.conversation_id for each in noted} == {case.pk for case in hour[1:]}


def test_a_wait_is_corrected_by_how_the_last_ones_came_out(house: House, hour: list[Conversation]) -> None:
    """Some were told twenty minutes and served after four: the next is told less than is reckoned."""
    as_reckoned = wait_of(Place.objects.get(conversation=hour[2], left_at=None))
    for place in list(Place.objects.filter(left_because="assigned")) * 6:
        since = place.left_at - timedelta(minutes=4)
        ToldWait.objects.create(place=place, at=since, low=5, middle=15, high=20, reckoned=20.0)
    movement.forget()
    corrected = wait_of(Place.objects.get(conversation=hour[2], left_at=None))
    assert as_reckoned is not None
    assert corrected is not None
    assert corrected.high < 0.6 * as_reckoned.high


def test_a_worse_band_is_told_a_longer_wait(house: House, hour: list[Conversation]) -> None:
    from holdfast.conversations.line import Rank, rank_many

    usual = wait_of(Place.objects.get(conversation=hour[0], left_at=None))
    rank_many({hour[0].pk: Rank(5)})
    movement.forget()
    worse = wait_of(Place.objects.get(conversation=hour[0], left_at=None))
    assert usual == estimate(queue_id=house.cards.pk, place=1)
    assert usual is not None
    assert worse is not None
    assert worse.high > usual.high
