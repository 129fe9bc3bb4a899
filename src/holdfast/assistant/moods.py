"""Which sentence shows worry or anger, by a list of words per language. No score, and nothing is decided by it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from holdfast.kit.plain_text import folded

_READ = 4_000  # characters
_LONGEST = 160  # characters of a quoted sentence
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")


@dataclass(frozen=True, slots=True)
class Mood:
    """A sentence of the customer's, and the word in it that was found."""

    kind: str
    """`worry` or `anger`."""
    sentence: str
    word: str


def mood_of(text: str, *, locale: str) -> Mood | None:
    """Return the sentence with the longest word of anger, else of worry; `None` without any.

    A language without a list of its own is read with all of them.
    """
    text = text[:_READ]
    base = locale.replace("_", "-").split("-")[0].lower()
    for kind in ("anger", "worry"):
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


def _cut(sentence: str) -> str:
    return sentence if len(sentence) <= _LONGEST else f"{sentence[: _LONGEST - 1].rstrip()}…"


@cache
def _patterns() -> dict[tuple[str, str], re.Pattern[str]]:
    lists = tomllib.loads(Path(__file__).with_name("moods.toml").read_text("utf-8"))
    patterns = {(base, kind): _any_of(words) for base, about in lists.items() for kind, words in about.items()}
    for kind in ("worry", "anger"):
        patterns["", kind] = _any_of([word for about in lists.values() for word in about[kind]])
    return patterns


def _any_of(words: list[str]) -> re.Pattern[str]:
    each = [re.escape(folded(word)).replace(r"\*", r"\w*") for word in sorted(set(words), key=lambda w: -len(w))]
    return re.compile(rf"(?<!\w)(?:{'|'.join(each)})(?!\w)")
