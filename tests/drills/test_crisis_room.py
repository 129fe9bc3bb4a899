"""The room in memory: nobody is lost under any policy, the floor bounds the wait, and without an alarm it is a line."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.drills.crisis import scores
from holdfast.drills.crisis.ours import FLOOR, FairTimes, Shield, stratum
from holdfast.drills.crisis.policies import FairByCluster, Fifo, cluster, oracle, per_identity, per_source
from holdfast.drills.crisis.room import Entry, Played, Policy, Room, State
from holdfast.drills.crisis.scenario import load, parse, scaled
from holdfast.drills.crisis.table import guaranteed, judge_for, usual, usual_policies
from holdfast.drills.crisis.telling import EVERY
from holdfast.drills.crisis.world import World, make
from holdfast.shield.evidence import Decision, Evidence, Friction
from holdfast.shield.judge import Judge
from holdfast.shield.model import Model


@cache
def world(name: str, seed: int = 0, by: float = 0.1) -> World:
    return make(scaled(load(name), by=by), seed=seed)


class ByTheirId(Judge):
    """Judges by a contact's id alone, so that a test knows every band; a flood is on when `alarm` says so."""

    def __init__(self, *, bands: int, friction: Friction = Friction.NONE, alarm: bool = False) -> None:
        super().__init__()
        self._bands, self._friction, self._alarmed = bands, friction, alarm

    def judge(self, evidence: Evidence) -> Decision:
        return self.again(evidence)

    def again(self, evidence: Evidence) -> Decision:
        band = 0 if evidence.challenge == "pass" else int(evidence.id[:8], 16) % self._bands
        friction = self._friction if band else Friction.NONE
        return Decision(id=evidence.id, band=band, score=float(band), friction=friction, reasons=())

    def pass_time(self, at: object) -> None:
        """Nothing is learnt from what has passed."""

    @property
    def model(self) -> Model:
        return Model(alarm="flood" if self._alarmed else "none")


def play(of: World, policy: Policy) -> Played:
    return Room(of, policy).play()


def order(played: Played) -> list[str]:
    answered = [entry for entry in played.entries if entry.state is State.ANSWERED]
    return [entry.visit.evidence.id for entry in sorted(answered, key=lambda entry: (entry.ended_at, entry.number))]


def assert_nobody_is_lost(played: Played) -> None:
    account = scores.account(played)
    assert account.lost == 0
    assert account.received == account.answered + account.waiting + account.left + account.merged
    assert account.received == len(played.entries) >= len(played.world.visits)
    known = {entry.visit.evidence.id for entry in played.entries}
    assert {visit.evidence.id for visit in played.world.visits} <= known
    for entry in played.entries:
        assert (entry.ended_at < float("inf")) == (entry.state is not State.WAITING)
        assert entry.ended_at >= entry.at


SMALL = st.fixed_dictionaries(
    {
        "agents": st.integers(1, 8),
        "times": st.floats(1, 40),
        "genuine": st.booleans(),
        "again": st.floats(0, 1),
        "patience": st.floats(0.5, 60),
        "seed": st.integers(0, 10_000),
    }
)


def small_world(drawn: dict[str, float]) -> World:
    genuine = bool(drawn["genuine"])
    people = {
        "kind": "hit" if genuine else "flood-medium",
        "again": drawn["again"],
        "again_minutes": 2,
        "patience": drawn["patience"],
    }
    given = {
        "title": "drawn",
        "about": "drawn",
        "kind": "outage" if genuine else "flood",
        "minutes": 40,
        "centre": {"agents": int(drawn["agents"]), "per_minute": drawn["agents"] / 7},
        "crowds": [{"name": "crowd", "people": people, "times": drawn["times"], "starts": 10, "lasts": 15, "rise": 1}],
    }
    return make(parse(given, name="drawn"), seed=int(drawn["seed"]))


