"""A drill through the real house: every contact is accounted for, and judged by the house's own shield."""

from collections.abc import Iterator
from typing import Any

import pytest

from holdfast.conversations.models import Place
from holdfast.drills.crisis import scores
from holdfast.drills.crisis.facts import company_systems
from holdfast.drills.crisis.live import Live
from holdfast.drills.crisis.room import State
from holdfast.drills.crisis.scenario import parse
from holdfast.drills.crisis.world import World, make
from holdfast.kit import clock
from holdfast.operations.client import operations
from holdfast.posture.current import forget as forget_posture
from holdfast.shield import published

pytestmark = pytest.mark.django_db


def flood() -> World:
    crowd = {"name": "protest", "people": "flood-medium", "times": 25, "starts": 15, "lasts": 8, "rise": 0}
    given: dict[str, Any] = {
        "title": "A small flood",
        "about": "A quarter of an hour of quiet, then a protest.",
        "kind": "flood",
        "minutes": 24,
        "centre": {"agents": 5, "per_minute": 1},
        "crowds": [crowd],
    }
    return make(parse(given, name="small-flood"), seed=3)


@pytest.fixture
def world(settings: Any) -> Iterator[World]:
    made = flood()
    with company_systems(made) as url:
        settings.OPERATIONS_URL, settings.OPERATIONS_TOKEN = url, "drill"
        operations.cache_clear()
        published.forget()
        forget_posture()
        yield made
    operations.cache_clear()
    published.forget()
    forget_posture()


def test_every_contact_is_judged_and_then_answered_or_waiting_and_none_is_lost(world: World) -> None:
    lived = Live(world, step=0.5).play()
    entries = lived.played.entries
    assert lived.lost == 0
    received = sum(count.received for count in lived.counts)
    assert received == sum(c.answered + c.waiting + c.parked + c.refused for c in lived.counts)
    assert received == len(entries) >= len(world.visits)
    answered = [entry for entry in entries if entry.state is State.ANSWERED]
    assert 0 < len(answered) == sum(count.answered for count in lived.counts)
    assert all(entry.decision is not None for entry in entries)
    assert scores.naming(lived.played, lived.reports).surge_after is not None
    assert lived.postures[0] == "calm"
    assert len(lived.postures) > 1
    for entry in answered:
        at_once = sum(e.ended_at <= entry.ended_at < e.ended_at + e.visit.handling for e in answered)
        assert at_once <= world.scenario.centre.agents
    in_line = Place.objects.filter(left_at=None).count()
    assert in_line <= sum(entry.state is State.WAITING for entry in entries)


def test_company_systems_answer_what_the_world_knows(world: World) -> None:
    known = {v.evidence.account: v.evidence.need for v in world.visits if v.evidence.account is not None}
    client = operations()
    assert client is not None
    clock.set_source(lambda: world.scenario.start)
    try:
        found = client.headlines(list(known))
    finally:
        clock.set_source(None)
    assert {account for account, need in known.items() if need} == set(found)
