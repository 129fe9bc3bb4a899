"""What people ask about, by topic: the worker adds it up once a minute, and every page reads the one row.

First messages of the day are kept in the worker's memory as numbers of words, those of the last two hours with their
start as well, and the same two hours of the last four weeks, for what is usual. A worker that begins reads them once.
"""

from __future__ import annotations

import statistics
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils import timezone

from holdfast.bridge import topics
from holdfast.bridge.models import Asking
from holdfast.bridge.topics import Counted, Numbered, Topic
from holdfast.conversations.first_words import Begun, begun
from holdfast.kit import outbox
from holdfast.kit.clock import now
from holdfast.shield import queries as shield

LATELY: Final = timedelta(hours=2)
STEP: Final = timedelta(minutes=10)
WEEK: Final = timedelta(days=7)
WEEKS: Final = 4
MOST_KEPT: Final = 300_000
"""Messages kept of a day; beyond it the oldest are let go, and the page says since when it counts."""

_STEPS = int(LATELY / STEP)
_LATE = timedelta(minutes=10)  # so long after it came a message may still be filed
_GRACE = timedelta(seconds=3)
_BATCH = 20_000
_JUDGED = 5_000  # of a topic's newest contacts
_NEW_FROM, _NEW_SHARE, _NEW_AT = 10, 0.1, 0.2
_SILENT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One topic: new matters today, and the last two hours in steps of ten minutes."""

    title: str
    """In the words of those who ask; empty for everything else."""
    today: int
    lately: tuple[int, ...]
    usual: float | None
    """Median of the same two hours of the last weeks; `None` before a week is known."""
    explained: int
    undecided: int
    not_explained: int
    new_since: datetime | None

    @property
    def number(self) -> int:
        """New matters in the last two hours."""
        return sum(self.lately)


@dataclass(frozen=True, slots=True)
class Page:
    """What people ask about until a minute. `since` is when the counting of today begins."""

    until: datetime
    since: datetime
    topics: tuple[Asked, ...]


@dataclass(slots=True)
class _Span:
    """Messages of a span of time, kept up to date."""

    until: datetime
    messages: Counted = field(default_factory=lambda: topics.counted([]))
    late: dict[UUID, datetime] = field(default_factory=dict)
    """Messages so new that others may still come between them."""

    def read(self, until: datetime, *, since: datetime, add: Callable[[Sequence[Begun]], Counted]) -> None:
        """Read what came until a moment, and let go of what is older than `since`."""
        at = max(since, self.until - _LATE)
        while True:
            rows = begun(since=at, until=until, limit=_BATCH)
            fresh = [row for row in rows if row.id not in self.late]
            self.messages = topics.joined([self.messages, add(fresh)])
            self.late |= {row.id: row.at for row in fresh}
            if len(rows) < _BATCH or rows[-1].at == at:
                break
            at = rows[-1].at
        self.messages = self.messages.since(since.timestamp())
        if len(self.messages) > MOST_KEPT:
            self.messages = self.messages.since(float(np.sort(self.messages.at)[-MOST_KEPT]))
        self.late = {id_: moment for id_, moment in self.late.items() if moment >= until - _LATE}
        self.until = until


@dataclass(slots=True)
class Memory:
    """What one worker remembers of the day."""

    words: Numbered = field(default_factory=Numbered)
    intents: Numbered = field(default_factory=Numbered)
    day: _Span | None = None
    weeks: list[_Span] = field(default_factory=list)
    recent: list[Begun] = field(default_factory=list)
    """Those of the last two hours with their words, in the order of `day.messages`."""

    def read(self, until: datetime) -> datetime:
        """Read what is new up to `until`. Returns since when today is counted."""
        midnight = timezone.localtime(until).replace(hour=0, minute=0, second=0, microsecond=0)
        first = min(midnight, until - LATELY)
        if self.day is None or until < self.day.until or first - self.day.until > LATELY:
            self.words, self.intents, self.recent = Numbered(), Numbered(), []
            self.day = _Span(first)
            self.weeks = [_Span(until - number * WEEK - LATELY) for number in range(1, WEEKS + 1)]
        self.day.read(until, since=first, add=self._add_recent)
        self.recent = [row for row in self.recent if row.at >= until - LATELY]
        for number, week in enumerate(self.weeks, 1):
            week.read(until - number * WEEK, since=until - number * WEEK - LATELY, add=self._add)
        whole = len(self.day.messages) < MOST_KEPT
        return midnight if whole else datetime.fromtimestamp(float(self.day.messages.at.min()), tz=until.tzinfo)

    def _add_recent(self, rows: Sequence[Begun]) -> Counted:
        self.recent += rows
        return self._add(rows)

    def _add(self, rows: Sequence[Begun]) -> Counted:
        return topics.counted(
            (
                row.at.timestamp(),
                self.intents.of(row.intent),
                [] if row.intent else [self.words.of(word) for word in sorted(topics.words_of(row.text))],
            )
            for row in rows
        )


_memory = Memory()
_adding = threading.Lock()


def add_up() -> bool:
    """Add up what people asked until the newest minute that is over. Returns whether there was one to add."""
    until = (now() - _GRACE).replace(second=0, microsecond=0)
    with _adding:
        newest = Asking.objects.values_list("until", flat=True).first()
        if newest is not None and newest >= until:
            return False
        since = _memory.read(until)
        rows = [asdict(row) for row in _added_up(_memory, until, since)]
    with transaction.atomic():
        for row in rows:
            row["new_since"] = row["new_since"] and row["new_since"].isoformat()
        Asking.objects.update_or_create(pk=1, defaults={"until": until, "since": since, "topics": rows})
        outbox.publish([("minute", {"kind": "asked"})])
    return True


def forget() -> None:
    """Read the day again the next time."""
    global _memory
    with _adding:
        _memory = Memory()


def page() -> Page | None:
    """Return what people ask about; `None` when nobody added it up lately. One query."""
    row = Asking.objects.filter(until__gte=now() - _SILENT).first()
    if row is None:
        return None
    return Page(row.until, row.since, tuple(_read(each) for each in row.topics))


def _read(given: dict[str, Any]) -> Asked:
    began = given["new_since"]
    lately = tuple(given["lately"])
    return Asked(**{**given, "lately": lately, "new_since": began and datetime.fromisoformat(began)})


def _added_up(memory: Memory, until: datetime, since: datetime) -> list[Asked]:
    """Return the topics of the last two hours, the most asked today first, and everything else last."""
    assert memory.day is not None  # noqa: S101 - read before
    begins = (until - LATELY).timestamp()
    lately = memory.day.messages.since(begins)
    found = topics.find(lately)
    places, today = topics.assigned(lately, found), topics.assigned(memory.day.messages, found)
    today = today[memory.day.messages.at >= since.timestamp()]
    weeks = [topics.assigned(week.messages, found) for week in memory.weeks if len(week.messages)]
    rows = []
    for place in [*range(len(found)), -1]:
        own = np.flatnonzero(places == place)
        steps = np.bincount(((lately.at[own] - begins) / STEP.total_seconds()).astype(int), minlength=_STEPS)[:_STEPS]
        number = int((today == place).sum())
        explained, undecided, not_explained = _judged([memory.recent[each] for each in own[-_JUDGED:].tolist()])
        row = Asked(
            title=_title(memory, found[place], [memory.recent[each].text for each in own.tolist()])
            if place >= 0
            else "",
            today=number,
            lately=tuple(steps.tolist()),
            usual=statistics.median(int((week == place).sum()) for week in weeks) if weeks else None,
            explained=explained,
            undecided=undecided,
            not_explained=not_explained,
            new_since=_new_since(steps.tolist(), number, until - LATELY) if place >= 0 else None,
        )
        if number or row.number:
            rows.append(row)
    return sorted(rows, key=lambda row: (not row.title, -row.today))


def _title(memory: Memory, topic: Topic, texts: Sequence[str]) -> str:
    if topic.intent:
        return memory.intents.name(topic.intent).replace("_", " ").replace("-", " ").replace(".", " ").capitalize()
    words = [memory.words.name(word) for word in topic.words]
    return topics.name_of(words, texts)


def _judged(rows: Sequence[Begun]) -> tuple[int, int, int]:
    bands = shield.bands_of([row.contact_id for row in rows if row.contact_id is not None]).values()
    explained, not_explained = sum(band == 0 for band in bands), sum(band >= shield.NOT_EXPLAINED for band in bands)
    return explained, len(bands) - explained - not_explained, not_explained


def _new_since(steps: Sequence[int], today: int, begins: datetime) -> datetime | None:
    """Return since when a topic is there that was not asked before, today and in the hour before; else `None`."""
    number, half = sum(steps), len(steps) // 2
    if number < _NEW_FROM or today - sum(steps[half:]) > _NEW_SHARE * number:
        return None
    first = next(place for place, step in enumerate(steps) if step >= _NEW_AT * max(steps))
    return begins + first * STEP if first else None
