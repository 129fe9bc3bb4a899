"""The public page's own words in the reader's language (`words.toml`), in English where we have none of it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

_DATA: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))


def locales() -> list[str]:
    """Return the languages the page is made in, the house's own first."""
    return [settings.LANGUAGE_CODE, *(each for each, _ in settings.LANGUAGES if each != settings.LANGUAGE_CODE)]


def words_of(locale: str) -> Mapping[str, Any]:
    """Return the sentences by name; `states` and `components` hold the words for statuses."""
    found: Mapping[str, Any] = _DATA.get(locale.split("-")[0], _DATA["en"])
    return found


@lru_cache(maxsize=4096)
def preferred(accepted: str) -> str:
    """Return the page's language that a header `Accept-Language` (RFC 9110 12.5.4) likes best; else the first."""
    there = locales()
    wishes = []
    for place, part in enumerate(accepted[:200].split(",")):
        tag, _, parameter = part.strip().lower().partition(";")
        weight = parameter.strip().removeprefix("q=") or "1"
        try:
            wishes.append((-float(weight), place, tag.strip().replace("_", "-")))
        except ValueError:
            continue
    for unwanted, _, tag in sorted(wishes):
        if unwanted == 0:
            continue
        for locale in there:
            if tag == locale or tag.split("-")[0] == locale.split("-")[0]:
                return locale
    return there[0]


def length_in_words(length: timedelta, words: Mapping[str, Any]) -> str:
    """A length as `7 h 13 min`, as the language writes it."""
    minutes = max(1, round(length.total_seconds() / 60))
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} {words['hours']}"] if hours else []
    return " ".join([*parts, *([f"{rest} {words['minutes']}"] if rest or not hours else [])])
