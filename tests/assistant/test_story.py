"""What goes along with a hand-over: the customer's words, what was tried, and nothing that is not so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.assistant.clarifying import chosen, question
from holdfast.assistant.contract import HandOver, Option, Reason
from holdfast.assistant.moods import mood_of
from holdfast.assistant.normalise import LONGEST, normalised, says_something
from holdfast.assistant.story import story

TWO = (Option("Lost or stolen card", "article:1"), Option("Card has not arrived", "article:2"))


@pytest.mark.parametrize(
    ("text", "locale", "kind", "sentence"),
    [
        ("The rent is due. I cannot miss it again!", "en", "worry", "I cannot miss it again!"),
        ("Hello. This is UNACCEPTABLE. I am worried too.", "en", "anger", "This is UNACCEPTABLE."),
        ("Saya khawatir sekali", "id-ID", "worry", "Saya khawatir sekali"),
        ("É um absurdo, que vergonha", "pt-BR", "anger", "É um absurdo, que vergonha"),
        ("Ich bin verzweifelt.", "nl", "worry", "Ich bin verzweifelt."),
    ],
)
def test_worry_and_anger_are_quoted(text: str, locale: str, kind: str, sentence: str) -> None:
    mood = mood_of(text, locale=locale)
    assert mood is not None
    assert (mood.kind, mood.sentence) == (kind, sentence)


def test_calm_words_are_no_mood() -> None:
    assert mood_of("Where can I see my exchange rate for yesterday?", locale="en") is None


@given(st.text(max_size=3_000), st.sampled_from(list(Reason)), st.sampled_from(["", "en", "xx", "pt-br"]))
def test_any_text_makes_five_lines(text: str, reason: Reason, locale: str) -> None:
    lines = story(HandOver(reason, "Summary.", locale), text=text, level=1)
    assert [line.label for line in lines] == ["Wants", "We know", "Tried", "Worry", "Not checked"]
    assert all(line.text for line in lines)


@pytest.mark.parametrize(
    ("answer", "which"),
    [
        ("1", 0),
        ("2.", 1),
        ("the second one", 1),
        ("the first", 0),
        ("one", 0),
        ("kedua", 1),
        ("a segunda", 1),
        ("It was stolen", 0),
        ("it has not arrived", 1),
        ("the other one", None),
        ("neither", None),
        ("yes", None),
        ("12", None),
        ("I have 2 cards and waited for 1 week already", None),
        ("🙂", None),
    ],
)
def test_an_answer_to_the_question_back(answer: str, which: int | None) -> None:
    assert chosen(answer, TWO) == (None if which is None else TWO[which])


def test_the_question_names_two_and_no_other_number() -> None:
    assert "1. Lost or stolen card\n2. Card has not arrived" in question(TWO, locale="de").text
    with pytest.raises(ValueError, match="two"):
        question(TWO[:1], locale="en")


@given(st.text(max_size=2_000))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalised(text)
    assert normalised(once) == once
    assert len(once) <= LONGEST * 20


def test_hidden_characters_and_odd_widths_are_gone() -> None:
    assert normalised("Ｗｈｅｒｅ\u200b is\u00a0my\u202e card?\n\n\n\nThanks") == "Where is my card?\n\nThanks"
    assert not says_something("🙂 ?!")
    assert says_something("卡")
