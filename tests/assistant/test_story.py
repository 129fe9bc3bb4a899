"""What goes along with a hand-over: the customer's words, what was tried, and nothing that is not so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.assistant.clarifying import chosen, question
from holdfast.assistant.contract import HandOver, Option, Reason
from holdfast.assistant.matter import matter_of
from holdfast.assistant.normalise import LONGEST, normalised, says_something
from holdfast.assistant.story import story, tried_for_agent, tried_for_customer

TWO = (Option("Lost or stolen card", "article:1"), Option("Card has not arrived", "article:2"))


@given(st.text(max_size=3_000), st.sampled_from(list(Reason)), st.sampled_from(["", "en", "xx", "pt-br"]))
def test_any_text_makes_five_lines(text: str, reason: Reason, locale: str) -> None:
    lines = story(HandOver(reason, "Summary.", locale), said=[text], level=1)
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


@pytest.mark.parametrize(
    ("said", "wants"),
    [
        (["Freeze my card", "a human please"], "“Freeze my card”"),
        (["hi", "a human please, and freeze my card"], "“freeze my card”"),
        (
            ["Hello,\n\nI hope you are well. My card was stolen in Lisbon.\nPlease block it.\n\nThanks", "person"],
            "“My card was stolen in Lisbon. Please block it.”",
        ),
        (
            ["Freeze my card", "yes", "And where is my refund?", "482913", "I need to speak to someone"],
            "“Freeze my card” Then: “And where is my refund?”",
        ),
        (
            ["one: my rent bounced", "two: no PIN came", "three: a fee is wrong", "four: the app is slow", "0"],
            "“one: my rent bounced” Then: “three: a fee is wrong” “four: the app is slow”",
        ),
        (["Halo min, kartu saya hilang", "petugas dong"], "“kartu saya hilang”"),
        (["Oi, bom dia! Meu cartão sumiu", "falar com atendente por favor"], "“Meu cartão sumiu”"),
        (["I want to talk to a human about my frozen card"], "“I want to talk to a human about my frozen card”"),
        (["a human please"], "“a human please”"),
        (["Guten Tag", ""], "“Guten Tag”"),
        (["", "  "], "They wrote nothing that can be read."),
    ],
)
def test_what_they_want_is_the_matter_and_not_the_wish_for_a_person(said: list[str], wants: str) -> None:
    assert story(HandOver(Reason.PERSON_ASKED, "Summary.", "en"), said=said, level=0)[0].text == wants


def test_worry_is_found_in_what_they_said_before_they_asked_for_a_person() -> None:
    lines = story(HandOver(Reason.PERSON_ASKED, "S.", "en"), said=["I am desperate.", "a human please"], level=0)
    assert lines[3].text.startswith("“I am desperate.”")


@given(st.lists(st.text(max_size=400), max_size=6))
def test_the_matter_of_any_messages_is_at_most_three_of_them(said: list[str]) -> None:
    assert len(matter_of(said)) <= 3
    assert bool(matter_of(said)) == any(text.strip() for text in said)


DONE = [
    {"citations": [{"title": "Biaya"}]},
    {"act": {"action": "freeze_card", "at": "14:03"}, "did": "Freeze a card: done at 14:03."},
    {"code_sent": True, "did": "Sent a one-time code to a channel on file."},
    {"options": ["A", "B"]},
    {"locale": "id"},
]


def test_what_was_tried_is_said_to_the_agent_in_english_and_to_the_customer_in_their_language() -> None:
    assert tried_for_agent(DONE)[1] == "Freeze a card: done at 14:03."
    assert tried_for_customer(DONE, locale="id") == [
        "Mengutip “Biaya”.",
        "Bekukan kartu: selesai pukul 14:03.",
        "Mengirim kode sekali pakai ke kontak yang terdaftar.",
        "Menanyakan mana yang dimaksud: “A” atau “B”.",
    ]
    assert tried_for_customer(DONE, locale="pt-BR")[1] == "Bloquear um cartão temporariamente: feito às 14:03."
    for speaks in ("en", "de"):
        assert tried_for_customer(DONE, locale=speaks) == tried_for_agent(DONE)
