"""Whoever made the words, a batch, a form or a model: what breaks a rule does not leave, and a person comes."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs
from tests.assistant.conftest import Systems, Talk

from holdfast.assistant import acting_words, turns
from holdfast.assistant.acting_steps import Done, Step
from holdfast.assistant.checking import as_it_may_leave, refused
from holdfast.assistant.clarifying import _TEXTS, question
from holdfast.assistant.contract import Answer, Citation, Clarify, ForAssistant, HandOver, Option, Outcome, Reason
from holdfast.assistant.quoting import _FRAMES, _framed
from holdfast.assistant.reply_lint import languages
from holdfast.conversations.models import Message
from holdfast.knowledge.search import IndexedArticle
from holdfast.triage import answering

CITED = (Citation(1, 1, "s", "en", "Cards", "https://help.example/en/s/", 0, 9),)


@pytest.fixture
def said(house: None, monkeypatch: pytest.MonkeyPatch) -> list[Outcome]:
    """What the assistant would say next at once."""
    outcomes: list[Outcome] = []

    def respond_many(asked: list[ForAssistant]) -> list[Outcome]:
        return [outcomes.pop(0) for _ in asked]

    monkeypatch.setattr(answering, "respond_many", respond_many)
    return outcomes


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("outcome", "rule"),
    [
        (Answer("You should have read this before. Cards take ten days.", CITED, "en", 0.9), "blame"),
        (Answer("Unfortunately that is not possible.", CITED, "en", 0.9), "regret"),
        (Answer("Your card arrives soon.", CITED, "en", 0.9), "promise"),
        (Answer("Cards take ten days.", (), "en", 0.9), "empty"),
        (Clarify("Calm down. Is it 1 or 2?", (Option("A", "article:1"), Option("B", "article:2")), "en"), "dismissal"),
    ],
)
def test_what_breaks_a_rule_does_not_leave_at_once(said: list[Outcome], outcome: Outcome, rule: str) -> None:
    said.append(outcome)
    with capture_logs() as logs:
        talk = Talk()
        talk.say("How long do cards take?")
    assert (talk.in_line, talk.said("assistant")) == (True, [])
    assert [each["rule"] for each in logs if each["event"] == "reply_refused"] == [rule]
    story = Message.objects.get(conversation=talk.case, internal=True).details["lines"]
    assert any(f"reply check ({rule})" in line["text"] for line in story)
    assert not any(getattr(outcome, "text", "?") in str(each) for each in logs), "the words themselves are not logged"


@pytest.mark.django_db
@pytest.mark.usefixtures("house", "freezing")
def test_nor_at_the_end_of_a_turn(systems: Systems) -> None:
    talk, other = Talk(), Talk()
    talk.say("Freeze my card")
    other.say("Freeze my card")
    systems.answers = [
        Step(say="Done, as I already told you.", done=Done("freeze_card", "14:03")),
        Step(say="You should have done that before.", give_up="The bank refused."),
    ]
    turns.once(acts=systems)
    turns.once(acts=systems)
    assert (talk.in_line, talk.said("assistant"), talk.turn.outcome) == (True, [], "handed_over")
    assert (other.in_line, other.said("assistant"), other.turn.outcome) == (True, [], "handed_over")


@pytest.mark.parametrize("speaks", sorted(acting_words._DATA))
def test_each_sentence_of_the_forms_may_leave(speaks: str) -> None:
    """By itself, as the end of a form ("I have changed nothing") and before a person."""
    for name, sentence in acting_words._DATA[speaks]["say"].items():
        assert refused(sentence, locale=speaks, acts=True) is None, name
        assert refused(sentence, locale=speaks, hand_over=True) is None, name


def test_the_frame_around_quoted_words_and_the_question_back_may_leave_in_every_language() -> None:
    article = IndexedArticle(1, "s", "en", "Cards", "", "cards", 1, "", ())
    for locale in _FRAMES:
        assert refused(_framed([(article, "Ten.")], locale), locale=locale, cited=True) is None, locale
        assert refused(_framed([(article, "")], locale, worded="Ten."), locale=locale, cited=True) is None, locale
    for locale in {*_TEXTS, *languages()}:
        asks = question([Option("A", "article:1"), Option("B", "article:2")], locale=locale)
        assert as_it_may_leave(asks) == asks, locale


def test_a_person_is_never_kept_away_by_it() -> None:
    hand_over = HandOver(Reason.PERSON_ASKED, "They asked for a person!", "en")
    assert as_it_may_leave(hand_over) is hand_over
