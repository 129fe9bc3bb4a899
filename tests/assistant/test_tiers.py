"""Load sheds downwards, and never what leads to a person."""

from __future__ import annotations

import time
from contextlib import ExitStack

import pytest
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


def test_who_passes_the_time_of_meaning_falls_to_words(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[tuple[int, bool]] = []

    def slow(texts: list[str], locales: list[str], *, meaning: bool) -> list[respond.Near]:
        looked.append((len(texts), meaning))
        time.sleep(0.03)
        return [respond.NOTHING_NEAR] * len(texts)

    monkeypatch.setattr(respond, "_looked", slow)
    limits = {**LIMITS, Tier.MEANING: Limit(places=1, most_waiting=24, seconds=0.05)}
    monkeypatch.setattr(respond, "tiers", Tiers(limits))
    assert len(respond._searched(["a"] * 24, ["en"] * 24)) == 24
    assert looked == [(8, True), (8, True), (8, False)]
    looked.clear()
    respond._searched(["a"] * 25, ["en"] * 25)
    assert looked == [(25, False)], "a crowd is looked up by words, all at once"


def test_a_request_for_a_person_needs_no_tier() -> None:
    """It is honoured before anything is searched, whatever waits: no database and no index is asked here."""
    asked = [ForAssistant(uuid7(), "I want to talk to a person") for _ in range(500)]
    outcomes = respond.respond_many(asked)
    assert all(isinstance(each, HandOver) and each.reason is Reason.PERSON_ASKED for each in outcomes)
