"""The wait that is told: how often it is right, and when nothing is told."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conversations.conftest import House

from holdfast.conversations import movement
from holdfast.conversations.models import Conversation, Place
from holdfast.conversations.reckoning import Served, Wait, busy, reckon
from holdfast.conversations.waits import estimate
from holdfast.kit.clock import now

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
Service = Callable[[random.Random, float], float]


def exponential(chance: random.Random, mean: float) -> float:
    return chance.expovariate(1 / mean)


def lognormal(chance: random.Random, mean: float) -> float:
    return mean * chance.lognormvariate(-0.32, 0.8)  # the shape of real handling times; its mean is 1


def departures(
    chance: random.Random, *, agents: int, mean: float, minutes: float, service: Service, at_once: int
) -> list[float]:
    """Minutes at which people leave a long line that `agents` serve, `at_once` of them each time."""
    free = [chance.uniform(0, mean * at_once) for _ in range(agents)]
    heapq.heapify(free)
    left: list[float] = []
    while free[0] < minutes:
        left += [free[0]] * at_once
        heapq.heapreplace(free, free[0] + service(chance, mean * at_once))
    return left


def ago(minutes: float) -> datetime:
    return NOON - timedelta(minutes=minutes)


def wait_from(steps: Sequence[datetime], *, place: int, at: datetime) -> Wait | None:
    found = reckon(steps, place=place, at=at)
    return found.told() if found else None


@pytest.mark.parametrize(
    ("service", "at_once", "least"), [(exponential, 1, 0.78), (lognormal, 1, 0.8), (exponential, 4, 0.7)]
)
def test_the_range_holds_for_eight_in_ten(service: Service, at_once: int, least: float) -> None:
    """The range is the middle 80 %. Whole minutes make it a little wider; the beginnings of lines are in the sample."""
    chance = random.Random(20260302)
    right = early = late = silent = 0
    for _ in range(1500):
        agents, mean = chance.choice([(1, 4.0), (4, 6.0), (12, 8.0)])
        seen, place = chance.choice([25, 60, 150]), chance.choice([1, 4, 15, 40])
        left = departures(chance, agents=agents, mean=mean, minutes=700, service=service, at_once=at_once)
        steps = [ago(seen - minute) for minute in left if seen - 60 < minute <= seen]
        real = [minute for minute in left if minute > seen][place - 1] - seen
        wait = wait_from(steps, place=place, at=NOON)
        if wait is None:
            silent += 1
            continue
        right += wait.low <= real <= wait.high
        early += real < wait.low
        late += real > wait.high
    told = right + early + late
    share = right / told
    print(f"{service.__name__} x{at_once}: {share:.0%} of {told}, early {early / told:.0%}, late {late / told:.0%}")  # noqa: T201 - the figure is worth reading
    assert told > 750, silent
    assert least <= share <= 0.97
    assert late / told < 0.25, "what was promised must not be too short"


def test_a_range_narrows_with_what_is_known() -> None:
    short = wait_from([ago(minutes) for minutes in range(1, 9)], place=20, at=NOON)
    long = wait_from([ago(minutes) for minutes in range(1, 60)], place=20, at=NOON)
    assert short is not None
    assert long is not None
    assert long.high - long.low < short.high - short.low


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ([], "nobody was served"),
        ([5, 15, 25, 35], "four are too few"),
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], "half a minute is too short"),
        ([40] * 30 + [41] * 30, "two handed out together, then nothing"),
        ([minutes / 2 for minutes in range(70, 119)], "the line stopped 35 minutes ago"),
    ],
)
def test_too_little_to_go_by_is_said(steps: list[float], why: str) -> None:
    assert wait_from([ago(minutes) for minutes in steps], place=3, at=NOON) is None, why


def test_next_in_a_fast_line_is_under_two_minutes() -> None:
    wait = wait_from([ago(minutes / 4) for minutes in range(1, 200)], place=1, at=NOON)
    assert wait == Wait(0, 1)


def steps_of_a_centre(*, per_minute: float, agents: int, handling: float, chance: random.Random) -> list[Served]:
    """First come, first served, with pauses in which nobody waits; the newest first."""
    free, at, found = [0.0] * agents, 0.0, list[Served]()
    while at < 600:
        at += chance.expovariate(per_minute)
        begins = max(at, heapq.heappop(free))
        heapq.heappush(free, begins + chance.expovariate(1 / handling))
        found.append(Served(NOON + timedelta(minutes=begins), 0, NOON + timedelta(minutes=at)))
    return sorted(found, key=lambda step: step.at, reverse=True)


def test_a_line_that_is_empty_half_of_the_time_is_as_fast_as_its_agents() -> None:
    """Its steps alone tell how many came: 3.2 a minute, where four could have been served."""
    found = steps_of_a_centre(per_minute=3.2, agents=8, handling=2.0, chance=random.Random(7))
    as_busy = busy(found, oldest=None)
    assert [step.joined_at for step in as_busy] == [step.joined_at for step in found]
    minutes = (found[0].at - found[-1].at).total_seconds() / 60
    as_fast = (as_busy[0].at - as_busy[-1].at).total_seconds() / 60
    assert len(found) / minutes == pytest.approx(3.2, rel=0.1)
    assert len(found) / as_fast == pytest.approx(4.0, rel=0.1)


def test_while_somebody_waits_no_time_is_left_out() -> None:
    found = [Served(ago(minutes), 0, ago(minutes + 1)) for minutes in range(0, 60, 6)]
    assert busy(found, oldest=ago(70)) == found
    assert busy([], oldest=None) == []


ages = st.lists(st.floats(0, 60), max_size=80)


@given(ages=ages, place=st.integers(1, 20_000))
def test_any_line_gives_a_range_in_order_or_none(ages: list[float], place: int) -> None:
    wait = wait_from([ago(age) for age in ages], place=place, at=NOON)
    assert wait is None or 0 <= wait.low < wait.high


@given(ages=ages, place=st.integers(1, 2000))
def test_who_stands_further_back_never_waits_less(ages: list[float], place: int) -> None:
    steps = [ago(age) for age in ages]
    near, far = (wait_from(steps, place=each, at=NOON) for each in (place, place + 1))
    assert (near is None) == (far is None)
    if near and far:
        assert near.high <= far.high
        assert near.low <= far.low


@pytest.fixture
def served(house: House, in_line: Callable[..., Conversation]) -> Callable[..., None]:
    def _served(minutes: float, *, because: str = "assigned", queue: int = 0) -> None:
        conversation = in_line()
        Place.objects.filter(conversation=conversation).update(
            left_at=now() - timedelta(minutes=minutes), left_because=because, queue_id=queue or house.cards.pk
        )

    return _served


def test_only_this_lines_own_speed_of_the_last_hour_counts(house: House, served: Callable[..., None]) -> None:
    for minutes in (2, 9, 17, 30):
        served(minutes)
    for minutes in (1, 2, 3):
        served(minutes, queue=house.loans.pk)
        served(minutes, because="closed")
        served(minutes + 61)
    assert estimate(queue_id=house.cards.pk, place=2) is None, "four were served here"
    served(36)
    movement.forget()
    wait = estimate(queue_id=house.cards.pk, place=2)
    assert wait is not None
    assert 1 <= wait.low < 15 < wait.high < 80
