"""Hints beside the composer say what could be better, quote what they mean, and keep quiet in doubt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from holdfast.assistant.copilot.wording import _WORDS, hints
from holdfast.assistant.reply_lint import languages

NO_HELP = "Thank you so much for getting in touch with us about this matter, dear customer."


def rules(text: str, locale: str = "en") -> list[str]:
    return [hint.rule for hint in hints(text, locale)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Unfortunately the transfer was returned by the other bank.", ["regret"]),
        ("Unfortunately it was returned. You can send it again at once.", []),
        ("You should have checked the number. You can send it again at once.", ["blame"]),
        ("Calm down, it is on its way and you can see it in the app.", ["dismissal"]),
        ("We will tell you soon.", ["promise"]),
        ("We will tell you by 14:30.", []),
        (NO_HELP, ["empty"]),
        (f"{NO_HELP} Which card do you mean?", []),
        (f"{NO_HELP} I have frozen the card.", []),
        ("Great news! It is done.", ["exclamation"]),
        ("Hello Maren", []),
        ("", []),
    ],
)
def test_a_hint_is_there_for_what_could_be_better(text: str, found: list[str]) -> None:
    assert rules(text) == found


def test_the_gravest_comes_first_once_and_quotes_its_words() -> None:
    found = hints("Unfortunately no! Unfortunately not! It is your own fault.", "en")
    assert [(hint.rule, hint.words) for hint in found] == [
        ("blame", "It is your own fault"),
        ("regret", "Unfortunately"),
        ("exclamation", ""),
    ]


@pytest.mark.parametrize(
    ("locale", "text"),
    [("de", "Leider geht das nicht."), ("id", "Sayangnya kami tidak bisa."), ("pt-BR", "Infelizmente não podemos.")],
)
def test_the_rules_hold_in_the_customers_language(locale: str, text: str) -> None:
    assert "regret" in rules(text, locale)


def test_every_language_with_lists_has_signs_of_help() -> None:
    assert {language.split("-")[0] for language in languages()} == set(_WORDS)


@given(text=some.text(max_size=400), locale=some.sampled_from(["", "en", "de", "ja", "pt-br", "xx"]))
def test_whatever_is_typed_has_at_most_one_hint_of_a_rule(text: str, locale: str) -> None:
    found = rules(text, locale)
    assert len(found) == len(set(found))
