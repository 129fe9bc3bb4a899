"""Signs in a text: what it is about, what is wanted done with it, and what makes it a mere question.

A sign is a kind of word (`card`, `freeze`, `again`, `how_long`), in all languages at once: `wish_words.toml`. What is
learned from few examples in one wording so holds for others.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

from holdfast.kit.plain_text import plain_text

_DATA: dict[str, Any] = tomllib.loads(Path(__file__).with_name("wish_words.toml").read_text("utf-8"))
_ABOUT_ALL = frozenset({"signs", "needs", "never"})
_LAST_FOUR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_DIGIT = re.compile(r"\d")
_ASKS_HOW_IT_IS = frozenset({"look", "where", "arrived", "pending", "not_yet", "why", "?"})


def languages() -> list[str]:
    """Return the languages there are examples in."""
    return [name for name in _DATA if name not in _ABOUT_ALL]


def examples(action: str, speaks: str) -> Sequence[str]:
    """Return ways people ask for an action in a language; none where there are none."""
    found: Sequence[str] = _DATA[speaks]["examples"].get(action, ()) if speaks in languages() else ()
    return found


def questions(speaks: str) -> Sequence[str]:
    """Return what people only ask, or ask of somebody else, about the same things."""
    found: Sequence[str] = _DATA[speaks]["questions"]
    return found


@lru_cache(maxsize=4096)
def signs_in(text: str) -> tuple[str, ...]:
    """Return the signs in a text, in a fixed order; `?` for a question mark, and digits as digits."""
    words = plain_text(text).split()
    found = {sign for place in range(len(words)) for sign in _beginning_at(words, place)}
    if _LAST_FOUR.search(text):
        found.add("last_four")
    elif _DIGIT.search(text):
        found.add("number")
    if "?" in text:
        found.add("?")
    if not _ASKS_HOW_IT_IS.intersection(found):
        found.add("no_asking")
    return tuple(sorted(found))


def in_pairs(text: str) -> list[str]:
    """Return the signs and every two of them: a card and a freeze together say what neither says alone."""
    found = signs_in(text)
    return [*found, *(f"{one}+{other}" for one, other in combinations(found, 2))]


def allows(action: str, text: str) -> bool:
    """Whether a text names what an action is about at all, and nothing that speaks against it."""
    found = set(signs_in(text))
    if found.intersection(_DATA["never"]["any"]):
        return False
    needs: Sequence[Sequence[str]] = _DATA["needs"].get(action, ())
    return all(found.intersection(group) for group in needs) and not found.intersection(_DATA["never"].get(action, ()))


def _beginning_at(words: Sequence[str], place: int) -> Iterator[str]:
    """Return the signs of the word at a place, and of the phrases that begin with it."""
    word, known = words[place], _words()
    yield from known.whole.get(word, ())
    for length in range(2, len(word) + 1):
        yield from known.beginnings.get(word[:length], ())
    for phrase, sign in known.phrases.get(word, ()):
        if tuple(words[place : place + len(phrase)]) == phrase:
            yield sign


@dataclass(frozen=True, slots=True)
class _Words:
    """The signs by whole words, by beginnings of words, and by the first word of a phrase."""

    whole: Mapping[str, Sequence[str]]
    beginnings: Mapping[str, Sequence[str]]
    phrases: Mapping[str, Sequence[tuple[tuple[str, ...], str]]]


@cache
def _words() -> _Words:
    whole, beginnings = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    phrases = defaultdict[str, list[tuple[tuple[str, ...], str]]](list)
    for sign, said in _DATA["signs"].items():
        for each in said:
            first, *rest = plain_text(each.rstrip("*")).split()
            if rest:
                phrases[first].append(((first, *rest), sign))
            else:
                (beginnings if each.endswith("*") else whole)[first].append(sign)
    return _Words(whole, beginnings, phrases)
