"""Surge or flood: do company data explain as much of what arrives as on ordinary days?

Corroborated contacts are always explained; the uncorroborated may grow as much as they did, and three times that
(`SLACK`): an outage brings questions that data explain less well. What is beyond, and beyond chance, is not explained.
Only contacts about which data were asked count: who cannot be looked up proves nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.shield.features import Row
from holdfast.shield.window import Minute, Ordinary

SLACK = 3.0
_Z, _Z_OF_WORDS = 4.0, 6.0
_WEAK, _WEAK_MINUTES = 1.0, 5
_CHANCE = 1e-4
_WORDS_SHARE = 0.08


@dataclass(slots=True)
class Verdict:
    """What is known of the state of things; changed minute by minute."""

    flood: bool = False
    strong: bool = False
    """Whether the last window says so by itself; a flood outlasts a few weaker minutes."""
    identity_down: bool = False
    records_down: bool = False
    weak_minutes: int = 0

    def step(
        self, window: Sequence[Minute], rows: Sequence[Row], ordinary: Ordinary, *, alarm: bool, usual: float
    ) -> None:
        """Look at a window. `usual` is the number of contacts of an ordinary one; `rows` its contacts."""
        self.identity_down = _identity_down(window, ordinary, usual, before=self.identity_down)
        needing = sum(minute.needing for minute in window)
        self.records_down = _collapsed(needing, ordinary.share("needing"), window, usual, before=self.records_down)
        self.strong = False
        if not alarm or self.records_down:
            self.flood = False
            return
        z = _beyond(sum(minute.not_needing for minute in window), needing, ordinary.odds)
        z_of_words = 0.0 if z >= _Z else _beyond_in_words(rows, ordinary)
        self.strong = z >= _Z or z_of_words >= _Z_OF_WORDS
        if self.strong:
            self.flood, self.weak_minutes = True, 0
        elif self.flood:
            self.weak_minutes = self.weak_minutes + 1 if max(z, z_of_words) < _WEAK else 0
            self.flood = self.weak_minutes < _WEAK_MINUTES

    def dump(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> Verdict:
        """Return what `dump` described."""
        return cls(**state)


def _beyond(not_needing: float, needing: float, odds: float) -> float:
    """Standard deviations by which the unexplained exceed what may be, given the explained; Poisson, and a tenth."""
    allowed = SLACK * odds * needing
    if not_needing - allowed < 10:
        return 0.0
    return (not_needing - allowed) / math.sqrt(not_needing + (SLACK * odds) ** 2 * needing + (0.1 * allowed) ** 2 + 1)


def _beyond_in_words(rows: Sequence[Row], ordinary: Ordinary) -> float:
    """The same among those who share a word: a surge elsewhere must not hide what has its own words."""
    needing: Counter[int] = Counter()
    not_needing: Counter[int] = Counter()
    for row in rows:
        if row.need is not None:
            counter = needing if row.need else not_needing
            for term in row.terms:
                counter[term] += row.weight  # type: ignore[assignment]
    fewest = max(20.0, _WORDS_SHARE * sum(row.weight for row in rows if row.need is False))
    return max(
        (
            _beyond(count, needing[term], _odds_of(term, ordinary))
            for term, count in not_needing.items()
            if count >= fewest
        ),
        default=0.0,
    )


def _odds_of(term: int, ordinary: Ordinary) -> float:
    """A word's own odds on ordinary days, when they are worse: some matters company data hardly ever explain."""
    with_term = [row.need for row in ordinary.rows if row.need is not None and term in row.terms]
    needing = sum(with_term)
    own = (len(with_term) - needing + 5 * ordinary.odds) / (needing + 5)
    return max(own, ordinary.odds)


def _identity_down(window: Sequence[Minute], ordinary: Ordinary, usual: float, *, before: bool) -> bool:
    """Whether those who prove who they are have become fewer in all strata at once, however many others came."""
    totals: Counter[str] = Counter()
    for minute in window:
        totals.update(minute.proven)
    strata = [name.removeprefix("proven ") for name in ordinary.counts if name.startswith("proven ")]
    if not _collapsed(
        sum(totals.values()), sum(ordinary.share(f"proven {s}") for s in strata), window, usual, before=before
    ):
        return False
    return all(totals[s] <= max(2.0, 0.5 * ordinary.share(f"proven {s}") * usual) for s in strata)


def _collapsed(count: float, share: float, window: Sequence[Minute], usual: float, *, before: bool) -> bool:
    """Whether fewer than half of the usual number came, beyond chance, while all contacts did not become as few.

    The chance of `count` or fewer, where half of the usual is expected, is below Chernoff's bound (Poisson).
    Once collapsed it stays so until half of the usual number is back.
    """
    half = 0.5 * share * usual
    counted = sum(minute.counted for minute in window)
    if count >= half or count >= 0.4 * share * counted:
        return False
    bound = math.exp(count - half - (count * math.log(count / half) if count else 0.0))
    return before or bound < _CHANCE
