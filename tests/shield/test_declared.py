"""What the company declares explains those who write about it, from now until it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from holdfast.kit import clock
from holdfast.kit.clock import now
from holdfast.people.models import Agent, Role
from holdfast.posture.errors import Refused
from holdfast.shield import declared, published
from holdfast.shield.evidence import Evidence
from holdfast.shield.model import Topic
from holdfast.shield.traits import traits_of

DAY = timedelta(days=1)


@pytest.fixture
def lead(db: None) -> Agent:
    return Agent.objects.create(email="lea@desk.example", name="Lea", role=Role.LEAD)


def explained(text: str) -> bool:
    traits = traits_of(Evidence(id="1", at=now(), channel="web", text=text))
    return any(Topic.of(topic).explains(traits) for topic in published.declared())


def test_whoever_uses_the_words_is_explained_until_the_matter_ends(lead: Agent) -> None:
    matter = declared.declare(phrases=["  Saltmarsh   loan ", "price list", "price list"], by=lead.pk, lasts=DAY)
    (found,) = declared.matters()
    assert (found.phrases, found.by) == (("Saltmarsh loan", "price list"), "Lea")
    assert explained("Stop the saltmarsh loan now")
    assert not explained("My card was declined")
    declared.end(matter_id=matter)
    assert declared.matters() == []


def test_a_matter_ends_by_itself(lead: Agent) -> None:
    declared.declare(phrases=["saltmarsh"], by=lead.pk, lasts=DAY)
    later = now() + DAY
    try:
        clock.set_source(lambda: later)
        assert declared.matters() == []
        assert not explained("Stop the saltmarsh loan now")
    finally:
        clock.set_source(None)


@pytest.mark.parametrize(
    ("phrases", "lasts", "sentence"),
    [
        ([], DAY, "1 to 20 phrases"),
        (["  "], DAY, "1 to 20 phrases"),
        ([f"word {n}" for n in range(21)], DAY, "1 to 20 phrases"),
        (["x" * 81], DAY, "at most 80"),
        (["?!"], DAY, "a word or a few"),
        (["loan"], timedelta(days=31), "at most 30 days"),
        (["loan"], timedelta(0), "at most 30 days"),
    ],
)
def test_what_names_nothing_or_lasts_for_ever_is_refused(
    lead: Agent, phrases: list[str], lasts: timedelta, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        declared.declare(phrases=phrases, by=lead.pk, lasts=lasts)
    assert declared.matters() == []
