"""Scores of a run: worked out by hand on small runs, and checked against what a formula must give."""

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.drills.crisis import scores
from holdfast.drills.crisis.live import offer_waits
from holdfast.drills.crisis.outages import random_outage
from holdfast.drills.crisis.policies import Fifo, oracle
from holdfast.drills.crisis.room import Entry, Played, Room, State
from holdfast.drills.crisis.scenario import load, scaled
from holdfast.drills.crisis.table import judge_for, row_of, sentences, shield, side_by_side, table
from holdfast.drills.crisis.world import World, make
from holdfast.shield.evidence import Decision, Friction, MinuteReport


@pytest.fixture(scope="module")
def flood() -> World:
    return make(scaled(load("flood-medium"), by=0.05), seed=1)


def report(world: World, minute: float, *, surge: bool = True, share: float = 0.0) -> MinuteReport:
    at = world.scenario.start + timedelta(minutes=minute)
    return MinuteReport(minute=at, rate=1, expected=1, surge=surge, flood_share=share)


def test_a_matter_is_served_once_however_often_it_was_tried(flood: World) -> None:
    genuine = next(v for v in flood.visits if v.genuine and 80 < v.at < 170)
    tried = Entry(genuine, 0, genuine.at, state=State.LEFT, ended_at=genuine.at + 3)
    answered = Entry(genuine, 1, genuine.at + 5, state=State.ANSWERED, ended_at=genuine.at + 5.5)
    served = scores.service(Played(flood, "by hand", [tried, answered], end=240))
    assert (served.matters, served.served, served.prompt) == (1, 1.0, 0.0)


def test_the_bill_is_what_agents_and_providers_were_really_spent_on(flood: World) -> None:
    played = Room(flood, Fifo()).play()
    bill = scores.bill(played)
    spent = sum(e.visit.handling for e in played.entries if e.state is State.ANSWERED and e.visit.crowd == "protest")
    assert bill.flood_minutes == pytest.approx(spent, abs=0.1)
    assert bill.outage_minutes == 0
    assert bill.agents_cost == pytest.approx(spent * flood.scenario.centre.agent_minute, abs=0.1)
    served = {e.visit.matter for e in played.entries if e.state is State.ANSWERED}
    waiting = {e.visit.matter for e in played.entries if e.state is State.WAITING}
    genuine = {v.matter for v in flood.visits if v.genuine}
    assert bill.abandoned_genuine == len(genuine - served - waiting)
    assert scores.bill(Room(flood, oracle()).play()).flood_minutes < bill.flood_minutes


def test_leaks_are_agents_kept_busy_by_flood_contacts_nothing_was_held_against(flood: World) -> None:
    entries = []
    for number, visit in enumerate(flood.visits):
        score = 0.0 if visit.genuine or number % 2 else 3.0
        decision = Decision(id="x", band=int(score), score=score, friction=Friction.NONE, reasons=())
        entries.append(Entry(visit, number, visit.at, decision=decision))
    told = scores.telling(Played(flood, "half", entries, end=240))
    assert told is not None
    since, until = scores.event(Played(flood, "half"))
    leaked = [e for e in entries if not e.visit.genuine and e.number % 2 and since <= e.at < until]
    assert told.leak_erlangs == pytest.approx(sum(e.visit.handling for e in leaked) / (until - since))
    assert told.leak_peak >= told.leak_erlangs
    assert told.precision == 1.0
    assert told.recall == pytest.approx(0.5, abs=0.1)
    assert told.auc == pytest.approx(0.75, abs=0.05)
    assert told.demoted_genuine == 0


def test_naming_counts_from_the_onset_and_calls_early_alarms_false(flood: World) -> None:
    reports = [
        report(flood, 10, share=0.3),
        report(flood, 12, share=0.3),
        report(flood, 40),
        report(flood, 61),
        report(flood, 63, share=0.9),
    ]
    named = scores.naming(Played(flood, "by hand"), reports)
    assert (named.surge_after, named.flood_after) == (2.0, 4.0)
    assert (named.false_surges, named.false_floods) == (2, 1)


def test_waits_told_are_scored_for_those_who_left_too(flood: World) -> None:
    visit = flood.visits[0]
    gone = Entry(visit, 0, 1.0, state=State.LEFT, ended_at=4.0, low=1.0, high=5.0)
    later = Entry(visit, 1, 2.0, state=State.ANSWERED, ended_at=9.0, reached_at=9.0, low=1.0, high=8.0)
    never = Entry(visit, 2, 3.0, state=State.WAITING, low=1.0, high=2.0)
    entries = [gone, later, never]
    offer_waits(entries)
    assert gone.reached_at == 9.0
    assert never.reached_at == math.inf
    assert scores.waits(Played(flood, "by hand", entries)) == scores.Waits(told=2, covered=0.5)


NUMBERS = st.lists(st.floats(-5, 5, allow_nan=False), min_size=1, max_size=30)


@given(low=NUMBERS, high=NUMBERS)
def test_the_area_is_the_share_of_pairs_in_order(low: list[float], high: list[float]) -> None:
    pairs = [(a < b) + (a == b) / 2 for a in low for b in high]
    assert scores.auc(low, high) == pytest.approx(sum(pairs) / len(pairs))


def test_all_policies_stand_in_one_table_and_ours_says_how_it_told_them_apart(flood: World) -> None:
    rows = list(side_by_side(flood))
    assert [row.policy for row in rows][-2:] == ["oracle (true labels)", "holdfast"]
    assert len(rows) == 6
    assert all(row.account.lost == 0 for row in rows)
    assert table(rows, title="x").row_count == 6
    assert sentences(rows[0]) == []
    assert any("genuine" in sentence.lower() for sentence in sentences(rows[-1]))
    assert rows[-1].as_json()["telling"]["flagged_genuine"] >= 0


def test_drawn_outages_are_genuine_all_through_and_differ() -> None:
    drawn = [random_outage(seed) for seed in range(6)]
    assert all(one.kind == "outage" for one in drawn)
    assert len({one.crowds[0].people.assistants for one in drawn}) > 1
    assert random_outage(3) == random_outage(3)


def test_no_drawn_outage_of_a_handful_is_taken_for_a_flood() -> None:
    for seed in range(4):
        world = make(random_outage(seed, per_minute=1.5), seed=seed)
        row = shield(world, judge_for(world))
        assert row.naming is not None
        assert row.naming.false_floods == 0
        assert row.telling is not None
        assert row.telling.demoted_genuine <= 0.01


def test_a_run_without_decisions_has_no_telling(flood: World) -> None:
    assert row_of(Room(flood, Fifo()).play(), []).telling is None


def test_a_callback_taken_and_not_yet_made_is_owed_and_no_answer(flood: World) -> None:
    since, until = 80.0, 180.0
    visits = [visit for visit in flood.visits if visit.genuine and since <= visit.at < until][:4]
    entries = [Entry(visit, number, visit.at) for number, visit in enumerate(visits)]
    entries[0].state, entries[0].ended_at = State.ANSWERED, entries[0].at + 30
    entries[1].called_back = True
    entries[2].state, entries[2].ended_at = State.LEFT, entries[2].at + 5
    found = scores.service(Played(flood, "by hand", entries, end=240.0))
    assert (found.served, found.promised) == (0.25, 0.25)
