"""All contacts of the last minutes, counted: is this more than usual, and is it explained?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from holdfast.kit.series.baseline import Baseline as LearntBaseline
from holdfast.kit.series.calendar import Calendar
from holdfast.shield import reasons
from holdfast.shield.evidence import Challenge, Decision, DeclaredTopic, MinuteReport
from holdfast.shield.features import NAMES, Row
from holdfast.shield.mixture import Fitted, fit
from holdfast.shield.model import CALM, Cluster, Model, Topic
from holdfast.shield.model import Alarm as AlarmName
from holdfast.shield.traits import Traits
from holdfast.shield.verdict import SLACK, Verdict
from holdfast.shield.volume import WINDOW, Alarm, Baseline, narrowed
from holdfast.shield.window import Minute, Ordinary, Remembered, Window, packed, unpacked

_MOST_CLUSTERS = 200
_MOST_WORDS = 2_000
_WARM_UP, _LASTING = 15, 2 * 1440
"""Minutes of a stream's own baseline: none is an alarm before; an alarm that long is none any more."""
_SET_BACK = timedelta(hours=1)
_TENTH = 1.28
"""Standard deviations from the middle to the tenth percentile."""


class Population:
    """The elected scorer's memory. It keeps to the minute that is open, whatever the contacts' own clocks say.

    `baseline`: what is usual; without one it is learnt from the stream itself, by the customers' `calendar`.
    """

    def __init__(
        self,
        *,
        baseline: Baseline | None = None,
        declared: Sequence[DeclaredTopic] = (),
        calendar: Calendar | None = None,
    ) -> None:
        self._calendar = calendar
        self._own = LearntBaseline(calendar=calendar)
        self._baseline: Baseline = baseline or self._own
        self._learnt = 0
        self._learnt_until: datetime | None = None
        self._alarm = Alarm()
        self._verdict = Verdict()
        self._window = Window()
        self._ordinary = Ordinary()
        self._remembered = Remembered()
        self._answers = Answers()
        self._topics: tuple[Topic, ...] = ()
        self.model = CALM
        for topic in declared:
            self.declare(topic)

    def declare(self, topic: DeclaredTopic) -> None:
        """Take note of a matter the company declared; one of the same id is replaced."""
        self._topics = (*(one for one in self._topics if one.id != topic.id), Topic.of(topic))

    def observe(self, traits: Traits) -> None:
        """Count one contact in the minute that is open. An account counts once in ten minutes."""
        self._window.observe(traits, declared=any(topic.explains(traits) for topic in self._topics))

    def answered(self, traits: Traits, decision: Decision) -> None:
        """Count what became of a question; `decision` is the last one before it. Silence is counted, and says nothing.

        House, replay and drills all tell it here: what answers are worth is learnt from the same counts everywhere.
        """
        self._answers.count(came=traits.challenge, score=decision.score)

    def close(self, minute: datetime) -> tuple[Model, MinuteReport]:
        """Close the minute that begins at `minute`; return what follows for contacts from now on."""
        given = self._baseline.expected(minute)
        expected = narrowed(given) if self._baseline is self._own else given
        arrived = self._window.open.arrived
        if self._baseline is not self._own or self._learnt >= _WARM_UP:
            self._alarm.step(minute, arrived, expected)
        self._learn_usual(minute, arrived)
        gone = self._window.close()
        if gone is not None and not self._alarm.on:
            self._ordinary.learn(gone, self._window.rows([gone]), number=self._window.number)
        window = self._window.last(WINDOW)
        rows = list(self._window.rows(window)) if self._alarm.on else []
        usual = expected.median * len(window)
        self._verdict.step(window, rows, self._ordinary, alarm=self._alarm.on, usual=usual)
        self.model = self._model(minute, rows, usual=usual)
        report = self._report(minute, arrived, expected.median, window)
        self._window.next()
        return self.model, report

    def dump(self) -> dict[str, Any]:
        """Return all of the memory as plain data, under a megabyte. A given baseline is its owner's to keep."""
        return {
            "alarm": self._alarm.dump(),
            "verdict": self._verdict.dump(),
            "window": self._window.dump(),
            "ordinary": self._ordinary.dump(),
            "remembered": packed(self._remembered.dump()),
            "answers": self._answers.dump(),
            "own": self._own.dump() if self._baseline is self._own else None,
            "learnt": self._learnt,
            "model": self.model.to_json(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Take over the memory of another scorer, as `dump` gave it."""
        self._alarm.load(state["alarm"])
        self._verdict = Verdict.load(state["verdict"])
        self._window.load(state["window"])
        self._ordinary.load(state["ordinary"])
        self._remembered = Remembered.load(unpacked(state["remembered"]))
        self._answers = Answers(*state["answers"])
        self.model = Model.from_json(state["model"])
        self._topics = self.model.declared
        self._learnt = int(state["learnt"])
        self._learnt_until = self.model.minute
        if state["own"] is not None and self._baseline is self._own:
            self._baseline = self._own = LearntBaseline.load(state["own"], calendar=self._calendar)

    def _learn_usual(self, minute: datetime, arrived: int) -> None:
        if self._baseline is not self._own:
            return
        if self._learnt_until is not None and minute <= self._learnt_until:
            if self._learnt_until - minute < _SET_BACK:
                return
            # The clock was hours ahead until now: what it taught is of no use.
            self._baseline = self._own = LearntBaseline(calendar=self._calendar)
            self._learnt = 0
        # What lasts for days is not an episode: it is how it is now.
        self._own.learn(minute, arrived, ignore=0 < self._alarm.minutes_on < _LASTING)
        self._learnt, self._learnt_until = self._learnt + 1, minute

    def _model(self, minute: datetime, rows: Sequence[Row], *, usual: float) -> Model:
        alarm: AlarmName = "flood" if self._verdict.flood else "surge" if self._alarm.on else "none"
        plain = Model(
            version=self.model.version + 1,
            minute=minute,
            alarm=alarm,
            identity_down=self._verdict.identity_down,
            records_down=self._verdict.records_down,
            declared=self._topics,
        )
        if alarm != "flood":
            return plain
        if not self._verdict.strong and self.model.alarm == "flood":
            # As it ebbs away there is little left to learn from. Those who came with it still wait.
            return replace(
                self.model,
                **{name: getattr(plain, name) for name in ("version", "minute", "identity_down", "declared")},
            )
        fitted = fit(rows, self._ordinary.rows, self._remembered.rows, odds=self._ordinary.odds, usual=usual)
        self._remembered.learn([rows[index] for index in fitted.surely], number=self._window.number)
        return Model(
            **{name: getattr(plain, name) for name in ("version", "minute", "alarm", "identity_down", "declared")},
            flood_share=round(fitted.share, 4),
            usual_explained=round(1 / (1 + self._ordinary.odds), 3),
            need=fitted.need,
            challenge=self._answers.log_ratios(),
            log_ratios=fitted.log_ratios,
            terms=_strongest(fitted),
            counts=_counts(rows, fitted),
            clusters=self._large(rows),
        )

    def _large(self, rows: Sequence[Row]) -> tuple[Cluster, ...]:
        clusters = self._window.clusters
        named = {row.values[NAMES.index("cluster")][1:] for row in rows} - {"one", "0"}
        sized = sorted(((clusters.size(int(name)), int(name)) for name in named), reverse=True)[:_MOST_CLUSTERS]
        return tuple(Cluster(number=number, size=size, signature=clusters.signature(number)) for size, number in sized)

    def _report(self, minute: datetime, arrived: int, expected: float, window: Sequence[Minute]) -> MinuteReport:
        needing = sum(one.needing for one in window)
        not_needing = sum(one.not_needing for one in window)
        declared = sum(one.declared for one in window)
        low, high = _range(needing, not_needing, self._ordinary.odds) if self._verdict.flood else (0.0, 0.0)
        share = self.model.flood_share
        return MinuteReport(
            minute=minute,
            rate=float(arrived),
            expected=round(expected, 2),
            surge=self._alarm.on,
            flood_share=share,
            low=min(low, share),
            high=max(high, share),
            reasons=reasons.of_minute(
                self.model,
                arrived=arrived,
                expected=expected,
                explained=needing,
                asked=needing + not_needing,
                minutes=len(window),
            ),
            details={
                "explained": float(needing),
                "not_explained": float(not_needing),
                "unknown": float(sum(one.unknown for one in window)),
                "declared": float(declared),
                **self._answers.counted(),
                "identity_down": float(self.model.identity_down),
                "records_down": float(self.model.records_down),
            },
        )


class Answers:
    """What came of questions asked: how often those who are probably not explained give a fitting answer.

    Genuine people are taken to pass 93 times in 100; the rest of what is seen says what others do. What is assumed of
    others weighs as much as five answers: where answers tell nobody apart, asking ends the sooner.
    """

    _GENUINE, _OTHERS, _WEIGHT = 0.93, 0.3, 5.0

    def __init__(self, passed: float = 0.0, others: float = 0.0, asked: float = 0.0, *came: int) -> None:
        self._passed, self._others, self._asked = passed, others, asked
        self._came = dict(zip(("passed", "failed", "silent"), came or (0, 0, 0), strict=True))

    def count(self, *, came: Challenge | None, score: float) -> None:
        """Count what came of a contact that stood at `score` before; of answers the last few hundred matter."""
        self._came["silent" if came is None else f"{came}ed"] += 1
        if came is None:
            return
        keep = 0.997
        self._passed = self._passed * keep + (came == "pass")
        self._others = self._others * keep + 1 / (1 + math.exp(-score))
        self._asked = self._asked * keep + 1

    def counted(self) -> dict[str, float]:
        """Return how many passed, failed and said nothing, ever."""
        return {name: float(count) for name, count in self._came.items()}

    def log_ratios(self) -> dict[str, float]:
        """Return how much a fitting and an unfitting answer say."""
        by_genuine = (self._asked - self._others) * self._GENUINE
        passed = max(0.0, self._passed - by_genuine) + self._OTHERS * self._WEIGHT
        rate = min(max(passed / (self._others + self._WEIGHT), 0.05), self._GENUINE)
        return {
            "pass": round(math.log(rate / self._GENUINE), 3),
            "fail": round(math.log((1 - rate) / (1 - self._GENUINE)), 3),
        }

    def dump(self) -> list[float]:
        """Return all of it as plain data."""
        return [self._passed, self._others, self._asked, *self._came.values()]


def _strongest(fitted: Fitted) -> dict[int, float]:
    ranked = sorted(fitted.terms.items(), key=lambda item: -abs(item[1]))[:_MOST_WORDS]
    return {term: round(ratio, 2) for term, ratio in ranked}


def _counts(rows: Sequence[Row], fitted: Fitted) -> dict[str, tuple[float, float]]:
    """Count, for every value that matters: contacts whose data were asked, and those explained by them."""
    counted: dict[str, list[float]] = {}
    for row, step in zip(rows, fitted.steps, strict=True):
        if row.need is None:
            continue
        for name, value in zip(NAMES, (*row.values[:-1], step), strict=True):
            if value in fitted.log_ratios[name]:
                pair = counted.setdefault(f"{name} {value}", [0.0, 0.0])
                pair[0] += row.weight
                pair[1] += row.weight * row.need
    return {name: (round(asked), round(explained)) for name, (asked, explained) in counted.items()}


def _range(needing: float, not_needing: float, odds: float) -> tuple[float, float]:
    """Return between which shares of what arrives the unexplained lie: the slack at one end, none at the other."""
    known = max(needing + not_needing, 1.0)
    most = (1 + SLACK * odds) * (needing + _TENTH * math.sqrt(needing + 1))
    fewest = (1 + odds) * max(0.0, needing - _TENTH * math.sqrt(needing + 1))
    return max(0.0, 1 - most / known), max(0.0, 1 - fewest / known)
