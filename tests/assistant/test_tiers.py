"""Load sheds downwards, and never what leads to a person."""

from __future__ import annotations

from contextlib import ExitStack

from hypothesis import given
from hypothesis import strategies as st

from holdfast.assistant import respond
from holdfast.assistant.contract import ForAssistant, HandOver, Reason
from holdfast.assistant.tiers import LIMITS, Limit, Tier, Tiers
from holdfast.kit.ids import uuid7


def test_the_longer_the_queue_the_less_is_thought() -> None:
    tiers = Tiers()
    reached = []
    for waiting in (0, 8, 9, 24, 25, 100_000):
        with tiers.at_most(Tier.MODEL, waiting=waiting) as place:
            reached.append(place.tier)
    assert reached == [Tier.MODEL, Tier.MODEL, Tier.MEANING, Tier.MEANING, Tier.WORDS, Tier.WORDS]


def test_a_full_tier_is_not_waited_for_and_has_room_again_afterwards() -> None:
    tiers = Tiers({tier: Limit(places=1, seconds=1.0, most_waiting=10) for tier in LIMITS})
    with ExitStack() as held:
        got = [held.enter_context(tiers.at_most(Tier.MODEL, waiting=0)) for _ in range(5)]
    tiers_held = [place.tier for place in got]
    assert tiers_held == [Tier.MODEL, Tier.MEANING, Tier.WORDS, Tier.CACHED, Tier.CACHED]
    with tiers.at_most(Tier.MODEL, waiting=0) as place:
        assert place.tier is Tier.MODEL


@given(st.sampled_from(list(Tier)), st.integers(0, 10_000), st.integers(0, 10_000))
def test_more_load_never_means_more_thought(wanted: Tier, some: int, more: int) -> None:
    tiers = Tiers()
    with tiers.at_most(wanted, waiting=min(some, more)) as calm:
        pass
    with tiers.at_most(wanted, waiting=max(some, more)) as busy:
        pass
    assert busy.tier <= calm.tier <= wanted


def test_a_request_for_a_person_needs_no_tier() -> None:
    """It is honoured before anything is searched, whatever waits: no database and no index is asked here."""
    asked = [ForAssistant(uuid7(), "I want to talk to a person") for _ in range(500)]
    outcomes = respond.respond_many(asked)
    assert all(isinstance(each, HandOver) and each.reason is Reason.PERSON_ASKED for each in outcomes)
