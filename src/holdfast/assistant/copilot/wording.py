"""Hints about a reply while an agent types it: the same rules as for the assistant's own words. Advice, never a bar.

What was done and who takes it on cannot be known of words that are not sent yet, so that rule goes by signs of help in
them (`wording.toml`) and keeps quiet in doubt.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from holdfast.assistant.language import language_of, supported
from holdfast.assistant.reply_lint import Rule, lint
from holdfast.kit.locales import base_language
from holdfast.kit.plain_text import folded

LONGEST = 10_000  # characters that are looked at
SHORTEST = 40
"""Letters below which nothing is missing yet: a greeting, a first half sentence."""
_ORDER: Sequence[Rule] = ("blame", "dismissal", "regret", "promise", "empty", "exclamation")
_MOST_WORDS = 40  # characters of what is quoted
_SIGNS = re.compile(r"\d|://|\?|？")


@dataclass(frozen=True, slots=True)
class Hint:
    """One sentence, and the words it is about; none where it is about the whole reply."""

    rule: Rule
    words: str
    sentence: str


def hints(text: str, locale: str) -> list[Hint]:
    """Return what could be said better in a reply to a customer of `locale`, one hint for each rule; the gravest first.

    Milliseconds, no network. In a language without lists only the rules that need none hold.
    """
    looked_at = text[:LONGEST]
    language = locale if locale and supported(locale) is None else language_of(looked_at, hint=locale) or locale
    helps = sum(map(str.isalpha, looked_at)) < SHORTEST or _helps(looked_at, language)
    found: dict[Rule, Hint] = {}
    for finding in lint(looked_at, locale=language, citations=("given",) if helps else ()):
        whole = finding.rule in {"empty", "exclamation"}
        words = "" if whole else " ".join(looked_at[finding.start : finding.end].split())[:_MOST_WORDS]
        found.setdefault(finding.rule, Hint(finding.rule, words, finding.sentence))
    if "regret" in found:  # it asks for a way on already
        found.pop("empty", None)
    return sorted(found.values(), key=lambda hint: _ORDER.index(hint.rule))


def _helps(text: str, language: str) -> bool:
    """Whether there is a sign of a fact, a question, something done or to do, or somebody who takes it on."""
    signs = _WORDS.get(base_language(language))
    return signs is None or _SIGNS.search(text) is not None or signs.search(folded(text)) is not None


_WORDS = {
    language: re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(folded(phrase)) for phrase in phrases)})(?!\w)")
    for language, phrases in tomllib.loads(Path(__file__).with_name("wording.toml").read_text("utf-8"))["helps"].items()
}
