"""A playbook's first answer: found by its words, the place kept, ended only by the customer's own word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from holdfast.conversations import deflections
from holdfast.conversations.assignments import assign
from holdfast.conversations.deflections import Counted, Told, word_in
from holdfast.conversations.models import Conversation, Deflection, Message
from holdfast.conversations.places import standing
from holdfast.kit.clock import now

from .conftest import House

InLine = Callable[..., Conversation]

TEXTS = {
    "transfer": "Late.",
    "card declined": "Try again.",
    "card": "A card.",
    "app": "The app.",
    "cartão": "O cartão.",
}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Where is my transfer?", "transfer"),
        ("TRANSFERS do not arrive", "transfer"),
        ("I transferred 50 yesterday", "transfer"),
        ("my transferability score", None),
        ("Was my card\n declined?", "card declined"),
        ("My card was declined", "card"),
        ("My card  declined", "card declined"),
        ("discard it", None),
        ("The app fails", "app"),
        ("I was appalled, and apps too", None),
        ("O meu CARTÃO sumiu", "cartão"),
        ("", None),
    ],
)
def test_the_longest_word_or_phrase_that_stands_in_the_text_is_it(text: str, word: str | None) -> None:
    assert word_in(text, TEXTS) == word


def test_a_text_holds_what_stands_in_a_pattern() -> None:
    assert word_in("What is a+b (c)?", {"a+b (c)": "A sum."}) == "a+b (c)"
    assert word_in("anything", {" ": "Never."}) is None


@pytest.fixture
def told(in_line: InLine) -> Conversation:
    case = in_line()
    deflections.record([Told(case.pk, "card")])
    return case


def test_told_is_not_answered_and_the_place_stays(told: Conversation, fresh: Callable[..., Conversation]) -> None:
    assert deflections.waits_for_word(told.pk)
    assert standing(conversation_id=told.pk) is not None
    assert fresh(told).waiting_since is not None


def test_only_the_customers_own_word_closes_it(told: Conversation, fresh: Callable[..., Conversation]) -> None:
    assert deflections.answered(conversation_id=told.pk)
    assert not deflections.answered(conversation_id=told.pk)
    assert (fresh(told).state, standing(conversation_id=told.pk)) == ("closed", None)
    assert deflections.was_answered(told.pk)
    assert Message.objects.filter(conversation=told, details__kind="deflection_answered", internal=True).count() == 1


def test_in_a_persons_hands_the_word_is_noted_and_the_person_closes(
    told: Conversation, house: House, fresh: Callable[..., Conversation]
) -> None:
    assign(conversation_id=told.pk, to=house.ana.pk, by=house.ana.pk)
    assert deflections.answered(conversation_id=told.pk)
    assert (fresh(told).state, fresh(told).assignee) == ("open", house.ana)
    assert Message.objects.filter(conversation=told, details__kind="deflection_answered").exists()


def test_who_wants_a_person_stands_where_they_stood(told: Conversation, in_line: InLine) -> None:
    in_line()
    assert deflections.wants_person(conversation_id=told.pk)
    assert not deflections.wants_person(conversation_id=told.pk)
    assert not deflections.answered(conversation_id=told.pk), "the first word holds"
    stands = standing(conversation_id=told.pk)
    assert stands is not None
    assert stands.place == 1


def test_nobody_who_was_told_nothing_is_closed(in_line: InLine, fresh: Callable[..., Conversation]) -> None:
    case = in_line()
    assert not deflections.answered(conversation_id=case.pk)
    assert fresh(case).state == "open"
    assert not deflections.wants_person(conversation_id=case.pk)


def test_leads_see_how_many_were_told_and_what_they_said(in_line: InLine) -> None:
    start = now()
    cases = [in_line() for _ in range(5)]
    deflections.record([Told(case.pk, "card") for case in cases[:4]] + [Told(cases[4].pk, "app")])
    deflections.record([Told(cases[0].pk, "app")])
    deflections.answered(conversation_id=cases[0].pk)
    deflections.answered(conversation_id=cases[1].pk)
    deflections.person_asked([cases[2].pk])
    assert deflections.counts(since=start) == [Counted("card", 4, 2, 1), Counted("app", 1, 0, 0)]
    assert deflections.counts(since=now() + timedelta(minutes=1)) == []
    assert Deflection.objects.count() == 5
