"""Many series at once: a baseline and a detector each for channels, queues, intents, languages; one alert per cause.

All series are cuts of the same contacts, so one cause moves many of them. Whatever moves first opens the episode; what
moves while it is open joins it, and is told once if it carries much of the excess. With thousands of series something
is always unusual somewhere: each dimension has a threshold of its own on top, from the strongest evidence any of its
series showed on ordinary days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from holdfast.kit.series.baseline import Expected, band
from holdfast.kit.series.baselines import Baselines
from holdfast.kit.series.calendar import Calendar, minute_of
from holdfast.kit.series.ceiling import Ceiling
from holdfast.kit.series.detector import evidence_of
from holdfast.kit.series.detectors import Detectors
from holdfast.kit.series.episodes import Alarm, Course, Turn
from holdfast.kit.series.wording import label, sentence

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

Key = tuple[str, str]
"""A dimension and its value, such as `("intent", "card payments")`. `TOTAL` is everything."""

TOTAL: Final[Key] = ("total", "")
OTHER: Final = "other"
MAX_SERIES: Final = 10_000
DOUBTFUL: Final = 0.7
"""Evidence from which on a minute is not ordinary enough to learn level and noise from."""
CARRIES: Final = 0.2
"""A series that carries this share of the whole excess is worth telling."""
MOVED: Final = 3.0
"""Standard deviations over five minutes from which on a series has moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A series that moved: contacts in the last five minutes, and how many are usual then."""

    key: Key
    counted: float
    low: float
    high: float


class Watch:
    """Baselines and detectors for thousands of series that are cuts of the same contacts.

    `max_series` bounds all of them, `most` those of a dimension: whatever comes once they are reached is counted as
    `other` of its dimension, so memory is bounded whatever values come. `named` names a series for people.
    """

    def __init__(
        self,
        *,
        calendar: Calendar | None = None,
        slot_minutes: int = 30,
        weeks: int = 5,
        max_series: int = MAX_SERIES,
        most: Mapping[str, int] | None = None,
        named: Callable[[str, str], str] = label,
    ) -> None:
        self._baselines = Baselines(calendar=calendar, slot_minutes=slot_minutes, weeks=weeks)
        self._detectors = Detectors()
        self._rows: dict[Key, int] = {}
        self._dimensions: dict[str, Ceiling] = {}
        self._course = Course()
        self._members: set[int] = set()
        self._told: set[int] = set()
        self._max_series, self._most, self._named = max_series, most or {}, named
        self._add([TOTAL])

    def step(self, at: datetime, counts: Mapping[Key, float], *, ignore: bool = False) -> list[Alarm]:
        """Take in one whole minute: what was counted per series (absent is zero). Return the turns of its episodes.

        Minutes come in order (`ValueError` otherwise). `ignore` says that people declared this time: nothing is
        learnt and nothing begins.
        """
        minute, counted = minute_of(at), self._counted(counts)
        mean, error = self._baselines.usual(minute)
        strength = self._detectors.step(minute, counted, mean=mean, phi=self._baselines.phi(), error=error)
        needed = self._needed(minute)
        relative = strength / needed
        alarms = [] if ignore else self._turns(at, minute, relative)
        members = np.zeros(len(self._rows), np.bool_)
        members[list(self._members)] = True
        strongest = np.zeros(len(self._dimensions))
        np.maximum.at(strongest, self._dimension_of, strength)
        for ceiling, most in zip(self._dimensions.values(), strongest.tolist(), strict=True):
            ceiling.see(most, strange=self._course.open)
        self._detectors.mark_strange(members | (relative >= 1))
        everyone = np.full(len(self._rows), ignore)
        self._baselines.learn(minute, counted, ignore=everyone, doubt=members | (strength > DOUBTFUL))
        return alarms

    @property
    def open(self) -> bool:
        """Whether an episode is open."""
        return self._course.open

    @property
    def nbytes(self) -> int:
        """Bytes that the series hold."""
        return self._baselines.nbytes + self._detectors.nbytes

    def expected(self, at: datetime, *, key: Key = TOTAL, minutes: int = 1) -> Expected:
        """Return what is usual for a series; a series never seen is expected to be silent."""
        if key not in self._rows:
            return band(0.0, 0.0)
        row = self._rows[key]
        mean, spread = self._baselines.usual_over(minute_of(at), minutes)
        return band(float(mean[row]), float(spread[row]))

    def __len__(self) -> int:
        return len(self._rows)

    def changes(self, *, limit: int = 5) -> list[Change]:
        """Return what moved in the last five minutes: everything first, then what carries most of the difference."""
        counted, meant = self._detectors.recent()
        scores = self._detectors.scores()[:, 1]
        moved = np.flatnonzero(np.abs(scores) >= MOVED).tolist()
        order = sorted(moved, key=lambda row: (row != 0, -abs(counted[row] - meant[row])))
        return [self._change(row) for row in order[:limit]]

    def what_changed(self, *, limit: int = 5) -> tuple[str, ...]:
        """Return `changes` as sentences."""
        return tuple(map(self._sentence, self.changes(limit=limit)))

    # Episodes

    def _turns(self, at: datetime, minute: int, relative: Floats) -> list[Alarm]:
        firing = set(np.flatnonzero(relative >= 1).tolist())
        if self._course.open:
            # While one is open others join it; it lasts as long as any of them does.
            joined = firing - self._members
            self._members |= firing
            turn = self._course.step(minute, strength=float(relative[list(self._members)].max()))
            if turn is None:
                return [self._alarm(Turn.SPREAD, at, row) for row in self._worth_telling(joined)]
            lead = min(self._members)
            alarms = [self._alarm(turn, at, lead)]
            if turn is Turn.LASTED:
                self._accept()
            self._members, self._told = set(), set()
            return alarms
        turn = self._course.step(minute, strength=float(relative.max()))
        if turn is None:
            return []
        self._members = firing
        lead = 0 if 0 in firing else max(firing, key=lambda row: float(relative[row]))
        self._told = set(firing)
        return [self._alarm(turn, at, lead)]

    def _worth_telling(self, rows: set[int]) -> list[int]:
        counted, meant = self._detectors.recent()
        whole = max(1.0, float(counted[0] - meant[0]))
        telling = [row for row in sorted(rows - self._told - {0}) if counted[row] - meant[row] >= CARRIES * whole]
        self._told.update(telling)
        return telling

    def _accept(self) -> None:
        counted, meant = self._detectors.recent(2)
        for row in self._members:
            self._baselines.accept(row, ratio=float((counted[row] + 1) / (meant[row] + 1)))

    def _alarm(self, turn: Turn, at: datetime, row: int) -> Alarm:
        change = self._change(row)
        told = () if turn in {Turn.SPREAD, Turn.ENDED} else self.what_changed()
        own = self._sentence(change)
        return Alarm(
            turn=turn,
            episode=self._course.number,
            at=at,
            series=self._named(*change.key),
            counted=change.counted,
            usual=float(self._detectors.recent()[1][row]),
            low=change.low,
            high=change.high,
            evidence=evidence_of(self._detectors, row),
            sentences=(own, *(other for other in told if other != own)),
        )

    def _sentence(self, change: Change) -> str:
        return sentence(self._named(*change.key), counted=change.counted, low=change.low, high=change.high)

    def _change(self, row: int) -> Change:
        counted, meant = (float(values[row]) for values in self._detectors.recent())
        noise = float(self._baselines.phi()[row])
        usual = band(meant, float(np.sqrt(meant + noise * meant**2)))
        return Change(key=list(self._rows)[row], counted=counted, low=usual.low, high=usual.high)

    # Rows

    def _counted(self, counts: Mapping[Key, float]) -> Floats:
        for key in sorted(counts):
            if (known := self._known(key)) not in self._rows:
                self._add([known])
        vector = np.zeros(len(self._rows))
        for key, count in counts.items():
            vector[self._rows[self._known(key)]] += count
        return vector

    def _known(self, key: Key) -> Key:
        """The key itself, or the rest of its dimension once there are too many series."""
        if key in self._rows:
            return key
        full = len(self._rows) >= self._max_series or self._numbers[key[0]] >= self._most.get(key[0], MAX_SERIES)
        return (key[0], OTHER) if full else key

    def _add(self, keys: Sequence[Key]) -> None:
        for key in keys:
            self._rows[key] = len(self._rows)
            self._dimensions.setdefault(key[0], Ceiling())
        self._dimension_of, self._numbers = self._places(), Counter(dimension for dimension, _ in self._rows)
        self._baselines.add(len(keys), silent=True)
        self._detectors.add(len(keys), like_first=len(self._rows) > len(keys))

    def _places(self) -> NDArray[np.intp]:
        """The number of each row's dimension, in the order of `_dimensions`."""
        order = {dimension: place for place, dimension in enumerate(self._dimensions)}
        return np.array([order[dimension] for dimension, _ in self._rows], dtype=np.intp)

    def _needed(self, minute: int) -> Floats:
        needed = []
        for dimension, ceiling in self._dimensions.items():
            ceiling.pass_time(minute)
            needed.append(ceiling.needed(alone=dimension == TOTAL[0]))
        return np.array(needed)[self._dimension_of]

    # State

    def dump(self) -> dict[str, Any]:
        """Return the whole state as JSON values."""
        return {
            "keys": [list(key) for key in self._rows],
            "baselines": self._baselines.dump(),
            "detectors": self._detectors.dump(),
            "dimensions": {name: ceiling.dump() for name, ceiling in self._dimensions.items()},
            "course": list(astuple(self._course)),
            "members": sorted(self._members),
            "told": sorted(self._told),
        }

    @classmethod
    def load(
        cls,
        state: Mapping[str, Any],
        *,
        calendar: Calendar | None = None,
        max_series: int = MAX_SERIES,
        most: Mapping[str, int] | None = None,
        named: Callable[[str, str], str] = label,
    ) -> Watch:
        """Return the watch that `dump` described. Calendar, bounds and names are configuration, not state."""
        made = cls(calendar=calendar, max_series=max_series, most=most, named=named)
        made._rows = {(dimension, value): row for row, (dimension, value) in enumerate(state["keys"])}
        made._baselines = Baselines.load(state["baselines"], calendar=calendar)
        made._detectors = Detectors.load(state["detectors"])
        made._dimensions = {name: Ceiling.load(ceiling) for name, ceiling in state["dimensions"].items()}
        made._dimension_of, made._numbers = made._places(), Counter(dimension for dimension, _ in made._rows)
        made._course = Course(*state["course"])
        made._members, made._told = set(state["members"]), set(state["told"])
        return made
