"""Noticing: one series, and thousands that are cuts of the same contacts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.kit.series.baseline import Baseline, Expected
from holdfast.kit.series.ceiling import Ceiling
from holdfast.kit.series.detector import Detector
from holdfast.kit.series.episodes import LASTING_MINUTES, QUIET_MINUTES, Alarm, Course, Turn
from holdfast.kit.series.watch import TOTAL, Key, Watch
from holdfast.kit.series.wording import label, sentence

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TEN = Expected(median=9.8, low=6, high=14, spread=3.3)

Counts = Callable[[int, np.random.Generator], dict[Key, float]]


def watched(watch: Watch, counts: Counts, *, minutes: int, start: int = 0, seed: int = 1) -> list[Alarm]:
    """Feed so many minutes; return all alarms."""
    noise = np.random.default_rng(seed)
    alarms: list[Alarm] = []
    for minute in range(start, start + minutes):
        alarms += watch.step(MONDAY + minute * MINUTE, counts(minute, noise))
    return alarms


def cut(intents: dict[str, float], noise: np.random.Generator) -> dict[Key, float]:
    """A minute of contacts of some intents, on two channels at random."""
    numbers = {intent: int(noise.poisson(rate)) for intent, rate in intents.items()}
    whole = sum(numbers.values())
    chat = int(noise.binomial(whole, 0.3))
    counts: dict[Key, float] = {("intent", intent): float(number) for intent, number in numbers.items()}
    return {TOTAL: float(whole), **counts, ("channel", "chat"): float(chat), ("channel", "email"): float(whole - chat)}


USUAL = {"card payments": 4.0, "transfers": 4.0, "top up": 1.0, "closing": 0.05}


def ordinary(_: int, noise: np.random.Generator) -> dict[Key, float]:
    return cut(USUAL, noise)


@pytest.fixture(scope="module")
def eight_days() -> tuple[dict[str, object], list[Alarm]]:
    """The state of a watch after eight ordinary days, and what it told in them."""
    watch = Watch()
    alarms = watched(watch, ordinary, minutes=8 * 1440)
    return json.loads(json.dumps(watch.dump())), alarms


@pytest.fixture
def settled(eight_days: tuple[dict[str, object], list[Alarm]]) -> dict[str, object]:
    return eight_days[0]


# One series


def detector() -> Detector:
    """A detector that has seen a day of ten a minute."""
    made, noise = Detector(series="card payments"), np.random.default_rng(2)
    for minute in range(1500):
        made.step(MONDAY + minute * MINUTE, float(noise.poisson(10)), TEN)
    return made


def test_thirty_times_the_usual_is_noticed_when_the_first_minute_is_over() -> None:
    (alarm,) = detector().step(MONDAY + 1500 * MINUTE, 300, TEN)
    assert (alarm.turn, alarm.series, alarm.episode) == (Turn.BEGAN, "card payments", 1)
    assert alarm.evidence[0].score > alarm.evidence[0].threshold
    assert alarm.sentences[0].startswith("Card payments: ")
    assert alarm.sentences[0].endswith(" in five minutes, usual 31 to 73")


def test_an_episode_begins_once_and_ends_once_however_it_wavers() -> None:
    one, turns = detector(), []
    for minute in range(1500, 1700):
        count = (300 if minute % 7 else 10) if minute < 1560 else 10
        turns += [alarm.turn for alarm in one.step(MONDAY + minute * MINUTE, count, TEN)]
    assert turns == [Turn.BEGAN, Turn.ENDED]
    assert not one.open


def test_a_restless_series_has_to_do_more_than_be_restless() -> None:
    made, noise, alarms = Detector(), np.random.default_rng(3), 0
    for minute in range(9 * 1440):
        count = noise.poisson(10) * (3.5 if minute % 600 < 5 else 1)  # a burst every ten hours
        new = made.step(MONDAY + minute * MINUTE, float(count), TEN)
        alarms += minute >= 4 * 1440 and any(alarm.turn is Turn.BEGAN for alarm in new)
    assert alarms <= 2  # not twelve
    assert any(alarm.turn is Turn.BEGAN for alarm in made.step(MONDAY + 9 * 1440 * MINUTE, 300, TEN))


def test_a_detector_goes_on_after_json() -> None:
    one = detector()
    one.step(MONDAY + 1500 * MINUTE, 300, TEN)
    again = Detector.load(json.loads(json.dumps(one.dump())))
    assert again.open
    for minute in range(1501, 1600):
        at = MONDAY + minute * MINUTE
        assert again.step(at, 10, TEN) == one.step(at, 10, TEN)


def test_baseline_and_detector_together_do_not_learn_a_storm() -> None:
    baseline, made, noise = Baseline(), Detector(), np.random.default_rng(4)
    for minute in range(3 * 1440 + 300):
        at = MONDAY + minute * MINUTE
        count = float(noise.poisson(300 if minute >= 3 * 1440 else 10))
        made.step(at, count, baseline.expected(at))
        baseline.learn(at, count, ignore=made.open)
    assert made.open
    assert baseline.expected(MONDAY + timedelta(days=3, hours=5)).median < 20


# Episodes


@settings(max_examples=100)
@given(strengths=st.lists(st.floats(0, 3), max_size=400))
def test_turns_alternate_and_numbers_grow(strengths: list[float]) -> None:
    course, turns, numbers = Course(), [], []
    for minute, strength in enumerate(strengths):
        turn = course.step(minute, strength=strength)
        if turn is not None:
            turns.append(turn)
            numbers.append(course.number)
    assert turns == ([Turn.BEGAN, Turn.ENDED] * len(turns))[: len(turns)]
    assert numbers == sorted(numbers)
    assert course.open == (len(turns) % 2 == 1)


def test_after_a_day_the_unusual_is_the_usual() -> None:
    course = Course()
    turns = [course.step(minute, strength=2.0) for minute in range(LASTING_MINUTES + 1)]
    assert [turn for turn in turns if turn] == [Turn.BEGAN, Turn.LASTED]


def test_the_climb_into_an_episode_does_not_raise_what_it_has_to_reach() -> None:
    ceiling = Ceiling()
    for minute in range(8 * 1440):
        ceiling.pass_time(minute)
        ceiling.see(0.8, strange=False)
    before = ceiling.needed(alone=False)
    for minute in range(8 * 1440, 8 * 1440 + 59):
        ceiling.pass_time(minute)
        ceiling.see(5.0, strange=False)
    assert ceiling.needed(alone=False) == before


# Many series


def test_eight_ordinary_days_of_many_series_are_at_most_one_episode(
    eight_days: tuple[dict[str, object], list[Alarm]],
) -> None:
    assert sum(alarm.turn is Turn.BEGAN for alarm in eight_days[1]) <= 1


def test_one_cause_is_one_alert_that_says_what_changed(settled: dict[str, object]) -> None:
    watch = Watch.load(settled)
    stormy = {**USUAL, "card payments": 120.0}
    alarms = watched(watch, lambda _, noise: cut(stormy, noise), minutes=60, start=8 * 1440)
    began = [alarm for alarm in alarms if alarm.turn is Turn.BEGAN]
    assert len(began) == 1
    assert began[0].at <= MONDAY + (8 * 1440 + 1) * MINUTE
    assert len(alarms) <= 3  # all contacts, and at most both channels
    told = watch.what_changed()
    assert told[0].startswith("All contacts: 5") or told[0].startswith("All contacts: 6")
    assert any(line.startswith("Card payments: ") and "in five minutes, usual" in line for line in told)
    assert not any(line.startswith("Transfers") for line in told)
    ended = watched(watch, ordinary, minutes=90, start=8 * 1440 + 60)
    assert [alarm.turn for alarm in ended] == [Turn.ENDED]
    assert ended[0].episode == began[0].episode


def test_a_small_intent_is_noticed_though_the_whole_hardly_moves(settled: dict[str, object]) -> None:
    watch = Watch.load(settled)
    leaving = {**USUAL, "closing": 3.0}
    alarms = watched(watch, lambda _, noise: cut(leaving, noise), minutes=10, start=8 * 1440)
    assert alarms[0].turn is Turn.BEGAN
    assert alarms[0].series == "closing"
    assert alarms[0].at <= MONDAY + (8 * 1440 + 5) * MINUTE


def test_an_intent_nobody_ever_had_is_noticed_and_was_expected_to_be_silent(settled: dict[str, object]) -> None:
    watch = Watch.load(settled)
    assert watch.expected(MONDAY + timedelta(days=8), key=("intent", "gold")).high == 0
    new = {**USUAL, "gold": 8.0}
    alarms = watched(watch, lambda _, noise: cut(new, noise), minutes=5, start=8 * 1440)
    assert "gold" in {alarm.series for alarm in alarms}


def test_what_falls_silent_is_told_too(settled: dict[str, object]) -> None:
    watch = Watch.load(settled)
    watched(watch, lambda _, noise: cut({**USUAL, "transfers": 0.0}, noise), minutes=10, start=8 * 1440)
    assert any(line.startswith("Transfers: 0 in five minutes, usual ") for line in watch.what_changed())


def test_a_declared_time_begins_nothing_and_teaches_nothing(settled: dict[str, object]) -> None:
    watch, noise = Watch.load(settled), np.random.default_rng(1)
    at = MONDAY + timedelta(days=15, hours=1)
    before = watch.expected(at).median
    for minute in range(8 * 1440, 8 * 1440 + 180):
        stormy = cut({**USUAL, "card payments": 300.0}, noise)
        assert watch.step(MONDAY + minute * MINUTE, stormy, ignore=True) == []
    assert watch.expected(at).median == pytest.approx(before, rel=0.05)


def test_a_watch_goes_on_after_json_in_the_middle_of_an_episode(settled: dict[str, object]) -> None:
    one = Watch.load(settled)
    stormy = {**USUAL, "card payments": 120.0}
    watched(one, lambda _, noise: cut(stormy, noise), minutes=20, start=8 * 1440)
    again = Watch.load(json.loads(json.dumps(one.dump())))
    later = [watched(each, ordinary, minutes=60, start=8 * 1440 + 20, seed=5) for each in (one, again)]
    assert later[0] == later[1]
    assert again.dump() == one.dump()


def test_memory_is_bounded_by_folding_what_is_rare_into_the_rest() -> None:
    watch = Watch(max_series=4)
    for number in range(20):
        watch.step(MONDAY + number * MINUTE, {TOTAL: 1.0, ("intent", f"i{number}"): 1.0})
    known = [
        key for key in ([("intent", f"i{number}") for number in range(20)]) if watch.expected(MONDAY, key=key).high
    ]
    assert len(known) == 3
    assert watch.expected(MONDAY + 21 * MINUTE, key=("intent", "other")).median > 0


def test_a_dimension_that_is_full_leaves_room_for_others_and_stays_bounded_after_json() -> None:
    watch = Watch(most={"intent": 3})
    for number in range(20):
        watch.step(
            MONDAY + number * MINUTE, {TOTAL: 1.0, ("intent", f"i{number}"): 1.0, ("channel", f"c{number % 5}"): 1.0}
        )
    assert len(watch) == 1 + 3 + 1 + 5  # the whole, three intents, the other intents, five channels
    again = Watch.load(json.loads(json.dumps(watch.dump())), most={"intent": 3})
    again.step(MONDAY + 20 * MINUTE, {TOTAL: 1.0, ("intent", "i99"): 1.0})
    assert len(again) == len(watch)


def test_minutes_out_of_order_are_refused() -> None:
    watch = Watch()
    watch.step(MONDAY, {TOTAL: 1.0})
    with pytest.raises(ValueError, match="in order"):
        watch.step(MONDAY, {TOTAL: 1.0})


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (TOTAL, "All contacts: 41 in five minutes, usual 6 to 9"),
        (("intent", "card_payments"), "Card payments: 41 in five minutes, usual 6 to 9"),
        (("language", "id"), "Language id: 41 in five minutes, usual 6 to 9"),
    ],
)
def test_sentences_name_the_series_and_its_numbers(key: Key, says: str) -> None:
    assert sentence(label(*key), counted=41.2, low=6, high=9) == says


def test_quiet_minutes_are_what_ends_an_episode() -> None:
    course = Course()
    course.step(0, strength=1.0)
    turns = [course.step(minute, strength=0.2) for minute in range(1, QUIET_MINUTES + 1)]
    assert turns == [None] * (QUIET_MINUTES - 1) + [Turn.ENDED]
