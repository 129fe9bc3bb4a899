"""The way to a person is found in every language, and ordinary sentences about people are not mistaken for it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.assistant.person_request import asks_for_person

FIXTURES = Path(__file__).parent / "fixtures"


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FIXTURES / name).read_text(encoding="utf-8"))


REQUESTS = [
    (language, phrase)
    for language, sets in _read("person_requests.toml").items()
    for phrases in sets.values()
    for phrase in phrases
]
OTHERS = [phrase for phrases in _read("not_person_requests.toml").values() for phrase in phrases]


def test_the_set_is_as_large_as_we_say() -> None:
    assert len(REQUESTS) >= 350
    assert len({language for language, _ in REQUESTS} - {"disguised"}) >= 15


@pytest.mark.parametrize(("language", "phrase"), REQUESTS)
def test_a_request_for_a_person_is_found(language: str, phrase: str) -> None:
    assert asks_for_person(phrase), language


@pytest.mark.parametrize("phrase", OTHERS)
def test_a_sentence_about_people_is_not_a_request(phrase: str) -> None:
    assert not asks_for_person(phrase)


@pytest.mark.parametrize("filling", ["The transfer has not arrived. ", "Das Geld fehlt. ", "お金が届きません。"])
@pytest.mark.parametrize("place", ["before", "after"])
def test_a_request_at_either_end_of_a_long_letter_is_found(filling: str, place: str) -> None:
    request = "I want to talk to a real person. "
    letter = filling * 200 + request if place == "after" else request + filling * 200
    assert asks_for_person(letter)


@settings(deadline=None)
@given(st.sampled_from(REQUESTS), st.sampled_from(["\u200b", "\u00ad", "\u2060"]), st.data())
def test_hidden_characters_do_not_hide_a_request(asked: tuple[str, str], hidden: str, data: st.DataObject) -> None:
    phrase = asked[1]
    place = data.draw(st.integers(0, len(phrase)))
    assert asks_for_person(phrase[:place] + hidden + phrase[place:])


@settings(deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_judged_and_case_and_space_around_it_do_not_matter(text: str) -> None:
    assert asks_for_person(text) == asks_for_person(f"  {text}\n")
