"""The help centre's own words in the visitor's language (`help_words.toml`), in English where we have none of it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from holdfast.kit.locales import base_language

_DATA: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("help_words.toml").read_text("utf-8"))


def words_of(locale: str) -> Mapping[str, Any]:
    """Return the sentences by name."""
    found: Mapping[str, Any] = _DATA.get(base_language(locale), _DATA["en"])
    return found


def language_of_words(locale: str) -> str:
    """Return the language that `words_of` speaks: the locale itself, or `en`."""
    return locale if base_language(locale) in _DATA else "en"


def topic_name(topic: str, locale: str) -> str:
    """Return what a shelf is called; its short name where nobody named it."""
    names: Mapping[str, str] = words_of(locale)["topics"]
    return names.get(topic, topic)
