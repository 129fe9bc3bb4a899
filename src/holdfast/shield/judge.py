"""A stream of contacts in order of arrival: counted, closed minute by minute, scored. Used by replay and drills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from holdfast.shield.evidence import Decision, DeclaredTopic, Evidence, MinuteReport
from holdfast.shield.model import Model
from holdfast.shield.population import Population
from holdfast.shield.scoring import score
from holdfast.shield.traits import Traits, traits_of
from holdfast.shield.volume import Baseline

_REMEMBERED = 50_000


class Judge:
    """Population, model and score together over a stream."""

    def __init__(self, *, baseline: Baseline | None = None, declared: Sequence[DeclaredTopic] = ()) -> None:
        self._population = Population(baseline=baseline, declared=declared)
        self._reports: list[MinuteReport] = []
        self._minute: datetime | None = None
        # Traits of those who are judged again and again while they wait.
        self._remembered: dict[tuple[str, str | None], Traits] = {}
        self._answered: dict[str, None] = {}
        self._last: dict[str, Decision] = {}

    @property
    def model(self) -> Model:
        """What the last closed minute says."""
        return self._population.model

    def judge(self, evidence: Evidence) -> Decision:
        """Count a contact that arrives at its time and say where it stands. Closes the minutes before it."""
        self.pass_time(evidence.at)
        return self.judge_now(evidence)

    def judge_now(self, evidence: Evidence) -> Decision:
        """Count a contact in the minute that is open, whatever its own clock says, and say where it stands."""
        traits = traits_of(evidence)
        self._population.observe(traits)
        return self._decide(traits)

    def again(self, evidence: Evidence) -> Decision:
        """Judge a contact once more: under a newer model, or knowing its answer. It is counted once only."""
        key = evidence.id, evidence.challenge
        traits = self._remembered.get(key)
        if traits is None:
            traits = self._remembered[key] = traits_of(evidence)
            _forget_beyond(self._remembered, _REMEMBERED)
        return self._decide(traits)

    def pass_time(self, at: datetime) -> None:
        """Close every minute that ended by `at`."""
        minute = at.replace(second=0, microsecond=0)
        if self._minute is None:
            self._minute = minute
        while self._minute < minute:
            self._close(self._minute)
            self._minute += timedelta(minutes=1)

    def skip_to(self, at: datetime) -> None:
        """Close the minute that is open and go on at `at`: nothing is known of the time between."""
        if self._minute is not None:
            self._close(self._minute)
        self._minute = at.replace(second=0, microsecond=0)

    def declare(self, topic: DeclaredTopic) -> None:
        """Take note of a matter the company declared."""
        self._population.declare(topic)

    def reports(self) -> list[MinuteReport]:
        """Return the minutes closed since the last call, each once."""
        reports, self._reports = self._reports, []
        return reports

    def _close(self, minute: datetime) -> None:
        _, report = self._population.close(minute)
        self._reports.append(report)

    def silent(self, evidence: Evidence) -> None:
        """Hear that nothing came of a question. It changes nothing for anybody."""
        if (last := self._last.get(evidence.id)) is not None:
            self._population.answered(traits_of(evidence), last)

    def _decide(self, traits: Traits) -> Decision:
        """An answer counts once; what it was worth depends on where its contact stood without it."""
        last = self._last.get(traits.id)
        if traits.challenge is not None and traits.id not in self._answered:
            self._population.answered(traits, last or score(replace(traits, challenge=None), self.model))
            self._answered[traits.id] = None
            _forget_beyond(self._answered, _REMEMBERED)
        decision = self._last[traits.id] = score(traits, self.model)
        _forget_beyond(self._last, _REMEMBERED)
        return decision


def _forget_beyond(remembered: dict[Any, Any], most: int) -> None:
    if len(remembered) > most:
        del remembered[next(iter(remembered))]