@settings(max_examples=25, deadline=None)
@given(drawn=SMALL, bands=st.integers(1, 12), alarm=st.booleans(), friction=st.sampled_from(list(Friction)))
def test_every_contact_is_in_exactly_one_state_under_every_policy(
    drawn: dict[str, float], bands: int, alarm: bool, friction: Friction
) -> None:
    of = small_world(drawn)
    for policy in usual_policies(of):
        assert_nobody_is_lost(play(of, policy))
    judge = ByTheirId(bands=bands, alarm=alarm, friction=friction)
    assert_nobody_is_lost(play(of, Shield(of, judge, guaranteed=guaranteed(of))))


@settings(max_examples=25, deadline=None)
@given(drawn=SMALL, bands=st.integers(2, 12))
def test_the_floor_bounds_how_many_are_handed_out_before_anybody(drawn: dict[str, float], bands: int) -> None:
    """Whoever joins behind n others is reached after at most 33 (n + 1) cases, whatever their band."""
    of = small_world(drawn)
    played = play(of, Shield(of, ByTheirId(bands=bands, alarm=True), guaranteed=guaranteed(of)))
    answered = sorted((e for e in played.entries if e.state is State.ANSWERED), key=lambda e: (e.ended_at, e.number))
    for entry in played.entries:
        if entry.state is State.MERGED:
            continue
        older = sum(other.number < entry.number and other.ended_at > entry.at for other in played.entries)
        until = entry.ended_at
        before = sum(entry.at < other.ended_at < until for other in answered)
        assert before <= FLOOR * (older + 1)


@pytest.mark.parametrize("name", ["normal-weekday", "outage-10x", "retry-storm"])
def test_without_a_flood_the_order_is_first_come_first_served(name: str) -> None:
    of = world(name)
    calm = Shield(of, ByTheirId(bands=1), guaranteed=guaranteed(of))
    plain = Fifo()
    plain.one_case = True
    assert order(play(of, calm)) == order(play(of, plain))


def test_the_judge_leaves_an_ordinary_day_alone() -> None:
    of = world("normal-weekday", by=0.3)
    policy = Shield(of, judge_for(of), guaranteed=guaranteed(of))
    played = play(of, policy)
    plain = Fifo()
    plain.one_case = True
    assert order(played) == order(play(of, plain))
    assert all(entry.decision is not None and entry.decision.band == 0 for entry in played.entries)
    assert not any(report.surge or report.flood_share for report in policy.reports)


def test_better_bands_go_first_and_the_oldest_is_never_forgotten() -> None:
    of = world("flood-medium")
    played = play(of, Shield(of, ByTheirId(bands=4), guaranteed=guaranteed(of)))
    shares = [
        sum(e.state is State.ANSWERED for e in band) / len(band)
        for band in ([e for e in played.entries if e.decision and e.decision.band == b] for b in range(4))
    ]
    assert shares[0] > 0.3
    assert shares[0] > 3 * shares[3]
    assert shares[3] > 0


def test_an_answer_that_fits_moves_a_contact_forward() -> None:
    of = world("flood-medium")
    asked = play(of, Shield(of, ByTheirId(bands=4, friction=Friction.CONFIRM_TOPIC), guaranteed=guaranteed(of)))
    passed = [e for e in asked.entries if e.asked and e.decision and e.decision.band == 0]
    assert passed
    assert all(entry.visit.passes for entry in passed)


def test_who_takes_a_callback_does_not_leave() -> None:
    of = world("flood-medium")
    played = play(of, Shield(of, ByTheirId(bands=4, friction=Friction.CALLBACK), guaranteed=guaranteed(of)))
    waited = [entry for entry in played.entries if entry.called_back]
    assert waited
    assert all(entry.state is not State.LEFT for entry in waited)


def test_a_second_contact_of_an_account_joins_the_first_only_where_there_is_one_case() -> None:
    of = world("retry-storm")
    plain, ours = play(of, Fifo()), play(of, Shield(of, ByTheirId(bands=1), guaranteed=guaranteed(of)))
    assert plain.count(State.MERGED) == 0
    merged = [entry for entry in ours.entries if entry.state is State.MERGED]
    assert merged
    assert all(entry.visit.evidence.account is not None for entry in merged)


