"""A stream of contacts in order of arrival: counted, closed minute by minute, scored. Used by replay and drills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from holdfast.shield.evidence import Decision, DeclaredTopic, Evidence, MinuteReport
from holdfast.shield.model import CALM, Model
from holdfast.shield.population import Population
from holdfast.shield.rates import Baseline
from holdfast.shield.scoring import score
from holdfast.shield.traits import Traits, traits_of

_REMEMBERED = 50_000


class Judge:
    """Population, model and score together over a stream."""

    def __init__(self, *, baseline: Baseline | None = None, declared: Sequence[DeclaredTopic] = ()) -> None:
        self._population = Population(baseline=baseline, declared=declared)
        self.model: Model = CALM
        self._reports: list[MinuteReport] = []
        self._minute: datetime | None = None
        self._remembered: dict[tuple[str, str | None], Traits] = {}
        self._answered: dict[str, None] = {}

    def judge(self, evidence: Evidence) -> Decision:
        """Count a contact that arrives now and say where it stands. Closes the minutes before it."""
        self.pass_time(evidence.at)
        traits = self._traits(evidence)
        self._population.observe(traits)
        return score(traits, self.model)

    def again(self, evidence: Evidence) -> Decision:
        """Judge a contact once more: under a newer model, or knowing its answer. It is counted once only."""
        traits = self._traits(evidence)
        if traits.challenge is not None and evidence.id not in self._answered:
            self._population.answered(traits, score(replace(traits, challenge=None), self.model))
            self._answered[evidence.id] = None
            if len(self._answered) > _REMEMBERED:
                del self._answered[next(iter(self._answered))]
        return score(traits, self.model)

    def pass_time(self, at: datetime) -> None:
        """Close every minute that ended by `at`."""
        minute = at.replace(second=0, microsecond=0)
        if self._minute is None:
            self._minute = minute
        while self._minute < minute:
            self.model, report = self._population.close(self._minute)
            self._reports.append(report)
            self._minute += timedelta(minutes=1)

    def declare(self, topic: DeclaredTopic) -> None:
        """Take note of a matter the company declared."""
        self._population.declare(topic)

    def _traits(self, evidence: Evidence) -> Traits:
        """Remembered for those who are judged again and again while they wait."""
        key = evidence.id, evidence.challenge
        traits = self._remembered.get(key)
        if traits is None:
            traits = self._remembered[key] = traits_of(evidence)
            if len(self._remembered) > _REMEMBERED:
                del self._remembered[next(iter(self._remembered))]
        return traits

    def reports(self) -> list[MinuteReport]:
        """Return the minutes closed since the last call, each once."""
        reports, self._reports = self._reports, []
        return reports
