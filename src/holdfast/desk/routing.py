"""Which queue a conversation belongs to: by words, in any of the languages a queue lists them in."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.desk.models import Queue

KEPT_FOR = 10.0  # seconds; queues are edited seldom and read for every contact
_READ = 4_000  # characters of a text; what it is about is said before that
_WORD = re.compile(r"\w+")

_kept: tuple[float, _Queues] | None = None


@dataclass(frozen=True, slots=True)
class _Queues:
    """Keywords by their first word, so that a text is walked once: `{"lost": [(("lost", "card"), 3), ...]}`."""

    by_first_word: dict[str, list[tuple[tuple[str, ...], int]]]
    by_slug: dict[str, int]
    order: dict[int, int]
    fallback: int
    parking: int


def place_in_queue(texts: Sequence[str], *, hints: Sequence[str] = ()) -> list[int]:
    """Return a queue id for each text: the one with most keywords in it, counting longer keywords more.

    `hints` are queue slugs, one per text (empty: none), followed where no keyword speaks. Otherwise the fallback queue.
    No query while the keywords are fresh (`KEPT_FOR`).
    """
    queues = _queues()
    given = hints or [""] * len(texts)
    return [_best(queues, text, hint) for text, hint in zip(texts, given, strict=True)]


def fallback_queue() -> int:
    """Return the queue for whatever fits nowhere else; made when there is none."""
    return _queues().fallback


def parking_queue() -> int:
    """Return the queue for what needs no answer now; made when there is none."""
    return _queues().parking


def forget() -> None:
    """Read the queues again on the next question."""
    global _kept
    _kept = None


def _best(queues: _Queues, text: str, hint: str) -> int:
    words = _WORD.findall(text[:_READ].lower())
    scores: dict[int, int] = {}
    for position, word in enumerate(words):
        for keyword, queue_id in queues.by_first_word.get(word, ()):
            if tuple(words[position : position + len(keyword)]) == keyword:
                scores[queue_id] = scores.get(queue_id, 0) + len(keyword)
    if scores:
        return min(scores, key=lambda queue_id: (-scores[queue_id], queues.order[queue_id]))
    return queues.by_slug.get(hint, queues.fallback)


def _queues() -> _Queues:
    global _kept
    if _kept is None or _kept[0] < time.monotonic():
        _kept = (time.monotonic() + KEPT_FOR, _read_queues())
    return _kept[1]


def _read_queues() -> _Queues:
    fallback, _ = Queue.objects.get_or_create(
        fallback=True, defaults={"slug": "support", "name": "Support", "position": 900}
    )
    parking, _ = Queue.objects.get_or_create(
        parking=True, defaults={"slug": "parking", "name": "Parking", "icon": "archive", "position": 990}
    )
    by_first_word: dict[str, list[tuple[tuple[str, ...], int]]] = {}
    rows = list(Queue.objects.order_by("position", "id").values_list("id", "slug", "keywords", "parking"))
    for queue_id, _, keywords, parks in rows:
        spelled = {tuple(_WORD.findall(str(word).lower())) for words in keywords.values() for word in words}
        for keyword in sorted(spelled - {()}):
            if not parks:
                by_first_word.setdefault(keyword[0], []).append((keyword, queue_id))
    return _Queues(
        by_first_word,
        {slug: queue_id for queue_id, slug, _, parks in rows if not parks},
        {queue_id: position for position, (queue_id, *_) in enumerate(rows)},
        fallback.pk,
        parking.pk,
    )
