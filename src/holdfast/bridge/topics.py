"""What people ask about, found in their words: topics of one word or two that many first messages have in them.

Pure. Words are kept as numbers for as long as they are counted, and nothing here is stored. A word is its first six
letters, so that `decline`, `declined` and `declines` are one. A topic is the word that most messages have, with a
second one where at least half of these have that too; its messages are put aside and the next one is looked for.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from holdfast.bridge.small_words import SMALL
from holdfast.guard.redaction import redact

MOST = 6
"""Topics at most; the rest is everything else."""

FEWEST = 3
"""Fewer people than that who say the same are no topic, and words that fewer use are never shown."""

_SHARE = 0.02  # of all messages, and at least `FEWEST`
_TOGETHER = 0.5  # so many of a word's messages have a second one: then it is a topic of two
_STEM = 6
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SENTENCE = re.compile(r"[.!?;:,()\n\[\]<>\"“”„»«]+")
_REDACTED = re.compile(r"\[(?:email|iban|card|phone|cut)\]")
_SAMPLES = 200  # texts of a topic that are read for its name
_PHRASE = 6  # words of a name at most
_OF_SAMPLES = 0.2  # so many have to use a phrase for it to be the name

Numbers = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Topic:
    """What makes a topic: an intent, or the numbers of one word or two."""

    intent: int = 0
    words: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """Messages as arrays: when and with which intent (0: none) each came, and which word is in which message."""

    at: Numbers
    intent: Numbers
    word: Numbers
    message: Numbers

    def __len__(self) -> int:
        return len(self.at)

    def having(self, topic: Topic) -> Numbers:
        """Tell of each message whether it is about a topic. Only those without an intent are judged by words."""
        if topic.intent:
            return np.equal(self.intent, topic.intent)
        found: Numbers = np.equal(self.intent, 0)
        for word in topic.words:
            has = np.zeros(len(self), dtype=bool)
            has[self.message[self.word == word]] = True
            found &= has
        return found

    def since(self, at: float) -> Counted:
        """Return the messages that came at a moment or after, as they stand."""
        stays = self.at >= at
        place, word = np.cumsum(stays) - 1, stays[self.message]
        return Counted(self.at[stays], self.intent[stays], self.word[word], place[self.message[word]])


@dataclass(slots=True)
class Numbered:
    """Numbers for words and intents, given as they come; 0 is none."""

    _numbers: dict[str, int] = field(default_factory=dict)

    def of(self, name: str) -> int:
        """Return the number of a name."""
        return self._numbers.setdefault(name, len(self._numbers) + 1) if name else 0

    def name(self, number: int) -> str:
        """Return the name of a number."""
        return next(name for name, own in self._numbers.items() if own == number)

    def __len__(self) -> int:
        return len(self._numbers)


def words_of(text: str) -> set[str]:
    """Return what a text is about: its words without the small ones, each as its first letters, once."""
    return {word[:_STEM] for word in _folded(text) if len(word) > 2 and word not in SMALL}


def counted(rows: Iterable[tuple[float, int, Sequence[int]]]) -> Counted:
    """Return messages, each with its time, its intent and its words, as arrays, as they stand."""
    at: list[float] = []
    intent: list[int] = []
    word: list[int] = []
    message: list[int] = []
    for place, (moment, of, words) in enumerate(rows):
        at.append(moment)
        intent.append(of)
        word.extend(words)
        message.extend([place] * len(words))
    return Counted(np.array(at, float), np.array(intent, int), np.array(word, int), np.array(message, int))


def joined(parts: Sequence[Counted]) -> Counted:
    """Return parts, at least one, after each other as one."""
    before = np.cumsum([0, *(len(part) for part in parts[:-1])])
    return Counted(
        np.concatenate([part.at for part in parts]),
        np.concatenate([part.intent for part in parts]),
        np.concatenate([part.word for part in parts]),
        np.concatenate([part.message + first for part, first in zip(parts, before, strict=True)]),
    )


def find(messages: Counted) -> list[Topic]:
    """Return the topics of messages: intents first, then words, the most asked first within each."""
    fewest = max(FEWEST, int(_SHARE * len(messages)))
    intents = np.bincount(messages.intent) if len(messages) else np.zeros(1, int)
    intents[0] = 0
    order = np.argsort(-intents, kind="stable")[:MOST]
    found = [Topic(intent=int(number)) for number in order if intents[number] >= fewest]
    rest = messages.intent == 0
    while len(found) < MOST and (topic := _next(messages, rest, fewest)) is not None:
        found.append(topic)
        rest &= ~messages.having(topic)
    return found


def _next(messages: Counted, rest: Numbers, fewest: int) -> Topic | None:
    counts = np.bincount(messages.word[rest[messages.message]], minlength=1)
    first = int(np.argmax(counts))
    if counts[first] < fewest:
        return None
    within = rest & messages.having(Topic(words=(first,)))
    beside = np.bincount(messages.word[within[messages.message]], minlength=first + 1)
    beside[first] = 0
    second = int(np.argmax(beside))
    if beside[second] >= max(fewest, _TOGETHER * counts[first]):
        return Topic(words=(first, second))
    return Topic(words=(first,))


def assigned(messages: Counted, topics: Sequence[Topic]) -> Numbers:
    """Return for each message the place of its topic in `topics`, -1 for everything else. Each counts once."""
    places = np.full(len(messages), -1)
    for place, topic in enumerate(topics):
        places[messages.having(topic) & (places < 0)] = place
    return places


def name_of(words: Sequence[str], texts: Sequence[str]) -> str:
    """Name a topic in the words of those who asked: the phrase around its words that many use.

    Only phrases that at least `FEWEST` texts share, without numbers and without what looks like an address.
    """
    uses: Counter[tuple[str, ...]] = Counter()
    spelled: dict[str, Counter[str]] = {}
    read = list(texts[:_SAMPLES])
    for text in read:
        phrases: set[tuple[str, ...]] = set()
        for sentence in _SENTENCE.split(_REDACTED.sub(".", redact(text))):
            said = _WORD.findall(unicodedata.normalize("NFKC", sentence))
            folded = [word.casefold() for word in said]
            for word, own in zip(folded, said, strict=True):
                spelled.setdefault(word, Counter())[own] += 1
            phrases.update(_phrases(folded, words))
        uses.update(phrases)
    enough = max(FEWEST, _OF_SAMPLES * len(read))
    known = [(_weight(phrase, number), phrase) for phrase, number in uses.items() if number >= enough]
    if known:
        name = " ".join(spelled[word].most_common(1)[0][0] for word in max(known)[1])
    else:  # all write it otherwise: the spellings that most use
        name = " ".join(_spelling(word, spelled) for word in words)
    return name[:1].upper() + name[1:]


def _spelling(stem: str, spelled: Mapping[str, Counter[str]]) -> str:
    uses = {word: own for word, own in spelled.items() if word[:_STEM] == stem and word not in SMALL}
    most = max(uses, key=lambda word: (uses[word].total(), word), default="")
    return uses[most].most_common(1)[0][0] if most else stem


def _phrases(said: Sequence[str], words: Sequence[str]) -> Iterable[tuple[str, ...]]:
    """Give the phrases of a sentence that have a word of the topic in them; short ones have no small word at an end."""
    for first in range(len(said)):
        for last in range(first + 1, min(first + _PHRASE, len(said)) + 1):
            phrase = tuple(said[first:last])
            about = {word[:_STEM] for word in phrase if word not in SMALL}
            whole = len(phrase) > 3 or (phrase[0] not in SMALL and phrase[-1] not in SMALL)
            if whole and about.intersection(words) and phrase[-1] not in SMALL:
                yield phrase


def _weight(phrase: Sequence[str], number: int) -> float:
    telling = sum(word not in SMALL for word in phrase)
    return number * (telling + 0.3 * (len(phrase) - telling))


def _folded(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(unicodedata.normalize("NFKC", _REDACTED.sub(" ", redact(text))))]
