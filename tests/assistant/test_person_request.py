"""The way to a person is found in every language, and ordinary sentences about people are not mistaken for it."""

from __future__ import annotations

import pytest

from holdfast.assistant.person_request import asks_for_person


@pytest.mark.parametrize(
    "text",
    [
        "Can I talk to a real person?",
        "please connect me to an agent",
        "I want to speak with someone",
        "get me a human",
        "HUMAN",
        "agent please",
        "0",
        "I need a representative",
        "This is not a bot question, stop the bot",
        "let me talk to your manager",
        "Saya mau bicara dengan petugas",
        "tolong sambungkan saya ke manusia",
        "Quero falar com um atendente",
        "preciso de uma pessoa de verdade",
        "atendente, por favor",
        "talk\nto\na person",
    ],
)
def test_a_request_for_a_person_is_found(text: str) -> None:
    assert asks_for_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "Somebody stole my card",
        "A person at the shop said the card was declined",
        "What is the exchange rate?",
        "Can someone else top up my account?",
        "I sent 100 to the wrong person",
        "Where is the nearest ATM",
        "Kartu saya belum sampai",
        "Minha transferência não chegou",
        "",
    ],
)
def test_a_sentence_about_people_is_not_a_request(text: str) -> None:
    assert not asks_for_person(text)
