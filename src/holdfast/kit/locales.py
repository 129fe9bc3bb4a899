"""Languages of locales, and words that are kept by language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

Words = TypeVar("Words")


def base_language(locale: str) -> str:
    """Return the language of a locale, small: `pt` for `pt-BR` and `pt_br`, nothing for nothing."""
    return locale.replace("_", "-").split("-")[0].lower()


def said_in(words: Mapping[str, Words], locale: str) -> Words:
    """Return the words of a locale's language, or the English ones, which have to be there."""
    return words.get(base_language(locale), words["en"])
