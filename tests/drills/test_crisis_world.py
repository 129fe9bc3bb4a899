"""The population: repeatable, in order, and without a word to the shield about who is genuine."""

from collections import Counter
from dataclasses import fields

import numpy as np
import pytest

from holdfast.drills.crisis.scenario import Scenario, load, scaled
from holdfast.drills.crisis.world import Visit, World, crowd_rates, make
from holdfast.shield.evidence import Evidence


def small(name: str, *, by: float = 0.1) -> Scenario:
    return scaled(load(name), by=by)


@pytest.fixture(scope="module")
def flood() -> World:
    return make(small("flood-medium", by=0.3), seed=1)


def of(world: World, crowd: str) -> list[Visit]:
    return [visit for visit in world.visits if visit.crowd == crowd]


def test_the_same_seed_makes_the_same_world_and_another_makes_another() -> None:
    first, second, other = (make(small("both-medium"), seed=seed) for seed in (4, 4, 5))
    assert first.visits == second.visits
    assert first.visits != other.visits
    assert list(first.history(days=1)) == list(second.history(days=1))


def test_visits_come_in_order_and_inside_the_scenario(flood: World) -> None:
    times = [visit.at for visit in flood.visits]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] < flood.scenario.minutes
    assert all(
        abs((visit.evidence.at - flood.scenario.start).total_seconds() / 60 - visit.at) < 0.001
        for visit in flood.visits
    )


def test_evidence_carries_nothing_that_names_its_crowd(flood: World) -> None:
    known = {field.name for field in fields(Evidence)}
    assert not known & {"genuine", "crowd", "matter", "passes", "patience"}
    for visit in flood.visits:
        assert visit.crowd not in visit.evidence.id
        assert visit.evidence.challenge is None
        assert visit.evidence.intent is None
    # Values, too: each source, region, operator and channel a protester has, customers have.
    for name in ("source", "region", "operator", "channel"):
        theirs = {getattr(visit.evidence, name) for visit in of(flood, "protest")}
        ours = {getattr(visit.evidence, name) for visit in make(small("normal-week", by=0.3), seed=1).visits}
        assert theirs <= ours


def test_ids_sort_the_same_for_protesters_as_for_customers(flood: World) -> None:
    ranked = sorted(flood.visits, key=lambda visit: visit.evidence.id)
    half = len(ranked) // 2
    share = sum(visit.genuine for visit in ranked[:half]) / sum(visit.genuine for visit in ranked)
    assert 0.4 < share < 0.6


def test_who_gives_no_account_has_nothing_looked_up(flood: World) -> None:
    for visit in flood.visits:
        evidence = visit.evidence
        assert (evidence.account is None) == (evidence.verification == 0)
        if evidence.account is None:
            assert (evidence.need, evidence.open_case, evidence.tenure_days) == (None, None, None)


def test_shares_are_those_the_scenario_names(flood: World) -> None:
    protest = of(flood, "protest")
    assert np.mean([visit.machine for visit in protest]) == pytest.approx(0.9, abs=0.03)
    levels = Counter(visit.evidence.verification for visit in protest)
    assert levels[0] / len(protest) == pytest.approx(0.55, abs=0.03)
    identified = [visit for visit in protest if visit.evidence.account]
    assert np.mean([visit.evidence.need for visit in identified]) == pytest.approx(0.05, abs=0.02)
    assert np.mean([visit.handling for visit in protest]) == pytest.approx(4, rel=0.05)
    customers = of(make(small("normal-week"), seed=2), "everyday")
    patience = [visit.patience for visit in customers if not visit.machine]
    assert np.mean(patience) == pytest.approx(12, rel=0.05)
    assert np.std(patience) == pytest.approx(12, rel=0.07)  # exponential: mean and deviation agree


def test_a_crowd_peaks_at_the_multiple_it_names_and_stays_within_its_time() -> None:
    one = load("flood-announced")
    rates = crowd_rates(one.crowds[0], one)
    assert rates.max() == pytest.approx(one.crowds[0].times * one.centre.per_minute)
    assert rates[: int(one.crowds[0].starts)].sum() == 0
    assert rates[int(one.crowds[0].starts)] == rates.max()  # announced: everybody at once
    assert rates[int(one.crowds[0].starts + one.crowds[0].lasts) :].sum() == 0


def test_the_history_has_the_scenarios_week_without_its_crisis() -> None:
    one = make(small("flood-medium", by=1), seed=3)
    history = list(one.history(days=14))
    assert len(history) == 14 * 1440
    assert history[-1][0] < one.scenario.start
    busy = [count for at, count in history if at.weekday() < 5 and at.hour == 10]
    assert np.mean(busy) == pytest.approx(10, rel=0.15)
    quiet = [count for at, count in history if at.hour == 3]
    assert np.mean(quiet) < 1.5


def test_while_the_identity_provider_is_down_most_are_unknown() -> None:
    one = make(small("outage-identity-down", by=0.3), seed=0)
    since, until = one.scenario.identity_down or (0, 0)
    during = [visit for visit in one.visits if since <= visit.at < until]
    assert np.mean([visit.evidence.verification == 0 for visit in during]) == pytest.approx(0.6, abs=0.04)
    assert all(visit.evidence.verification < 2 for visit in during)


def test_an_incident_declared_names_its_words_and_from_when() -> None:
    ((at, topic),) = make(small("outage-declared"), seed=0).declared()
    assert at == 75
    assert "login" in topic.words
    assert topic.since is not None
