"""What changed, by series: all contacts, channel, queue, intent, language, and queue or intent within a language.

Counts per minute go into one watch (`kit.series`), which the elected scorer carries on from where the last one left it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import structlog
from django.conf import settings
from django.conf.locale import LANG_INFO

from holdfast.conversations.lookups import Cut
from holdfast.kit.locales import base_language
from holdfast.kit.series.calendar import Calendar
from holdfast.kit.series.episodes import Alarm
from holdfast.kit.series.watch import OTHER, TOTAL, Key, Watch
from holdfast.kit.series.wording import sentence
from holdfast.shield.models import Watched

_log = structlog.get_logger(__name__)
QueueNames = Callable[[], Mapping[int, str]]
"""Names of the queues by id; `desk` knows them, the worker wires it."""

MOST: Final = {
    "channel": 30,
    "queue": 60,
    "intent": 100,
    "language": 60,
    "language, queue": 120,
    "language, intent": 120,
}
"""Series of a dimension. What comes beyond is counted in one more, `other` of its dimension: 497 series at most."""
SHOWN: Final = 12
"""Series that are told of one minute."""
_KEPT_EVERY = timedelta(minutes=15)
_PAIR = "\t"


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """What one closed minute brought: series that moved while an episode is open, and the turns of episodes."""

    changed: list[dict[str, Any]]
    alerts: list[dict[str, Any]]


def calendar() -> Calendar:
    """Return the customers' time zone and holidays."""
    return Calendar.of(zone=settings.CUSTOMERS_ZONE, holidays=map(date.fromisoformat, settings.HOLIDAYS))


class Noticing:
    """The watch of the live scorer. `step` takes a minute in, `keep` writes down what a successor needs.

    The whole state is written every quarter of an hour, and the counts since then every minute: who takes over, after
    a restart or on another node, counts those once more and stands where the one before stood.
    """

    def __init__(self, *, queue_names: QueueNames = dict) -> None:
        self._queues = queue_names()
        self._row = Watched.objects.first() or Watched(tail=[])
        self._watch = self._load()
        try:
            for at, counts in self._row.tail:
                self._watch.step(datetime.fromisoformat(at), _read(counts))
        except (KeyError, TypeError, ValueError) as error:
            self._begin_anew(error)

    def step(self, minute: datetime, cuts: Iterable[Cut]) -> Noticed:
        """Take in the contacts of one closed minute."""
        counts = counted(cuts)
        try:
            alarms = self._watch.step(minute, counts)
        except ValueError as error:  # the clock was set back behind what was learnt
            self._begin_anew(error)
            alarms = self._watch.step(minute, counts)
        self._row.tail.append([minute.isoformat(), [[*key, count] for key, count in counts.items()]])
        changed = self._watch.changes(limit=SHOWN) if self._watch.open else []
        return Noticed(
            changed=[self._told(each.key, counted=each.counted, low=each.low, high=each.high) for each in changed],
            alerts=[self._alert(alarm) for alarm in alarms],
        )

    def keep(self) -> None:
        """Write down what was taken in."""
        if not self._row.tail:
            return
        first, last = (datetime.fromisoformat(self._row.tail[place][0]) for place in (0, -1))
        if self._row.pk is None or last - first >= _KEPT_EVERY:
            self._row.state, self._row.tail = self._watch.dump(), []
            self._row.pk = 1
            self._row.save()
        else:
            Watched.objects.filter(pk=1).update(tail=self._row.tail)

    def name(self, dimension: str, value: str) -> str:
        """Name a series for people: `German, Cards`."""
        if dimension == TOTAL[0]:
            return "all contacts"
        if value == OTHER:
            return f"other {'languages' if dimension.startswith('language') else dimension + 's'}"
        return ", ".join(
            self._part(kind, part) for kind, part in zip(dimension.split(", "), value.split(_PAIR), strict=True)
        )

    def _part(self, kind: str, value: str) -> str:
        if kind == "language":
            return str(LANG_INFO.get(value, {}).get("name", value))
        if kind == "queue":
            return self._queues.get(int(value), f"queue {value}")
        return value.replace("_", " ") if kind == "intent" else f"{kind} {value}"

    def _alert(self, alarm: Alarm) -> dict[str, Any]:
        return {"turn": str(alarm.turn), "episode": alarm.episode, "sentence": alarm.sentences[0]}

    def _told(self, key: Key, *, counted: float, low: float, high: float) -> dict[str, Any]:
        name = self.name(*key)
        return {
            "dimension": key[0],
            "name": name,
            "counted": round(counted),
            "low": round(low, 1),
            "high": round(high, 1),
            "sentence": sentence(name, counted=counted, low=low, high=high),
        }

    def _load(self) -> Watch:
        if self._row.state is None:
            return self._new()
        try:
            return Watch.load(self._row.state, calendar=calendar(), most=MOST, named=self.name)
        except Exception as error:  # of another version, most likely
            return self._begin_anew(error)

    def _begin_anew(self, error: Exception) -> Watch:
        _log.error("what was usual cannot be read; it is learnt anew", error=type(error).__name__)
        self._row.pk, self._row.tail, self._watch = None, [], self._new()
        return self._watch

    def _new(self) -> Watch:
        return Watch(calendar=calendar(), most=MOST, named=self.name)


def counted(cuts: Iterable[Cut]) -> dict[Key, float]:
    """Count contacts per series. Without an intent, a contact is counted by queue within its language only."""
    counts: Counter[Key] = Counter({TOTAL: 0})
    for cut in cuts:
        language = base_language(cut.locale)
        language = language if language in LANG_INFO else ""
        queue = "" if cut.queue_id is None else str(cut.queue_id)
        counts[TOTAL] += 1
        for dimension, values in (
            ("channel", (cut.channel,)),
            ("queue", (queue,)),
            ("intent", (cut.intent,)),
            ("language", (language,)),
            ("language, intent", (language, cut.intent)),
            ("language, queue", (language, "" if cut.intent else queue)),
        ):
            if all(values):
                counts[dimension, _PAIR.join(values)] += 1
    return dict(counts)


def _read(counts: Iterable[tuple[str, str, float]]) -> dict[Key, float]:
    return {(dimension, value): count for dimension, value, count in counts}
