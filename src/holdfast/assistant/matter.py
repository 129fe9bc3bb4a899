"""What a customer wants, from all they said: the first words with something in them, and the newest that add to it.

A greeting, a request for a person, thanks, a yes, or the code of a form says nothing about the matter and is left out;
what is left is quoted as it was written. Words only, no model: `matter_words.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from itertools import dropwhile
from pathlib import Path

from holdfast.assistant.acting_words import every
from holdfast.assistant.person_request import asks_for_person
from holdfast.kit.plain_text import plain_text

_WORDS: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("matter_words.toml").read_text("utf-8"))
_GREETING = frozenset(plain_text(word) for word in _WORDS["greeting"])
_EMPTY = _GREETING | {plain_text(word) for word in (*_WORDS["filling"], *_WORDS["joining"])}
_PHRASES = frozenset(plain_text(phrase) for phrase in _WORDS["phrases"])
_ABOUT = re.compile(rf"(?<!\S)(?:{'|'.join(map(re.escape, _WORDS['about']))})(?!\S)")
_JOINING = re.compile(rf"(?:{'|'.join(map(re.escape, _WORDS['joining']))})\s+", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?\n。！？]+[.!?。！？]*")
_PART = re.compile(r"[^,;:–—]+[,;:–—]*")
_ALONE = 5  # words of a greeting with a name in it: "Dear Tidewater team"
_READ = 4_000  # characters of a message
_MOST_SENTENCES = 40


def matter_of(texts: Sequence[str]) -> list[str]:
    """Return the first words with something in them and the two newest others, of what was said in this order.

    Where nothing has anything in it, the newest text alone; nothing when there are no words at all.
    """
    told: dict[str, str] = {}
    for text in texts:
        if said := content_of(text):
            told.setdefault(" ".join(plain_text(said).split()), said)
    if not told:
        return [" ".join(text.split()) for text in texts if text.strip()][-1:]
    first, *others = told.values()
    return [first, *others[-2:]]


def content_of(text: str) -> str:
    """Return what a message says about a matter, in its own words; empty when it says nothing about one."""
    if _is_an_answer(text):
        return ""
    sentences = _SENTENCE.findall(text[:_READ])[:_MOST_SENTENCES]
    if len(sentences) > 1 and _greets(sentences[0]):
        sentences = sentences[1:]
    return " ".join(filter(None, map(_kept, sentences)))


def _is_an_answer(text: str) -> bool:
    """Whether it is a mere yes, no or number: a digit alone may be a choice, six of them a code."""
    plain = " ".join(plain_text(text).split())
    return not any(map(str.isalpha, plain)) or any(plain in every(kind) for kind in ("yes", "no", "stop", "again"))


def _kept(sentence: str) -> str:
    """Return a sentence without the parts at its ends that say nothing."""
    parts = [part.strip() for part in _PART.findall(sentence) if part.strip()]
    if len(parts) > 1 and _greets(parts[0]):
        parts = parts[1:]
    parts = _trimmed(parts)
    if not parts:
        return ""
    kept = " ".join(parts).strip(" ,;:–—")
    return _JOINING.sub("", kept, count=1) if len(parts) < len(_PART.findall(sentence)) else kept


def _trimmed(parts: Iterable[str]) -> list[str]:
    left = list(dropwhile(_says_nothing, parts))
    return list(dropwhile(_says_nothing, reversed(left)))[::-1]


def _greets(part: str) -> bool:
    words = plain_text(part).split()
    return bool(words) and words[0] in _GREETING and len(words) <= _ALONE


def _says_nothing(part: str) -> bool:
    words = plain_text(part).split()
    plain = " ".join(words)
    if not any(map(str.isalnum, plain)) or plain in _PHRASES or _EMPTY.issuperset(words):
        return True
    return asks_for_person(part) and _ABOUT.search(plain) is None
