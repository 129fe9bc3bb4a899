"""Reads a reply before it leaves: no blame, no brush-off, no regret without a way on, no promise without a time, and
something in it that helps. `reply_lint.toml` has the words per language.

For the assistant a finding means that a person takes over; for a person it is advice. What is held against a reply are
its words, never its author.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Literal

Rule = Literal["blame", "dismissal", "regret", "promise", "empty", "exclamation"]

SENTENCES: Mapping[Rule, str] = {
    "blame": "This tells them that it is their doing. Say what is the case, and what to do.",
    "dismissal": "This waves their matter away. Say what you understood, and what happens next.",
    "regret": "This says no and leaves it there. Say in the same reply what is possible.",
    "promise": "This promises something without a time. Say when, or say when you will know.",
    "empty": "Nothing in this helps yet: no source, nothing done, nobody who takes it on.",
    "exclamation": "A full stop says the same, calmly.",
}
LONGEST = 100_000  # characters that are looked at
MOST = 50  # findings of a rule; who got these knows enough

_EXCLAMATION = re.compile(r"[!！¡]+")
_ADDRESS = re.compile(r"\b\w+://\S+")
_SENTENCE_END = re.compile(r"(?<=[.?!…。！？])\s+|\n+")
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "´": "'", "‑": "-", "–": "-"})


@dataclass(frozen=True, slots=True)
class Finding:
    """What to look at: `text[start:end]`, the rule, and one sentence that says what would be better."""

    rule: Rule
    start: int
    end: int
    sentence: str


@dataclass(frozen=True, slots=True)
class _Words:
    blame: re.Pattern[str]
    dismissal: re.Pattern[str]
    regret: re.Pattern[str]
    option: re.Pattern[str]
    promise: re.Pattern[str]
    time: re.Pattern[str]


def lint(
    text: str, *, locale: str, citations: Sequence[object] = (), actions: Sequence[object] = (), hand_over: bool = False
) -> list[Finding]:
    """Return what is wrong with a reply, in the order of its places; nothing when it may leave as it is.

    `citations` are the passages it quotes, `actions` what was done or is begun, `hand_over` whether a person takes it
    on. In a language without a list only the rules that need none hold.
    """
    plain = _folded(text[:LONGEST])
    found = [_finding("exclamation", match.span()) for match in _shouted(text[:LONGEST])]
    if not (citations or actions or hand_over):
        found.append(_finding("empty", (0, len(text))))
    words = _words_of(locale)
    if words is not None:
        found += _worded(plain, words, way_on=bool(actions) or hand_over)
    return sorted(found, key=lambda each: (each.start, each.end, each.rule))


def languages() -> list[str]:
    """Return the languages there are lists for."""
    return list(_DATA)


def _worded(plain: str, words: _Words, *, way_on: bool) -> Iterator[Finding]:
    yield from (_finding("blame", match.span()) for match in islice(words.blame.finditer(plain), MOST))
    yield from (_finding("dismissal", match.span()) for match in islice(words.dismissal.finditer(plain), MOST))
    # "We cannot" is no "we can".
    rest = words.regret.sub(lambda match: "|" * len(match[0]), plain)
    if not way_on and words.option.search(rest) is None:
        yield from (_finding("regret", match.span()) for match in islice(words.regret.finditer(plain), MOST))
    promises = (match for match in words.promise.finditer(plain) if match.lastgroup)
    yield from (_finding("promise", span) for span in islice(_without_time(plain, promises, words.time), MOST))


def _without_time(plain: str, promises: Iterable[re.Match[str]], time: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    ends = [0, *(match.end() for match in _SENTENCE_END.finditer(plain)), len(plain)]
    for match in promises:
        after = bisect_left(ends, match.end())
        sentence = plain[ends[bisect_right(ends, match.start()) - 1] : ends[after]]
        if time.search(sentence) is None and not any(map(str.isdigit, sentence)):
            yield match.span()


def _shouted(text: str) -> Iterator[re.Match[str]]:
    calm = _ADDRESS.sub(lambda match: "|" * len(match[0]), text)
    return islice(_EXCLAMATION.finditer(calm), MOST)


def _finding(rule: Rule, span: tuple[int, int]) -> Finding:
    return Finding(rule, *span, SENTENCES[rule])


def _folded(text: str) -> str:
    """Return a text of the same length in small letters without accents, so that places in it are places in `text`."""
    return "".join(map(_bare, text.translate(_APOSTROPHES)))


@lru_cache(maxsize=4096)
def _bare(character: str) -> str:
    small = unicodedata.normalize("NFD", character.lower())[:1]
    return small or character


def _pattern(phrases: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{_either(phrases)})(?!\w)")


def _either(phrases: Sequence[str]) -> str:
    parts = (_folded(phrase).replace("*", r"\w*").replace(" ", r"\s+") for phrase in phrases)
    return "|".join(sorted(parts, key=len, reverse=True))


def _promises(promises: Sequence[str], exempt: Sequence[str]) -> re.Pattern[str]:
    """Return what finds promises and, instead of one, an ordinary phrase that begins earlier or with the same word."""
    longer = [each for each in promises if any(each.startswith(f"{phrase} ") for phrase in exempt)]
    first = f"(?P<promise>{_either(longer)})|" if longer else ""
    ordinary = f"(?:{_either(exempt)})|" if exempt else ""
    return re.compile(rf"(?<!\w)(?:{first}{ordinary}(?P<soon>{_either(promises)}))(?!\w)")


def _words_of(locale: str) -> _Words | None:
    wanted = locale.lower().replace("_", "-")
    base = wanted.split("-")[0]
    return _LISTS.get(wanted) or next((words for code, words in _LISTS.items() if code.split("-")[0] == base), None)


_DATA: dict[str, dict[str, list[str]]] = tomllib.loads(Path(__file__).with_name("reply_lint.toml").read_text("utf-8"))
_LISTS = {
    code: _Words(
        **{name: _pattern(about[name]) for name in ("blame", "dismissal", "regret", "option", "time")},
        promise=_promises(about["promise"], about["exempt"]),
    )
    for code, about in _DATA.items()
}
