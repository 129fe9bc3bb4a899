"""Does the customer ask for a person? Runs first, outside any model, and is always honoured.

`person_requests.toml` has the words per language. Of `person` (a human, an agent) and `someone` (words that also occur
in ordinary sentences), `ask` (talk to, connect me), `want` (need, give me), `machine` and `enough` this file makes the
patterns, the same for every language. In doubt a text counts as a request: a person too many costs less than a wall.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.kit.plain_text import folded, plain_text, unmasked

_GAP = r"(?: \S+){0,3}"
_NOT_THEN = r"(?! (?:else|besides|to use|to look))"
_START, _STOP = r"(?<!\S)", r"(?!\S)"  # not \b: to it an Indian vowel sign is no part of a word
_PARTS = re.compile(r"[.,;:!?\n()–—-]+")
_END = 1_500  # characters looked at on either end of a long letter
_STEM = 4  # letters of a stem that decide whether a language's patterns are tried at all
_WINDOW = 12  # words looked at on either side of such a word
_SHORT = 10  # words; in a text that short the noun alone is a request
_KEYPAD = re.compile(r"\W*(?:(?:press|dial|option|taste|marque|tecla|druk)\W*)?(?:[0#*]\W*){1,4}")
_SCRIPTS = {
    "cyrillic": re.compile("[\u0400-\u04ff]"),
    "arabic": re.compile("[\u0600-\u06ff]"),
    "devanagari": re.compile("[\u0900-\u097f]"),
    "japanese": re.compile("[\u3040-\u30ff\u4e00-\u9fff]"),
    "chinese": re.compile("[\u4e00-\u9fff]"),
}
_WITHOUT_SPACES = {"japanese", "chinese"}


@dataclass(frozen=True, slots=True)
class _Language:
    pattern: re.Pattern[str]
    alone: re.Pattern[str]
    """For whole short texts."""
    spaces: bool
    keys: frozenset[str]
    """Words, and beginnings of words, without which no pattern matches."""
    please: re.Pattern[str] | None
    """Words that make a noun a request wherever it stands: without one, "Hello customer service" is a greeting."""
    joins: re.Pattern[str] | None
    """Words between two parts of a sentence."""

    def asks(self, line: str, *, short: bool) -> bool:
        return self.pattern.search(line) is not None or (short and self.alone.fullmatch(line) is not None)


def asks_for_person(text: str) -> bool:
    """Return whether `text` asks for a human being, in any of the known languages.

    A sentence about people that is not a request ("a person stole my card") does not count.
    """
    if len(text) > 2 * _END:
        text = f"{text[:_END]} {text[-_END:]}"
    plain = plain_text(text)
    if _KEYPAD.fullmatch(plain):
        return True
    plain = plain.replace("#", " ").replace("*", " ")
    if _found(plain):
        return True
    other = unmasked(plain)
    if other != plain and _found(other):
        return True
    return _PLEASE.search(plain) is not None and _asked_beside_something_else(text)


def _asked_beside_something_else(text: str) -> bool:
    """Whether one part of a sentence is nothing but "a human, please": "a human please, and freeze my card"."""
    for part in _PARTS.split(text):
        plain = plain_text(part)
        for language in _LATIN:
            if language.please is not None and language.please.search(plain):
                clauses = language.joins.split(plain) if language.joins is not None else [plain]
                if any(language.please.search(each) and language.alone.fullmatch(each.strip()) for each in clauses):
                    return True
    return False


def _found(plain: str) -> bool:
    words = plain.split()
    if len(words) <= _SHORT and "".join(words) in _ALONE:  # letters with gaps: h u m a n
        return True
    near = [place for place, word in enumerate(words) if word in _LATIN_KEYS or word[:_STEM] in _LATIN_KEYS]
    if near:
        tried = {
            each for place in near for key in (words[place], words[place][:_STEM]) for each in _BY_KEY.get(key, ())
        }
        line = " ".join(_around(words, near))
        if any(_LATIN[each].asks(line, short=len(words) <= _SHORT) for each in tried):
            return True
    if plain.isascii():
        return False
    line, joined = " ".join(words), "".join(words)
    return any(
        language.asks(line if language.spaces else joined, short=len(words) <= _SHORT)
        for script, language in _OTHERS
        if script.search(joined)
    )


def _around(words: list[str], near: list[int]) -> list[str]:
    """Return the words close to those at the places `near`; where some are left out stands a mark."""
    if len(words) <= 2 * _WINDOW:
        return words
    kept: list[str] = []
    end = 0
    for place in near:
        start = max(end, place - _WINDOW)
        if start > end:
            kept.append("|")
        end = max(end, min(len(words), place + _WINDOW))
        kept += words[start:end]
    return kept


def _either(words: list[str]) -> str:
    """Return one pattern for a list of words, longest first."""
    patterns = [re.escape(folded(word.rstrip("*"))) + (r"\S*" if word.endswith("*") else "") for word in words]
    return f"(?:{'|'.join(sorted(patterns, key=lambda each: -len(each)))})" if patterns else r"(?:(?!))"


def _language(about: dict[str, Any]) -> _Language:
    lists = {name: about.get(name, []) for name in ("person", "someone", "ask", "want", "machine", "enough", "fill")}
    parts = {name: _either(words) for name, words in lists.items()}
    parts["fill"] = rf"(?: {parts['fill']}){{0,5}}"
    parts["gap"] = _GAP
    if about.get("script") == "arabic":  # articles and prepositions are written as one word with the noun
        for name in ("person", "someone", "machine"):
            parts[name] = rf"(?:ال|بال|لل|وال|ب|ل)?{parts[name]}"
    person, someone, ask, want, fill = (parts[name] for name in ("person", "someone", "ask", "want", "fill"))
    spaces = about.get("script") not in _WITHOUT_SPACES
    patterns = [_filled(each, parts) + (_STOP if spaces else "") for each in about.get("phrases", [])]
    if "person" in about:
        patterns += [
            rf"{ask}{fill}{_GAP} {person}{_STOP}",
            rf"{ask}{fill} {someone}{_STOP}{_NOT_THEN}",
            rf"{want}{fill} (?:{person}|{someone}){_STOP}{_NOT_THEN}",
            rf"{parts['enough']}{fill} {parts['machine']}{_STOP}",
        ]
    if about.get("verb_last"):
        patterns += [rf"{person}{_GAP} {ask}{_STOP}", rf"{someone}{fill} {ask}{_STOP}"]
    quiet = _either([*lists["fill"], *about.get("polite", [])])
    return _Language(
        pattern=re.compile((_START if spaces else "") + f"(?:{'|'.join(patterns)})"),
        alone=re.compile(rf"(?:{quiet} )*(?:{person}|{someone})(?: (?:{quiet}|{person}|{someone}))*"),
        spaces=spaces,
        keys=_keys(about),
        please=_word_of(about.get("please", [])),
        joins=_word_of(about.get("and", [])),
    )


def _word_of(words: list[str]) -> re.Pattern[str] | None:
    return re.compile(rf"{_START}{_either(words)}{_STOP}") if words else None


def _filled(phrase: str, parts: dict[str, str]) -> str:
    pattern = folded(phrase)
    for name, part in parts.items():
        pattern = pattern.replace(f"{{{name}}}", part)
    return pattern


def _keys(about: dict[str, Any]) -> frozenset[str]:
    """Of each noun its longest word, of each stem its beginning, and what the language names itself."""
    found = set(about.get("keys", []))
    for noun in (word for name in ("person", "someone", "machine") for word in about.get(name, [])):
        longest = max(folded(noun.rstrip("*")).split(), key=len)
        found.add(longest[:_STEM] if noun.endswith("*") else longest)
    return frozenset(found)


_DATA: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("person_requests.toml").read_text("utf-8"))
_LATIN = [_language(about) for about in _DATA.values() if "script" not in about]
_OTHERS = [(_SCRIPTS[about["script"]], _language(about)) for about in _DATA.values() if "script" in about]
_LATIN_KEYS = frozenset[str]().union(*(language.keys for language in _LATIN))
_BY_KEY = {key: [place for place, each in enumerate(_LATIN) if key in each.keys] for key in _LATIN_KEYS}
_ALONE = frozenset(
    folded(word.rstrip("*")).replace(" ", "") for about in _DATA.values() for word in about.get("person", [])
)
_PLEASE = re.compile("|".join(language.please.pattern for language in _LATIN if language.please is not None))
