"""A stream of contacts in order of arrival: counted, closed minute by minute, scored. Used by replay and drills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from holdfast.shield.evidence import Decision, DeclaredTopic, Evidence, MinuteReport
from holdfast.shield.model import Model
from holdfast.shield.population import Population
from holdfast.shield.rates import Baseline
from holdfast.shield.scoring import score
from holdfast.shield.traits import Traits, traits_of

_REMEMBERED = 50_000


class Judge:
    """Population, model and score together over a stream."""

    def __init__(self, *, baseline: Baseline | None = None, declared: Sequence[DeclaredTopic] = ()) -> None:
        self._population = Population(baseline=baseline, declared=declared)
        self._reports: list[MinuteReport] = []
        self._minute: datetime | None = None
        self._remembered: dict[tuple[str, str | None], Traits] = {}
        self._answered: dict[str, None] = {}

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
        traits = self._traits(evidence)
        self._population.observe(traits)
        self._hear(traits)
        return score(traits, self.model)

    def again(self, evidence: Evidence) -> Decision:
        """Judge a contact once more: under a newer model, or knowing its answer. It is counted once only."""
        traits = self._traits(evidence)
        self._hear(traits)
        return score(traits, self.model)

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

    def _hear(self, traits: Traits) -> None:
        """Count an answer once; what it was worth depends on where its contact stood without it."""
        if traits.challenge is None or traits.id in self._answered:
            return
        self._population.answered(traits, score(replace(traits, challenge=None), self.model))
        self._answered[traits.id] = None
        if len(self._answered) > _REMEMBERED:
            del self._answered[next(iter(self._answered))]

    def _traits(self, evidence: Evidence) -> Traits:
        """Remembered for those who are judged again and again while they wait."""
        key = evidence.id, evidence.challenge
        traits = self._remembered.get(key)
        if traits is None:
            traits = self._remembered[key] = traits_of(evidence)
            if len(self._remembered) > _REMEMBERED:
                del self._remembered[next(iter(self._remembered))]
        return traits
