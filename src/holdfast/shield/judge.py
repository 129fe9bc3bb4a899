"""A stream of contacts judged in order of arrival: counted, closed minute by minute, scored. Used by replay and drills."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from holdfast.shield.evidence import DeclaredTopic, Decision, Evidence, MinuteReport
from holdfast.shield.model import CALM, Model
from holdfast.shield.population import Baseline, Population
from holdfast.shield.scoring import score
from holdfast.shield.traits import traits_of


class Judge:
    """Population, model and score together over a stream."""

    def __init__(self, *, baseline: Baseline | None = None, declared: Sequence[DeclaredTopic] = ()) -> None:
        self._population = Population(baseline=baseline, declared=declared)
        self.model: Model = CALM
        self._reports: list[MinuteReport] = []
        self._minute: datetime | None = None

    def judge(self, evidence: Evidence) -> Decision:
        """Count a contact that arrives now and say where it stands. Closes the minutes before it."""
        self.pass_time(evidence.at)
        traits = traits_of(evidence)
        self._population.observe(traits)
        return score(traits, self.model)

    def again(self, evidence: Evidence) -> Decision:
        """Judge a contact once more: with the answer to its question, or under a newer model. It is not counted twice."""
        return score(traits_of(evidence), self.model)

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
        self._population.declared += (topic,)

    def reports(self) -> list[MinuteReport]:
        """Return the minutes closed since the last call, each once."""
        reports, self._reports = self._reports, []
        return reports
