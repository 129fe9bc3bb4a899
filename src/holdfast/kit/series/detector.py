"""When one series leaves what is usual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple
from datetime import datetime
from typing import Any

import numpy as np

from holdfast.kit.series.baseline import Expected, band, mean_of
from holdfast.kit.series.calendar import minute_of
from holdfast.kit.series.detectors import STREAMS, Detectors
from holdfast.kit.series.episodes import Alarm, Course, Evidence
from holdfast.kit.series.wording import sentence


class Detector:
    """Watches one series. Its thresholds are what the series itself did in its last weeks."""

    def __init__(self, *, series: str = "contacts") -> None:
        self.series = series
        self._row = Detectors()
        self._row.add()
        self._course = Course()

    def step(self, at: datetime, count: float, expected: Expected) -> list[Alarm]:
        """Take in the minute that begins at `at`, once it is over; return what begins or ends with it."""
        minute, mean = minute_of(at), mean_of(expected)
        over = max(0.0, expected.spread**2 - mean) / max(mean, 1e-9) ** 2
        strength = self._row.step(
            minute, np.array([float(count)]), mean=np.array([mean]), phi=np.array([over]), error=np.zeros(1)
        )
        turn = self._course.step(minute, strength=float(strength[0]))
        self._row.mark_strange(np.array([self._course.open]))
        if turn is None:
            return []
        counted, meant = (float(values[0]) for values in self._row.recent())
        usual = band(meant, expected.spread / max(mean, 1e-9) * meant)
        return [
            Alarm(
                turn=turn,
                episode=self._course.number,
                at=at,
                series=self.series,
                counted=counted,
                usual=meant,
                low=usual.low,
                high=usual.high,
                evidence=evidence_of(self._row, 0),
                sentences=(sentence(self.series, counted=counted, low=usual.low, high=usual.high),),
            )
        ]

    @property
    def open(self) -> bool:
        """Whether an episode is open. Its minutes are better not learnt as usual."""
        return self._course.open

    def dump(self) -> dict[str, Any]:
        """Return the whole state as JSON values."""
        return {"series": self.series, "course": list(astuple(self._course)), "row": self._row.dump()}

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> Detector:
        """Return the detector that `dump` described."""
        made = cls(series=state["series"])
        made._course = Course(*state["course"])
        made._row = Detectors.load(state["row"])
        return made


def evidence_of(detectors: Detectors, row: int) -> tuple[Evidence, ...]:
    """Return the streams of one series, strongest first. A stream that has no threshold yet is left out."""
    scores, thresholds = detectors.scores()[row], detectors.thresholds()[row]
    streams = [
        Evidence(name=name, score=round(float(score), 2), threshold=round(float(threshold), 2))
        for name, score, threshold in zip(STREAMS, scores, thresholds, strict=True)
        if np.isfinite(threshold)
    ]
    return tuple(sorted(streams, key=lambda stream: -stream.score / stream.threshold))
