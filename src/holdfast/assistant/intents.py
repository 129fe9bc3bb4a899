"""Does a customer ask for something to be done, and what? The one place that tells, for the assistant and the copilot.

`wish_model.py` learns it from how people ask; here is from when on it counts. A text counts as a whole, or by one of
its sentences where no other sentence asks for something else. Without the company's systems nothing is looked for.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from holdfast.assistant import wish_signs
from holdfast.assistant.wish_model import NOTHING, SentenceModel, Shares, WishModel, shares_of, shipped
from holdfast.kit.semantic import encoder as semantic

ACTION = "action:"
LIKELY = 0.50
"""Share from which an action is begun."""
NEAR = 0.25
"""Share from which an action is a thing that may be meant."""
_MOST_SENTENCES = 8
_SENTENCE = re.compile(r"[^.!?\n。！？]+[.!?。！？]*")
_SHORTEST = 8  # letters of a sentence that can be a wish by itself


@dataclass(frozen=True, slots=True)
class Wish:
    """An action that a text may ask for. `sure`: it may be begun."""

    action: str
    sure: bool


_learning = threading.Lock()
_words: WishModel | None = None
_sentences: SentenceModel | None = None


def wishes(texts: Sequence[str], *, locales: Sequence[str], meaning: bool) -> list[Wish | None]:
    """Return what each text asks to have done, `None` for most. The first call learns for about a second.

    `meaning`: by sentence vectors besides, in a process that has called `warm`.
    """
    if not settings.OPERATIONS_URL or not texts:
        return [None] * len(texts)
    return judged(texts, locales=locales, words=_learned(), sentences=_sentences if meaning else None)


def clearly_asked_for(text: str, *, locale: str) -> str:
    """Return the action a text asks for without doubt, or nothing: by words alone, in milliseconds."""
    (wish,) = judged([text], locales=[locale], words=_learned())
    return wish.action if wish is not None and wish.sure else NOTHING


def judged(
    texts: Sequence[str], *, locales: Sequence[str], words: WishModel, sentences: SentenceModel | None = None
) -> list[Wish | None]:
    """Return what each text asks for by these models."""
    parts = [[text, *_sentences_of(text)] for text in texts]
    said = [part for own in parts for part in own]
    of = [locale for locale, own in zip(locales, parts, strict=True) for _ in own]
    shares = shares_of(said, words=words, sentences=sentences, locales=of)
    found, start = list[Wish | None](), 0
    for text, own in zip(texts, parts, strict=True):
        found.append(_judged(text, own, shares[start : start + len(own)], words.labels))
        start += len(own)
    return found


def warm() -> None:
    """Learn now, so that the first customer is understood; with sentence vectors where they can be had."""
    global _sentences
    encoder = semantic.available() if settings.OPERATIONS_URL else None
    words = _learned() if settings.OPERATIONS_URL else None
    if words is not None and encoder is not None and _sentences is None:
        _sentences = SentenceModel(shipped(), labels=words.labels, encoder=encoder)


def _learned() -> WishModel:
    global _words
    with _learning:
        if _words is None:
            _words = WishModel(shipped())
        return _words


def _sentences_of(text: str) -> list[str]:
    found = [each.strip() for each in _SENTENCE.findall(text)]
    found = [each for each in found if sum(map(str.isalpha, each)) >= _SHORTEST]
    return found[:_MOST_SENTENCES] if len(found) > 1 else []


def _judged(text: str, parts: Sequence[str], shares: Shares, labels: Sequence[str]) -> Wish | None:
    """Judge a text by itself (the first of its `parts`) and by its sentences (the others)."""
    best = [_best(part, row, labels) for part, row in zip(parts, shares, strict=True)]
    clear = {action for action, share in best if share >= LIKELY}
    whole, share = best[0]
    if len(clear) == 1:
        (action,) = clear
        backed = action == whole or shares[0, labels.index(action)] >= NEAR
        return Wish(action, sure=backed and wish_signs.allows(action, text))
    action = whole if share >= NEAR else max(best, key=lambda each: each[1])[0] if clear else NOTHING
    return Wish(action, sure=False) if action != NOTHING else None


def _best(part: str, row: Shares, labels: Sequence[str]) -> tuple[str, float]:
    """Return the likeliest action of a part that names what it is about, and how likely it is."""
    place = int(row.argmax())
    if labels[place] == NOTHING:
        order = row.argsort()[::-1]
        place = int(order[1])
        return labels[place], min(float(row[place]), LIKELY - 0.01)
    if not wish_signs.allows(labels[place], part):
        return NOTHING, 0.0
    return labels[place], float(row[place])
