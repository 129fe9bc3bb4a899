"""What the forms of the assistant say and understand, per language: `acting_words.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from holdfast.assistant import wish_signs
from holdfast.kit.locales import base_language
from holdfast.kit.plain_text import plain_text

_DATA: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("acting_words.toml").read_text("utf-8"))

MONTHS: tuple[tuple[tuple[int, str], ...], ...] = tuple(
    tuple((number, name) for number, names in enumerate(about["months"], 1) for name in names.split())
    for about in _DATA.values()
)


def language(locale: str) -> str | None:
    """Return the language of the forms for a locale, `None` where we have no words of it."""
    base = base_language(locale)
    return base if base in _DATA else None


@cache
def every(name: str) -> tuple[str, ...]:
    """Return the plain phrases of a kind (`yes`, `no`, `stop`, …) in all languages: people mix them."""
    return tuple(dict.fromkeys(plain_text(phrase) for about in _DATA.values() for phrase in about["understood"][name]))


def say(speaks: str, name: str, /, **values: str) -> str:
    """Return a sentence. Raises `KeyError` for a name the language does not have."""
    return str(_DATA[speaks]["say"][name]).format(**values)


def has(speaks: str, name: str) -> bool:
    """Return whether there is such a sentence."""
    return name in _DATA[speaks]["say"]


def titled(speaks: str, action: str) -> str:
    """Return what an action is called for customers: `Freeze a card`. Raises `KeyError` where it has no title."""
    return str(_DATA[speaks]["actions"][action]["title"])


def explained(speaks: str, action: str) -> str:
    """Return in one sentence for customers what an action does. Raises `KeyError` as `titled` does."""
    return str(_DATA[speaks]["actions"][action]["does"])


def money(speaks: str, *, minor: int, currency: str) -> str:
    """Return an amount as the language writes it: `EUR 1,234.50`, `EUR 1.234,50`."""
    written = f"{minor / 100:,.2f}"
    if speaks != "en":
        written = written.translate(str.maketrans(",.", ".,"))
    return f"{currency} {written}"


def day(speaks: str, at: date) -> str:
    """Return a day without its year: `12 Nov`."""
    short = str(_DATA[speaks]["months"][at.month - 1]).split()[0]
    return f"{at.day} {short.capitalize() if speaks != 'pt' else short}"


def listed(speaks: str, things: Sequence[str], *, last: str = "or") -> str:
    """Return `a, b or c`."""
    if len(things) < 2:
        return "".join(things)
    return f"{', '.join(things[:-1])} {say(speaks, last)} {things[-1]}"


def examples_of(action: str, speaks: str = "") -> Sequence[str]:
    """Return ways people ask for an action, in one language or in all."""
    return [phrase for each in ([speaks] if speaks else _DATA) for phrase in wish_signs.examples(action, each)]
