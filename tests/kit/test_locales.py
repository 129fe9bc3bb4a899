"""A locale leads to a language, and a language to its words; English is there for all others."""

from __future__ import annotations

import pytest

from holdfast.kit.locales import base_language, said_in


@pytest.mark.parametrize(
    ("locale", "language"),
    [("pt-BR", "pt"), ("pt_br", "pt"), ("PT", "pt"), ("zh-Hant-TW", "zh"), ("id", "id"), ("", "")],
)
def test_a_locale_leads_to_its_language(locale: str, language: str) -> None:
    assert base_language(locale) == language


@pytest.mark.parametrize(("locale", "said"), [("id-ID", "ya"), ("en-GB", "yes"), ("de", "yes"), ("", "yes")])
def test_words_are_those_of_the_language_or_english(locale: str, said: str) -> None:
    assert said_in({"en": "yes", "id": "ya"}, locale) == said