def test_strata_share_a_band_and_one_that_exceeds_its_rate_stands_further_back() -> None:
    of = world("flood-medium")
    known = of.visits[0].evidence
    fair = FairTimes({stratum(known): 1.0})
    stamps = [fair.stamp(known, 0, 5.0) for _ in range(40)]
    assert stamps[:10] == [5.0] * 10  # a burst costs nothing
    assert stamps == sorted(stamps)
    assert stamps[-1] == pytest.approx(5 + 39 - 10)
    assert fair.stamp(known, 1, 5.0) == 5.0
    assert fair.stamp(known, 0, 500.0) == 500.0  # an hour later it is forgotten


def test_limiters_and_the_oracle_do_what_their_names_say() -> None:
    of = world("flood-medium", by=0.2)
    results = {policy.name: scores.service(play(of, policy)) for policy in usual_policies(of)}
    assert results["fifo"].prompt < 0.05
    assert results["token bucket per identity"].prompt < 0.05  # everybody is somebody else
    assert results["oracle (true labels)"].served > 0.9
    assert results["oracle (true labels)"].served > results["token bucket per source"].served + 0.2
    assert set(results) == {
        "fifo",
        per_identity().name,
        per_source(usual=usual(of)).name,
        FairByCluster.name,
        oracle().name,
    }


def test_alike_texts_fall_into_one_cluster_more_often_than_others() -> None:
    pairs = [("my card was declined at the shop", "My card was declined at a shop"), ("app is down", "the app is down")]
    far = [("my card was declined at the shop", "when do you close on Sunday"), ("app is down", "rates for dollars")]

    def agree(texts: Sequence[tuple[str, str]]) -> int:
        return sum(cluster(a, of=2**32) == cluster(b, of=2**32) for a, b in texts)

    assert agree(pairs) > agree(far) == 0


def test_the_same_person_again_is_later_on_another_channel_and_stops_when_answered() -> None:
    played = play(world("retry-storm"), Fifo())
    tries: dict[str, list[Entry]] = {}
    for entry in played.entries:
        tries.setdefault(entry.visit.matter, []).append(entry)
    assert max(map(len, tries.values())) > 1
    for entries in tries.values():
        assert len(entries) <= 4
        answered = [entry.ended_at for entry in entries if entry.state is State.ANSWERED]
        assert len(answered) <= 1
        for entry in entries:
            since = entry.visit.evidence.at - played.world.scenario.start
            assert since / timedelta(minutes=1) == pytest.approx(entry.at, abs=1e-5)
            assert not answered or entry.at <= answered[0]


def test_waits_are_told_in_memory_as_in_the_house_and_most_upper_ends_hold() -> None:
    """Of everybody whose turn came or would have come, and of nobody before there was a line."""
    of = world("outage-10x", by=0.25)
    policy = Shield(of, judge_for(of), guaranteed=guaranteed(of))
    played = play(of, policy)
    told = [entry for entry in played.entries if entry.high == entry.high]
    waits = scores.waits(played)
    assert waits is not None
    assert waits.told > 800
    assert 0.85 <= waits.covered <= 0.95
    assert all(0 <= entry.low < entry.high for entry in told)
    gaps = [later.at - earlier.at for earlier, later in pairwise(told)]
    assert min(gaps) >= EVERY, "one arrival of each look at the door"


def test_whose_turn_had_not_come_by_the_end_counts_only_where_less_was_promised() -> None:
    of = world("outage-10x")
    entries = [Entry(visit, number, visit.at) for number, visit in enumerate(of.visits[:3])]
    for entry, high in zip(entries, (5.0, 500.0, 500.0), strict=True):
        entry.low, entry.high = 0.0, high
    entries[2].reached_at = entries[2].at + 30
    assert scores.waits(Played(of, "by hand", entries, end=240.0)) == scores.Waits(told=2, covered=0.5)
