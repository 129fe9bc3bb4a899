"""How far many series have left what is usual: four streams of evidence each, measured by each series' own past.

The streams: the last minute, five minutes and half an hour in standard deviations, and the five-minute count itself
("never this many"). A stream's threshold is a margin above the largest value it reached in the last four weeks of
ordinary days, so that a series that is always restless has to do more than be restless, and a calm one does not wait.
Block maxima as thresholds tie the number of false alarms to time (about so many a month) for any distribution.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from holdfast.kit.series.packing import grown, packed, unpacked

Floats = NDArray[np.float64]

STREAMS: Final = ("last minute", "five minutes", "half an hour", "most ever")
WINDOWS: Final = (1, 5, 30)  # minutes
RING: Final = max(WINDOWS)
FLOORS: Final = np.array([6.0, 5.0, 5.0, 12.0])
"""The least that counts, whatever the past: standard deviations; for the last stream contacts in five minutes."""
MARGINS: Final = np.array([1.35, 1.25, 1.25, 1.3])
YOUNG: Final = 7
"""Days until a series' own maxima can be trusted; until then the margins are wider."""
DAYS: Final = 28
FEW: Final = 4.0
"""An excess of fewer contacts than this in five minutes is never an alarm."""
CERTAIN: Final = 6.0
"""So many times the usual over five minutes is an alarm in any series: nobody can lull a centre for good."""
CERTAIN_COUNT: Final = 30.0
KNOWN: Final = 0.25
"""Squared relative error below which a baseline is called known."""


class Detectors:
    """Evidence and thresholds of many series. Rows as in `Baselines`."""

    def __init__(self) -> None:
        self._counts = np.zeros((0, RING), np.float32)
        self._means = np.zeros((0, RING), np.float32)
        self._hour = np.zeros((0, 4), np.float32)
        self._hour_before = np.zeros((0, 4), np.float32)
        self._today = np.zeros((0, 4), np.float32)
        self._days = np.zeros((0, DAYS, 4), np.float32)
        self._known = np.zeros(0)
        self._strange = np.zeros(0, np.bool_)
        self._strange_before = np.zeros(0, np.bool_)
        self._minute: int | None = None
        self._phi = np.zeros(0)
        self._counted, self._meant = np.zeros((0, len(WINDOWS))), np.zeros((0, len(WINDOWS)))

    _ROWS = (
        *("_counts", "_means", "_hour", "_hour_before", "_today", "_days", "_known"),
        *("_strange", "_strange_before", "_phi", "_counted", "_meant"),
    )

    def __len__(self) -> int:
        return len(self._known)

    @property
    def nbytes(self) -> int:
        """Bytes that the series hold."""
        return int(sum(getattr(self, name).nbytes for name in self._ROWS))

    def add(self, rows: int = 1, *, like_first: bool = False) -> None:
        """Add series without a past; with `like_first` they were silent for as long as row 0 is known."""
        before = len(self)
        for name in self._ROWS:
            setattr(self, name, grown(getattr(self, name), rows))
        if like_first:
            self._known[before:] = self._known[0]

    def step(self, minute: int, counts: Floats, *, mean: Floats, phi: Floats, error: Floats) -> Floats:
        """Take in one minute and return the strength of the evidence per series; 1 is enough for an alarm.

        `mean` is the expected count, `phi` its over-dispersion, `error` the squared relative error of `mean` itself.
        Raises `ValueError` for a minute that is not later than the one before.
        """
        if self._minute is not None:
            if minute <= self._minute:
                raise ValueError("minutes come in order")
            self._pass_time(minute, before=self._minute)
        self._minute = minute
        place = minute % RING
        self._counts[:, place], self._means[:, place] = counts, mean
        self._phi = phi + error
        self._sum_windows()
        scores = self.scores()
        strength = (scores / self.thresholds()).max(axis=1)
        counted, meant = self.recent()
        strength = np.where(counted - meant >= FEW, strength, np.minimum(strength, 0.5))
        sure = (counted > CERTAIN * meant) & (counted > CERTAIN_COUNT) & (error < KNOWN) & (self._known >= YOUNG)
        strength = np.where(sure, np.maximum(strength, 1.0), strength)
        np.maximum(self._hour, scores, out=self._hour)
        return np.asarray(strength)

    def _sum_windows(self) -> None:
        for column, minutes in enumerate(WINDOWS):
            places = [((self._minute or 0) - back) % RING for back in range(minutes)]
            self._counted[:, column] = self._counts[:, places].sum(axis=1)
            self._meant[:, column] = self._means[:, places].sum(axis=1)

    def recent(self, window: int = 1) -> tuple[Floats, Floats]:
        """Return what was counted and what was expected in the last `WINDOWS[window]` minutes, per series."""
        return self._counted[:, window], self._meant[:, window]

    def scores(self) -> Floats:
        """Return the value of each stream now, shape (series, 4)."""
        noise = np.sqrt(self._meant + self._phi[:, None] * self._meant**2 + 0.5)
        return np.concatenate([(self._counted - self._meant) / noise, self._counted[:, 1:2]], axis=1)

    def thresholds(self) -> Floats:
        """Return what each stream has to reach, shape (series, 4)."""
        youth = 1 + 1.5 * np.maximum(0.0, 1 - self._known / YOUNG)
        most = np.maximum(self._today, self._days.max(axis=1))
        own = most * (1 + (MARGINS - 1) * youth[:, None])
        first_day = 1 + np.maximum(0.0, 1 - self._known)
        limit = np.maximum(FLOORS * first_day[:, None], own)
        # The largest count ever means little before a week of days was seen.
        limit[:, 3] = np.where(self._known >= YOUNG, limit[:, 3], np.inf)
        return np.asarray(limit)

    def mark_strange(self, rows: NDArray[np.bool_]) -> None:
        """Say which series are in an episode now: their maxima are no measure of ordinary days."""
        self._strange |= rows

    def _pass_time(self, minute: int, *, before: int) -> None:
        if minute - before >= RING:
            self._counts[:], self._means[:] = 0, 0
        else:
            for gap in range(before + 1, minute):  # minutes nobody counted: neither here nor expected
                self._counts[:, gap % RING], self._means[:, gap % RING] = 0, 0
        if minute // 60 != before // 60:
            self._close_hour()
        if minute // 1440 != before // 1440:
            self._days = np.concatenate([self._today[:, None, :], self._days[:, :-1, :]], axis=1)
            self._today = np.zeros_like(self._today)
            self._known += 1

    def _close_hour(self) -> None:
        """Let the hour before last count, unless it, or the hour after it, was part of an episode.

        What was strange counts as its threshold at most: an alarm that nobody asked for makes the next one harder to
        come by, one step at a time.
        """
        strange = self._strange | self._strange_before
        most = np.where(strange[:, None], np.minimum(self._hour_before, self.thresholds()), self._hour_before)
        self._today = np.maximum(self._today, most.astype(np.float32))
        self._hour_before, self._hour = self._hour, np.zeros_like(self._hour)
        self._strange_before, self._strange = self._strange, np.zeros_like(self._strange)

    def dump(self) -> dict[str, Any]:
        """Return the whole state as JSON values."""
        return {
            "minute": self._minute,
            "rows": {name.strip("_"): packed(getattr(self, name)) for name in self._ROWS},
        }

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> Detectors:
        """Return the detectors that `dump` described."""
        made = cls()
        made._minute = state["minute"]
        for name in cls._ROWS:
            setattr(made, name, unpacked(state["rows"][name.strip("_")]))
        return made
