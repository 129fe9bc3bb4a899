from __future__ import annotations

import pytest

from holdfast.assistant.language import language_of, supported


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("My transfer has not arrived and I am worried about it", "en"),
        ("Transfer saya belum sampai dan saya khawatir sekali", "id"),
        ("Minha transferência ainda não chegou e estou preocupada", "pt-br"),
        ("Meine Überweisung ist noch nicht angekommen, was soll ich jetzt tun?", None),
    ],
)
def test_long_texts_are_told_apart(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_short_texts_take_the_customers_own_language() -> None:
    assert language_of("ok", hint="id") == "id"
    assert language_of("ok") == "en"


def test_a_relative_of_a_configured_language_is_served_by_it() -> None:
    assert supported("pt") == "pt-br"
    assert supported("pt_PT") == "pt-br"
    assert supported("en-GB") == "en"
    assert supported("de") is None
