"""Keeping the queues: names, keywords, teams, and which one takes what fits nowhere and what needs no answer."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import structlog
from django.db import transaction

from holdfast.desk import routing
from holdfast.desk.models import Queue

ICONS = (
    "inbox",
    "credit-card",
    "arrow-left-right",
    "banknote",
    "wallet",
    "receipt",
    "landmark",
    "key-round",
    "shield",
    "siren",
    "smartphone",
    "user",
    "users",
    "heart",
    "briefcase",
    "building-2",
    "globe",
    "plane",
    "gift",
    "wrench",
    "star",
    "circle-help",
    "archive",
    "square-parking",
)
TAKES = {
    "keywords": "What its keywords name",
    "fallback": "What its keywords name, and whatever fits nowhere else",
    "parking": "What needs no answer now: bounces and automatic replies",
}
MOST_KEYWORDS = 300  # of one language
_SPLIT = re.compile(r"[,\n]")
_LETTERS = re.compile(r"\w")

log = structlog.get_logger(__name__)


class QueueRefused(Exception):  # noqa: N818 - carries the sentence for the person
    """A queue cannot be kept this way. `field` names the input it is about."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class QueueContent:
    """What an admin decides about a queue. `takes` is a key of `TAKES`; `keywords` are by language."""

    name: str
    icon: str
    position: int
    takes: str
    keywords: Mapping[str, Sequence[str]]
    team_ids: Collection[int]


def all_queues() -> list[Queue]:
    """Return every queue in its order, with its teams. Two queries."""
    return list(Queue.objects.prefetch_related("teams").order_by("position", "name"))


def takes(queue: Queue) -> str:
    """Return what a queue takes, as a key of `TAKES`."""
    return "fallback" if queue.fallback else "parking" if queue.parking else "keywords"


def keywords_in(text: str) -> list[str]:
    """Return the keywords typed as a list with commas or line ends, in small letters, each once, in their order."""
    typed = (" ".join(part.lower().split()) for part in _SPLIT.split(text.replace("\x00", "")))
    return list(dict.fromkeys(word for word in typed if _LETTERS.search(word)))


@transaction.atomic
def add_queue(*, slug: str, content: QueueContent, by: int) -> Queue:
    """Make a queue. Its slug stays: articles, views and playbooks name it. Raises `QueueRefused`."""
    list(Queue.objects.select_for_update().order_by("pk"))
    if Queue.objects.filter(slug=slug).exists():
        raise QueueRefused("slug", "There is already a queue with this short name.")
    queue = _kept(Queue(slug=slug), content)
    log.info("desk.queue_added", queue=queue.pk, by=by)
    return queue


@transaction.atomic
def change_queue(*, queue_id: int, content: QueueContent, by: int) -> Queue:
    """Change a queue; what it takes moves here from the queue that took it before. Raises `QueueRefused`."""
    queues = {queue.pk: queue for queue in Queue.objects.select_for_update().order_by("pk")}
    if queue_id not in queues:
        raise QueueRefused("name", "This queue is gone.")
    queue = queues[queue_id]
    had = takes(queue)
    if had != "keywords" and content.takes != had:
        raise QueueRefused("takes", "Some queue has to take this. Give it to another queue first, from its own page.")
    queue = _kept(queue, content)
    log.info("desk.queue_changed", queue=queue.pk, by=by)
    return queue


def _kept(queue: Queue, content: QueueContent) -> Queue:
    queue.name, queue.icon, queue.position = content.name, content.icon, content.position
    # Words of a language that is switched off today are kept for the day it comes back.
    asleep = {language: words for language, words in queue.keywords.items() if language not in content.keywords}
    queue.keywords = asleep | {language: list(words) for language, words in content.keywords.items() if words}
    if content.takes != "keywords":
        # The constraint allows one of each, so the queue before lets go first.
        Queue.objects.exclude(pk=queue.pk).filter(**{content.takes: True}).update(**{content.takes: False})
    queue.fallback, queue.parking = content.takes == "fallback", content.takes == "parking"
    queue.save()
    queue.teams.set(content.team_ids)
    transaction.on_commit(routing.forget)
    return queue
