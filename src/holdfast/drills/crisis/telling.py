"""Waits told in memory: what the house reads from its tables about a line, kept beside one that is only played.

The reckoning itself is the house's own (`conversations/reckoning.py`); nothing here knows what will happen.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from holdfast.conversations.calibration import AS_RECKONED, Corrections, Outcome, Turns
from holdfast.conversations.patience import Patience, Spell, patience_of
from holdfast.conversations.reckoning import NEWEST, WINDOW, Cell, Movement, Served, busy
from holdfast.conversations.walking import NEWCOMERS, NEWLY, Arrivals
from holdfast.drills.crisis.room import Entry, State

EVERY = 5 / 60
"""Minutes between two who are told a wait: one of each look of triage at the door, as in the real house."""

_MIDNIGHT = datetime(2000, 1, 1, tzinfo=UTC)  # the room counts minutes, the house moments
_SPELLS = 3_000
_LONGEST = 240.0  # minutes; waits told before that are not held against what came
_KEPT = 1.0  # minutes for which patience and corrections are not read anew; only to be quick


class Telling:
    """One line as its waits are reckoned: who stands where, who was served, who gave up, how told waits came out."""

    def __init__(self, *, floor: int) -> None:
        self._floor = floor
        self._standing: dict[tuple[int, int], set[int]] = {}
        self._ranks: dict[int, tuple[int, float]] = {}
        self._joined: dict[int, float] = {}
        self._newcomers: deque[Entry] = deque()
        self._stood: dict[int, tuple[int, float]] = {}
        self._served: deque[Served] = deque(maxlen=NEWEST)
        self._spells: deque[tuple[float, Spell]] = deque(maxlen=_SPELLS)
        self._told: dict[int, tuple[Entry, int, float]] = {}
        self._left: dict[int, tuple[int, float]] = {}
        self._turns = Turns()
        self._last = -math.inf
        self._patience, self._corrections, self._read_at = Patience(), AS_RECKONED, -math.inf

    def stands(self, entry: Entry, *, band: int, fair_at: float, at: float) -> None:
        """Hear where somebody stands from now on."""
        self._move(entry.number, (band, fair_at))
        if entry.number not in self._joined:
            self._joined[entry.number] = at
            if len(self._newcomers) == NEWCOMERS:
                del self._stood[self._newcomers.popleft().number]
            self._newcomers.append(entry)
            self._stood[entry.number] = band, fair_at
        elif entry.number in self._stood:
            self._stood[entry.number] = band, fair_at

    def ended(self, entry: Entry, at: float) -> None:
        """Hear that somebody left the line, served or not."""
        band, fair_at = self._ranks[entry.number]
        self._move(entry.number, None)
        if entry.number in self._told:
            self._left[entry.number] = band, fair_at
        joined = self._joined.pop(entry.number)
        answered = entry.state is State.ANSWERED
        if answered:
            self._served.appendleft(Served(_moment(at), band, _moment(joined)))
            if band == 0:
                self._turns.add(_moment(at), _moment(fair_at))
        if at > joined:
            self._spells.append((at, Spell(0.0, at - joined, gave_up=not answered)))

    def tell(self, entry: Entry, at: float) -> None:
        """Tell whoever has just come how long it will take, when the last one was told long enough ago."""
        if at - self._last < EVERY or len(self._ranks) < 2:
            return
        self._last = at
        if at - self._read_at >= _KEPT:
            self._patience = patience_of(list(self._spells_of_the_hour(at)))
            self._corrections, self._read_at = Corrections(self._outcomes(at), _moment(at)), at
        band, fair_at = self._ranks[entry.number]
        moved = Movement(
            _moment(at),
            busy(list(self._served), oldest=self._oldest()),
            self._patience,
            list(self._cells(before=_cell((band, fair_at)))),
            self._arrivals(at),
            self._corrections,
        )
        older = len(self._ranks) - 1
        found = moved.reckon((band, _moment(fair_at)), ahead=self._ahead(entry.number), older=older, floor=self._floor)
        if found is not None:
            wait = found.told(correction=moved.corrections.of(band, found.high))
            entry.low, entry.high = float(wait.low), float(wait.high)
            self._told[entry.number] = entry, band, found.to_learn_from

    def _move(self, number: int, rank: tuple[int, float] | None) -> None:
        before = self._ranks.pop(number, None)
        if before is not None:
            cell = self._standing[_cell(before)]
            cell.discard(number)
            if not cell:
                del self._standing[_cell(before)]
        if rank is not None:
            self._ranks[number] = rank
            self._standing.setdefault(_cell(rank), set()).add(number)

    def _cells(self, *, before: tuple[int, int] | None = None) -> Iterator[Cell]:
        for band, minute in sorted(cell for cell in self._standing if before is None or cell < before):
            people = self._standing[band, minute]
            since = min(self._joined[next(iter(people))], minute)
            yield Cell(band, _moment(minute), len(people), _moment(since))

    def _arrivals(self, at: float) -> Arrivals:
        newly = NEWLY.total_seconds() / 60
        counted: Counter[tuple[int, float]] = Counter()
        for entry in self._newcomers:
            if entry.at > at - newly:
                band, fair_at = self._stood[entry.number]
                counted[band, math.floor(fair_at - entry.at)] += 1
        minutes = min(newly, at - self._newcomers[0].at) if len(self._newcomers) == NEWCOMERS else newly
        return Arrivals(max(minutes, 0.5), [(band, later, people) for (band, later), people in counted.items()])

    def _oldest(self) -> datetime | None:
        return _moment(next(iter(self._joined.values()))) if self._joined else None

    def _ahead(self, number: int) -> int:
        rank = self._ranks[number]
        own = _cell(rank)
        whole = sum(len(people) for cell, people in self._standing.items() if cell < own)
        return whole + sum(self._ranks[other] < rank for other in self._standing[own])

    def _spells_of_the_hour(self, at: float) -> Iterator[Spell]:
        hour = at - WINDOW.total_seconds() / 60
        ended = [(left_at, spell) for left_at, spell in self._spells if left_at >= hour]
        if not any(spell.gave_up for _, spell in ended):
            return
        since = ended[0][0] if len(self._spells) == _SPELLS else hour
        for left_at, spell in ended:
            yield Spell(max(since - (left_at - spell.left), 0.0), spell.left, spell.gave_up)
        for cell in self._cells():
            if cell.joined_at < _moment(at):
                yield Spell.going_on(cell.joined_at, cell.people, since=_moment(since), at=_moment(at))

    def _outcomes(self, at: float) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for number, (entry, behind, reckoned) in self._told.items():
            if entry.at > at - _LONGEST:
                until = self._until(number, entry)
                took = (until or _moment(at)) - _moment(entry.at)
                minutes = took.total_seconds() / 60
                served = until is not None and (entry.state is State.ANSWERED or self._left[number][0] == 0)
                outcomes.append(Outcome(_moment(entry.at), behind > 0, reckoned, entry.high, minutes, served, until))
        return outcomes

    def _until(self, number: int, entry: Entry) -> datetime | None:
        if number not in self._left:
            return None
        band, fair_at = self._left[number]
        if entry.state is State.ANSWERED or band > 0:
            return _moment(entry.ended_at)
        return self._turns.came(_moment(fair_at), after=_moment(entry.at))


def _cell(rank: tuple[int, float]) -> tuple[int, int]:
    """Band and whole minute: as finely as the house counts a line."""
    return rank[0], int(rank[1])


def _moment(minute: float) -> datetime:
    return _MIDNIGHT + timedelta(minutes=minute)
