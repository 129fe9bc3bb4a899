"""Each signal is there when there is a reason, is not there without one, and says what would clear it."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import comb
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.guard.watching import approvers, at_once, common_point, machines, peers, surprise
from holdfast.guard.watching.baseline import Past, pool_of, usual
from holdfast.guard.watching.contract import (
    Approval,
    Came,
    Day,
    Facts,
    Kind,
    Oddity,
    Opening,
    Person,
    Refusal,
    Signal,
    Unmarked,
    independent,
)
from holdfast.guard.watching.cusum import Counted, log_ratio, log_ratio_mean, run_length, threshold, watch
from holdfast.guard.watching.shares import SHARES
from holdfast.guard.watching.signals import signals

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
QUEUE = frozenset({1})


def _people(teams: int = 4, each: int = 6) -> tuple[Person, ...]:
    return tuple(
        Person(team * 100 + n, team, 1 + team % 2, QUEUE, AT - timedelta(days=400))
        for team in range(1, teams + 1)
        for n in range(each)
    )


def _facts(people: Sequence[Person] | None = None, *, seed: int = 5, **more: object) -> Facts:
    """Twelve weeks of honest work: 60 cases a day, a fifth with a value, one opening in two days unexplained."""
    people = _people() if people is None else people
    draw = random.Random(seed)
    days = [
        Day(
            person.agent_id,
            (AT - timedelta(days=back)).date(),
            cases=60,
            openings=12,
            values=sum(draw.random() < 0.2 for _ in range(60)),
            unexplained=sum(draw.random() < 0.05 for _ in range(10)),
            searches=sum(draw.random() < 0.2 for _ in range(10)),
            outside=sum(draw.random() < 0.05 for _ in range(12)),
        )
        for person in people
        for back in range(1, 85)
        if (AT - timedelta(days=back)).weekday() < 5
    ]
    return Facts(at=AT, people=tuple(people), days=tuple(days), **more)  # type: ignore[arg-type]


def _more(facts: Facts, agents: set[int], *, within: int = 14, **extra: int) -> Facts:
    """The same facts with so many more a day of these agents in the last days."""
    since = (AT - timedelta(days=within)).date()
    days = [
        replace(day, **{name: getattr(day, name) + count for name, count in extra.items()})
        if day.agent_id in agents and day.day >= since
        else day
        for day in facts.days
    ]
    return replace(facts, days=tuple(days))


def _opening(seconds: float, customer: int, agent: int = 100, *oddities: Oddity) -> Opening:
    case = UUID(int=customer)
    at = AT - timedelta(hours=3) + timedelta(seconds=seconds)
    return Opening(UUID(int=customer + 10_000), at, agent, case, case, "iban", 1, frozenset(oddities))


def _kinds(found: Sequence[Signal]) -> set[tuple[int, Kind]]:
    return {(signal.agent_id, signal.kind) for signal in found}


def test_honest_work_gives_no_signal() -> None:
    assert signals(_facts()) == []


@pytest.mark.parametrize(
    ("extra", "kind"),
    [({"unexplained": 3}, Kind.UNEXPLAINED), ({"values": 8}, Kind.VALUES), ({"searches": 8}, Kind.SEARCHES)],
)
def test_somebody_who_does_more_of_it_for_two_weeks_stands_out_alone(extra: dict[str, int], kind: Kind) -> None:
    found = [signal for signal in signals(_more(_facts(), {203}, **extra)) if signal.kind is not Kind.PEERS]
    assert _kinds(found) == {(203, kind)}
    assert "usual for this person" in found[0].sentence
    assert found[0].clears
    assert found[0].reasons


def test_what_a_person_found_explained_is_not_counted_again_but_what_comes_after_it_is() -> None:
    facts = _more(_facts(), {203}, unexplained=4)
    assert not signals(facts, cleared={(203, Kind.UNEXPLAINED): AT})
    later = signals(facts, cleared={(203, Kind.UNEXPLAINED): AT - timedelta(days=8)})
    assert _kinds(later) == {(203, Kind.UNEXPLAINED)}
    assert "24 February" in later[0].sentence or "23 February" in later[0].sentence


def test_an_unexplained_signal_says_why_no_case_explains_them() -> None:
    openings = [_opening(n * 400, n, 203, Oddity.SELF_ASSIGNED, Oddity.NO_WORD_AFTER) for n in range(7)]
    openings += [_opening(n * 401, 90 + n, 203) for n in range(5)]
    found = signals(replace(_more(_facts(), {203}, unexplained=4), openings=tuple(openings)))
    assert "7 in a case they gave themselves." in found[0].reasons
    assert len(found[0].entries) == 7, "those that a case explains are no evidence"


def test_a_case_without_a_word_after_it_explains_itself_but_one_given_to_oneself_does_not() -> None:
    assert _opening(0, 1, 1, Oddity.NO_WORD_AFTER).explained
    assert not _opening(0, 1, 1, Oddity.SELF_ASSIGNED).explained


def test_a_team_that_leaks_together_stands_out_among_other_teams_and_one_alone_too() -> None:
    whole_team = {200 + n for n in range(6)}
    for leaking in (whole_team, {203}):
        found = peers.signals(_more(_facts(), leaking, within=28, values=10), cleared={})
        assert {signal.agent_id for signal in found} == leaking


def test_with_hardly_any_colleagues_of_other_teams_nothing_is_said() -> None:
    people = _people(teams=2, each=5)
    assert not list(peers.signals(_more(_facts(people), {101}, within=28, values=30), cleared={}))


def test_an_approver_who_keeps_approving_for_one_person_stands_out() -> None:
    when = AT - timedelta(days=3)
    fair = [Approval(when, by, for_agent) for by in (100, 200, 300) for for_agent in range(100, 106) if by != for_agent]
    assert not [*approvers.signals(_facts(approvals=tuple(fair)), cleared={})]
    close = [Approval(when, 400, 203)] * 9 + [Approval(when, 400, 204)]
    (signal,) = approvers.signals(_facts(approvals=(*fair, *close)), cleared={})
    assert (signal.agent_id, signal.sentence[:7]) == (400, "9 of 10")
    assert "203" not in " ".join([signal.sentence, *signal.reasons]), "the other person is not named"


def test_a_lead_who_approves_for_the_own_team_is_no_signal() -> None:
    people = tuple(Person(n, n // 15, n // 60, QUEUE, AT - timedelta(days=400)) for n in range(120))
    draw = random.Random(3)
    when = AT - timedelta(days=3)
    rows = [Approval(when, 15 * team, 15 * team + draw.randrange(1, 15)) for team in range(8) for _ in range(40)]
    facts = replace(_facts(people[:1]), people=people, approvals=tuple(rows))
    assert not list(approvers.signals(facts, cleared={}))
    close = replace(facts, approvals=(*rows, *[Approval(when, 30, 33)] * 60))
    assert [signal.agent_id for signal in approvers.signals(close, cleared={})] == [30]


def test_ten_refusals_within_an_hour_are_a_signal_and_clumsy_ones_are_not() -> None:
    def refused(count: int, outcome: str, minutes: float) -> tuple[Refusal, ...]:
        start = AT - timedelta(hours=5)
        return tuple(Refusal(start + timedelta(minutes=n * minutes), 100, UUID(int=n), outcome) for n in range(count))

    assert _kinds(signals(_facts(refusals=refused(10, "no_grant", 6)))) == {(100, Kind.DENIALS)}
    for few in (refused(9, "no_grant", 1), refused(10, "no_grant", 7), refused(40, "no_reason", 0.1)):
        assert not signals(_facts(refusals=few))


def test_customer_after_customer_in_a_steady_beat_is_a_signal() -> None:
    beat = [_opening(n * 11 + n % 3, n) for n in range(8)]
    assert _kinds(signals(_facts(openings=tuple(beat)))) == {(100, Kind.RHYTHM)}
    same_customer = [_opening(n * 11, 1) for n in range(8)]
    slow = [_opening(n * 45, n) for n in range(8)]
    few = beat[:5]
    for honest in (same_customer, slow, few):
        assert not signals(_facts(openings=tuple(honest)))


def test_several_values_of_each_customer_are_one_stop_of_the_beat() -> None:
    pairs = [_opening(n * 18 + half * 8, n) for n in range(7) for half in (0, 1)]
    assert _kinds(signals(_facts(openings=tuple(pairs)))) == {(100, Kind.RHYTHM)}


def test_marks_that_keep_missing_are_a_signal_and_once_is_not() -> None:
    gone = tuple(Unmarked(AT - timedelta(days=n), 100, UUID(int=n)) for n in range(1, 4))
    assert _kinds(signals(_facts(unmarked=gone))) == {(100, Kind.MARKS)}
    assert not signals(_facts(unmarked=gone[:2]))
    assert not signals(_facts(unmarked=gone), cleared={(100, Kind.MARKS): AT})


def test_signals_from_the_same_evidence_count_once() -> None:
    facts = _more(_facts(), {203}, values=14, unexplained=4)
    found = [signal for signal in signals(facts) if signal.agent_id == 203]
    assert len(found) == 3
    assert independent(signal.kind for signal in found) == 1, "three ways to count the same openings"


def test_the_own_past_is_drawn_to_the_pool_and_cannot_be_taught() -> None:
    pool = pool_of([Past(events, 40) for events in (10, 16, 20, 24, 30, 20, 18)])
    assert pool is not None
    assert usual(pool, None) == pytest.approx(pool.mean + 2 * pool.spread), "what is not known of somebody is for them"
    rates = [usual(pool, Past(events, 40)) or 0.0 for events in (0, 10, 20, 30)]
    assert rates == sorted(set(rates))
    assert 10 / 40 < rates[1] < 20 / 40 < rates[2] < 30 / 40 + pool.spread
    assert usual(pool, Past(3_000, 4_000)) == pytest.approx(30 / 40, rel=0.05), (
        "the longer the past, the more it counts"
    )
    assert usual(pool, Past(400, 40)) == pytest.approx(pool.mean + 4 * pool.spread), "capped"
    assert (usual(pool, Past(0, 400)) or 0.0) >= pool.mean / 2, "and floored"


def test_while_nothing_is_usual_yet_nothing_is_held_against_anybody() -> None:
    assert pool_of([]) is None
    assert usual(None, Past(4, 40)) is None
    two = pool_of([Past(4, 40), Past(9, 40)])
    assert usual(two, None) is None, "two colleagues are no reference for somebody new"
    assert usual(two, Past(4, 40)) is not None


def _came(facts: Facts, agents: set[int], *, picked: int, within: int = 14) -> Facts:
    """The same facts with twelve customers a day by the line, and so many a day picked by hand by these."""
    since = (AT - timedelta(days=within)).date()
    days = []
    for place, day in enumerate(facts.days):
        odd = picked if day.agent_id in agents and day.day >= since else int(place % 12 == 0)
        days.append(replace(day, came=((1, Came.ROUTED, 12), (1, Came.PICKED, odd))))
    return replace(facts, days=tuple(days))


def test_cases_that_the_line_did_not_bring_are_summed_by_how_improbable_they_are() -> None:
    assert not list(surprise.signals(_came(_facts(), set(), picked=0), cleared={}))
    (found,) = surprise.signals(_came(_facts(), {203}, picked=3), cleared={})
    assert (found.agent_id, found.kind) == (203, Kind.SURPRISE)
    assert "in cases they picked by hand" in found.reasons[0]
    assert not list(surprise.signals(_came(_facts(), {203}, picked=3), cleared={(203, Kind.SURPRISE): AT}))
    everybody = {day.agent_id for day in _facts().days}
    always = _came(_facts(), everybody, picked=3, within=84)
    assert not list(surprise.signals(always, cleared={})), "where everybody picks by hand it is no surprise"


@given(st.lists(st.floats(0.01, 1), min_size=4, max_size=4))
def test_an_improbable_way_raises_the_sum_a_usual_one_lowers_it_and_on_average_it_sinks(weights: list[float]) -> None:
    chances = dict(zip(Came, (weight / sum(weights) for weight in weights), strict=True))
    steps = {came: surprise.step(came, chances) for came in Came}
    assert sum(chances[came] * math.exp(steps[came]) for came in Came) == pytest.approx(1.0), "a likelihood ratio"
    assert sum(chances[came] * steps[came] for came in Came) < 1e-9
    assert steps[min(chances, key=lambda came: chances[came])] == max(steps.values())


def test_customers_unusual_for_the_queue_and_openings_off_shift_are_summed_too() -> None:
    assert (203, Kind.OUTSIDE) in _kinds(signals(_more(_facts(), {203}, outside=5)))
    late = _more(_facts(), {203}, off_shift=3)
    assert not signals(late), "nobody's shifts are known"
    people = frozenset(person.agent_id for person in late.people)
    assert _kinds(signals(replace(late, rostered=people))) == {(203, Kind.OFF_SHIFT)}


def test_a_house_without_a_past_notices_nobody_for_what_is_not_usual_yet() -> None:
    facts = _more(_facts(), {203}, unexplained=4, searches=6, values=9)
    first = (AT - timedelta(days=25)).date()
    new = replace(facts, days=tuple(day for day in facts.days if day.day >= first))
    assert {kind for _, kind in _kinds(signals(new))} <= {Kind.PEERS}, "colleagues are there from the first day on"


def test_every_signal_has_its_share_of_one_false_alarm_a_week() -> None:
    assert set(SHARES) == set(Kind)
    assert sum(SHARES.values()) <= 1 + 1e-9


def test_a_threshold_holds_on_days_that_are_drawn() -> None:
    draw = np.random.default_rng(4)
    for expected, excess, shape in ((0.5, 1.0, 11.0), (7.0, 1.0, 11.0), (12.0, 3.0, 100.0)):
        high = threshold(expected, excess, shape, 2_000)
        none, one = (log_ratio(events, expected, excess, shape) for events in (0, 1))
        sums, alarms = np.zeros(2_000), 0
        for _ in range(500):
            counts = draw.poisson(draw.gamma(shape, expected / shape, 2_000))
            sums = np.maximum(0, sums + none + counts * (one - none))
            alarms += int((sums > high).sum())
            sums[sums > high] = 0
        assert 1_600 < 1_000_000 / alarms < 2_600


@given(st.floats(0.1, 30), st.floats(1, 6), st.sampled_from([2.0, 11.0, 100.0]), st.sampled_from([5_000, 50_000]))
@settings(max_examples=20)
def test_a_threshold_is_passed_by_usual_days_as_often_as_its_share_says(
    expected: float, excess: float, shape: float, between: float
) -> None:
    high = threshold(expected, excess, shape, between)
    assert between * 0.8 < run_length(high * 1.001, expected, excess, shape)
    assert run_length(high * 0.8, expected, excess, shape) < between


def _ring() -> tuple[Refusal, ...]:
    """Six who are refused a dozen times in one hour, each on five days."""
    return tuple(
        Refusal(AT - timedelta(days=day, minutes=2 * n), agent, UUID(int=n), "no_grant")
        for agent in range(200, 206)
        for day in range(1, 6)
        for n in range(12)
    )


def test_bounds_rise_with_what_happens_to_everybody_and_a_ring_cannot_raise_them_far() -> None:
    assert at_once.many([], people=500) == 10
    assert 10 < at_once.many([8, 9, 12, 8], people=500) < at_once.many([25, 30, 28], people=500) == 30
    assert at_once.many([200] * 5_000, people=100) == 30
    assert {agent for agent, _ in _kinds(signals(_facts(refusals=_ring())))} == set(range(200, 206)), "all of a team"
    assert at_once.in_a_row(0, 0, people=0) == at_once.in_a_row(40, 30_000, people=500) == 6
    assert 6 < at_once.in_a_row(3_000, 30_000, people=500) < at_once.in_a_row(29_000, 30_000, people=500) == 12
    assert at_once.unmarked(0, people=1) == 3
    assert 3 < at_once.unmarked(200, people=500) < at_once.unmarked(20_000, people=500) == 10


@given(st.floats(0.1, 40), st.floats(0.5, 20), st.floats(3, 200))
def test_a_sum_sinks_while_all_is_usual_and_rises_in_excess(expected: float, excess: float, shape: float) -> None:
    assert log_ratio_mean(expected, excess, shape) < 0
    rare, often = threshold(expected, excess, shape, 40_000), threshold(expected, excess, shape, 4_000)
    assert rare > often - 0.05, "counts jump: two heights may be passed by the same ones"
    assert often > 0


@given(st.lists(st.integers(0, 4), max_size=60))
def test_more_events_never_make_an_alarm_go_away(counts: list[int]) -> None:
    fewer = watch([Counted(count, 0.5) for count in counts], excess=(1.0, 0.0), between=5_000)
    more = watch([Counted(count + 1, 0.5) for count in counts], excess=(1.0, 0.0), between=5_000)
    assert fewer is None or (more is not None and more.at <= fewer.at)


def _customers(first: int, count: int) -> set[UUID]:
    return {UUID(int=n) for n in range(first, first + count)}


def test_what_reports_have_in_common_is_found_and_who_saw_the_same_people_is_left_out() -> None:
    culprit = _customers(0, 200)
    seen = {agent: _customers(1000 * agent, 200) for agent in range(1, 30)}
    seen |= {50: culprit, 51: _customers(0, 150) | _customers(90_000, 50)}  # 51 has most of the same customers
    reported = _customers(0, 200) - _customers(0, 190) | _customers(0, 8) | {UUID(int=1000 * n) for n in range(1, 6)}
    found = common_point.points(seen, reported, customers=100_000)
    assert [point.agent_id for point in found] == [50]
    assert found[0].reported == 18
    (signal,) = common_point.signals(seen, reported, customers=100_000, at=AT)
    assert signal.kind is Kind.REPORTS
    assert "makes it" not in signal.sentence
    assert any("make it 99 in 100 that this person did. More than 99 is never said" in each for each in signal.reasons)


def test_below_the_bound_nobody_is_named_not_even_as_the_likeliest() -> None:
    seen = {agent: _customers(1000 * agent, 200) for agent in range(1, 30)}
    reported = {UUID(int=1000 * n + k) for n in range(1, 30) for k in range(2)} | _customers(1000, 5)
    assert common_point.points(seen, reported, customers=6_000) == []
    few = _customers(1000, 4)
    assert common_point.points(seen, few, customers=100_000_000) == [], "four reports name nobody"
    assert common_point.points({}, few, customers=10) == []
    assert common_point.points(seen, set(), customers=10) == []


@given(st.integers(0, 60), st.floats(0.01, 20))
def test_how_sure_reports_make_it_rises_with_them_and_ends_below_certainty(reported: int, expected: float) -> None:
    sure = common_point.sureness(reported, expected)
    assert 0 <= sure <= common_point.sureness(reported + 1, expected) <= common_point.SUREST < 1
    assert sure >= common_point.sureness(reported, expected + 1)
    if reported <= expected:
        assert sure <= 1 / common_point.ONE_IN * 1.01, "no more than was thought before"


@given(st.integers(1, 12), st.integers(1, 12), st.integers(12, 30))
def test_the_tail_is_that_of_drawing_without_putting_back(reported: int, seen: int, customers: int) -> None:
    for hits in range(min(reported, seen) + 2):
        exact = sum(
            comb(seen, k) * comb(customers - seen, reported - k)
            for k in range(hits, min(reported, seen) + 1)
            if 0 <= reported - k <= customers - seen
        ) / comb(customers, reported)
        assert common_point.tail(hits, customers, reported, seen) == pytest.approx(exact, abs=1e-9)


@given(st.integers(0, 20), st.integers(1, 20), st.floats(0.01, 0.99))
def test_the_tails_are_exact(count: int, trials: int, share: float) -> None:
    exact = sum(comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(count, trials + 1))
    assert approvers.at_least(count, trials, share) == pytest.approx(exact, abs=1e-9)
    assert approvers.at_least(count, trials, share, together=1e-7) == pytest.approx(exact, abs=1e-4)
    assert approvers.at_least(0, trials, share, together=0.05) == pytest.approx(1.0)


def test_machines_that_are_given_far_more_than_ever_are_told_of_and_a_busy_day_is_not() -> None:
    days = {(AT - timedelta(days=n)).date(): 3_000 + 200 * n for n in range(2, 20)}
    usual = [machines.Taken("deliver", 9_000, days), machines.Taken("identify", 500, {})]
    assert not list(machines.signals(usual, at=AT, days=18))
    far = [machines.Taken("deliver", 40_000, days)]
    (found,) = machines.signals(far, at=AT, days=18)
    assert (found.kind, found.agent_id) == (Kind.MACHINES, machines.MACHINES)
    assert "40,000" in found.sentence
    assert not list(machines.signals(far, at=AT, days=3)), "nothing is usual yet"
    assert not list(machines.signals(far, at=AT, days=18, cleared=AT - timedelta(hours=3)))
    (refused,) = machines.signals([machines.Taken("act", 0, {}, refused=2)], at=AT, days=0)
    assert "has no use for" in refused.sentence
