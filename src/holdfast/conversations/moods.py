"""Worry and anger in what customers write, by one list of words per language: `moods.toml`.

Two look at it: the story of a hand-over quotes a sentence, and care for agents counts hard conversations in a row. No
score, and nothing about a customer is decided by it. It lives here because it reads messages, and both may import it.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from holdfast.kit.locales import base_language
from holdfast.kit.plain_text import folded

Kind = Literal["worry", "anger"]

_READ = 4_000  # characters
_LONGEST = 160  # characters of a quoted sentence
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_LISTS: dict[str, dict[str, list[str]]] = tomllib.loads(Path(__file__).with_name("moods.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Mood:
    """A sentence of the customer's, and the word in it that was found."""

    kind: Kind
    sentence: str
    word: str


def mood_of(text: str, *, locale: str) -> Mood | None:
    """Return the sentence with the longest word of anger, else of worry; `None` without any.

    A language without a list of its own is read with all of them.
    """
    text = text[:_READ]
    base = base_language(locale)
    kinds: tuple[Kind, ...] = ("anger", "worry")
    for kind in kinds:
        pattern = _patterns().get((base, kind)) or _patterns()["", kind]
        if not pattern.search(folded(text)):
            continue
        found = [
            (match[0], sentence) for sentence in _SENTENCE.findall(text) for match in pattern.finditer(folded(sentence))
        ]
        if found:
            word, sentence = max(found, key=lambda each: len(each[0]))  # a phrase says more than a word
            return Mood(kind, _cut(" ".join(sentence.split())), word)
    return None


@cache
def search_terms() -> str:
    """Return a query (tsquery, configuration `simple`) for the words of worry and anger in all languages at once.

    A customer's own language is often not known to the database. With and without accents, as people type.
    """
    said = {word for about in _LISTS.values() for kind in ("worry", "anger") for word in about[kind]}
    return " | ".join(sorted({_term(each) for word in said for each in (word.lower(), folded(word))}))


def _term(phrase: str) -> str:
    words = re.findall(r"\w+\*?", phrase)
    return " <-> ".join(f"'{word[:-1]}':*" if word.endswith("*") else f"'{word}'" for word in words)


def _cut(sentence: str) -> str:
    return sentence if len(sentence) <= _LONGEST else f"{sentence[: _LONGEST - 1].rstrip()}…"


@cache
def _patterns() -> dict[tuple[str, Kind], re.Pattern[str]]:
    shown: dict[tuple[str, Kind], list[str]] = {("", "worry"): [], ("", "anger"): []}
    for base, about in _LISTS.items():
        shown[base, "worry"] = [*about["worry"], *about["plight"]]
        shown[base, "anger"] = about["anger"]
        shown["", "worry"] += shown[base, "worry"]
        shown["", "anger"] += about["anger"]
    return {which: _any_of(words) for which, words in shown.items()}


def _any_of(words: list[str]) -> re.Pattern[str]:
    each = [re.escape(folded(word)).replace(r"\*", r"\w*") for word in sorted(set(words), key=lambda w: -len(w))]
    return re.compile(rf"(?<!\w)(?:{'|'.join(each)})(?!\w)")
