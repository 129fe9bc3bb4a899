"""How hard a text is to read, by published formulas. Advice, never a refusal.

- English: Flesch Reading Ease, 206.835 − 1.015 · words per sentence − 84.6 · syllables per word (R. Flesch, “A new
  readability yardstick”, Journal of Applied Psychology 32(3), 1948). 60 to 70 is plain English.
- Portuguese: the same with 248.835 (T. Martins, C. Ghiraldelo, M. Nunes, O. Oliveira Jr., “Readability formulas applied
  to textbooks in Brazilian Portuguese”, ICMC-USP, 1996): words there have more syllables.
  Below 25 it is for readers of a university.
- Indonesian and every other language: LIX, words per sentence + 100 · share of words of more than six letters
  (C. H. Björnsson, “Läsbarhet”, 1968), which counts no syllables. For Indonesian no formula is established; its affixes
  make long words, so that our limit is higher than Björnsson's.

Syllables are counted as groups of vowels; in English a silent e at the end is none. That is right for about nine words
in ten, and enough for an average.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE: Final = re.compile(r"[.!?…]+(?=\s|$)|\n{2,}")
_EN_VOWELS: Final = re.compile(r"[aeiouy]+")
_PT_VOWELS: Final = re.compile(r"[aeiouáâãàéêíóôõúü]+")
_LEAST_WORDS: Final = 20
_LONG: Final = 6
EASE_LIMIT: Final = {"en": 50.0, "pt": 25.0}
LIX_LIMIT: Final = {"id": 62.0}
_LIX_DEFAULT: Final = 55.0


@dataclass(frozen=True, slots=True)
class Reading:
    """A score with the formula it is by; `hard` when it passes our limit."""

    formula: str
    score: float
    hard: bool


def syllables(word: str, *, language: str) -> int:
    """Return about how many syllables a word has: groups of vowels, at least one."""
    plain = word.lower()
    if language != "en":
        return max(1, len(_PT_VOWELS.findall(plain)))
    count = len(_EN_VOWELS.findall(plain))
    if (plain.endswith("e") and not plain.endswith(("le", "ee"))) or re.search(r"[^td]ed$", plain):
        count -= 1
    return max(1, count)


def sentences(text: str) -> list[str]:
    """Return the sentences of a text that have a word in them."""
    return [each for each in _SENTENCE.split(text) if _WORD.search(each)]


def reading(text: str, *, locale: str) -> Reading | None:
    """Return how hard `text` is to read; nothing when it is too short (under 20 words) to say."""
    words, language = _WORD.findall(text), locale.lower().split("-")[0]
    if len(words) < _LEAST_WORDS:
        return None
    length = len(words) / max(1, len(sentences(text)))
    if language in {"en", "pt"}:
        base, name = (206.835, "Flesch Reading Ease") if language == "en" else (248.835, "Flesch after Martins")
        score = base - 1.015 * length - 84.6 * sum(syllables(each, language=language) for each in words) / len(words)
        return Reading(name, score, score < EASE_LIMIT[language])
    score = length + 100 * sum(len(each) > _LONG for each in words) / len(words)
    return Reading("LIX", score, score > LIX_LIMIT.get(language, _LIX_DEFAULT))
