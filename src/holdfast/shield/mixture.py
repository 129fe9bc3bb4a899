"""Two crowds in one stream: the explained and the not explained, told apart without a single label.

A mixture of two naive Bayes classes fitted by expectation maximisation (Dempster, Laird and Rubin 1977). What makes
the classes mean something is the anchor: among the explained, contacts that company data do not explain stand to
those they do as on ordinary days (`odds`). Everything else is free, so a genuine crowd may be of any composition.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from holdfast.shield.features import NAMES, Row, is_unknown

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CLIP = 3.0
TEXT_CLIP = 5.0
WHO_CLIP = 2.5
"""All that says who somebody is, together: it never outweighs why they come."""
WHO = frozenset({"stratum", "verification", "tenure", "operator", "source", "region", "channel", "language"})
TEXT = frozenset({"cluster", "length", "intent", "words"})

_ROUNDS = 15
_SHRINK = 8.0
_TERM_SHRINK = 12.0
_NEEDING = 0.05
_NEEDING_WEIGHT = 6.0
_VOLUME_WEIGHT = 30.0
_STILL_THERE = 0.8
_SURE = 0.95
_STEPS = (-12.0, -8.0, -5.0, -3.0, -1.5, -0.5, 0.5, 1.5, 3.0, 5.0, 8.0, 12.0, 18.0, 26.0, 40.0)


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a window says. Log ratios are not explained over explained; above 0 speaks against."""

    share: float
    """Of the window's contacts, those not explained."""
    need: Mapping[str, float]
    log_ratios: Mapping[str, Mapping[str, float]]
    terms: Mapping[int, float]
    steps: Sequence[str]
    """Per row of the window, the step its words are on."""
    surely: Sequence[int]
    """Rows of the window that are as good as surely not explained."""


def fit(
    rows: Sequence[Row], ordinary: Sequence[Row], remembered: Sequence[Row], *, odds: float, usual: float
) -> Fitted:
    """Fit the mixture to a window of contacts.

    `ordinary`: a sample of contacts of ordinary days, known to be explained. `remembered`: contacts of the flood so
    far that were not, for those who came with an earlier wave may still be waiting. `odds`: on ordinary days, contacts
    that company data do not explain, for one that they do. `usual`: contacts of an ordinary window of that length.
    """
    return _Fit(rows, ordinary, remembered, odds=odds, usual=usual).run()


class _Fit:
    def __init__(
        self, rows: Sequence[Row], ordinary: Sequence[Row], remembered: Sequence[Row], *, odds: float, usual: float
    ) -> None:
        everybody = [*rows, *ordinary, *remembered]
        self._count = len(rows)
        self._live = np.arange(len(everybody)) < self._count
        self._remembered = np.arange(len(everybody)) >= len(rows) + len(ordinary)
        self._weights = np.array([row.weight for row in everybody])
        self._total = float(self._weights[self._live].sum())
        self._excess = max(0.02, 1 - usual / self._total)
        # Whoever contacts on an ordinary day does so in a flood too.
        self._most = min(0.99, max(0.02, 1 - _STILL_THERE * usual / self._total))
        self._explained = 1 / (1 + odds)
        need = np.array([2 if row.need is None else int(not row.need) for row in everybody])
        self._needing, self._not_needing = need == 0, need == 1
        self._first = self._start(odds)
        self._wording = Wording(everybody)
        self._steps = self._wording.steps(self._weights, self._first)
        self._columns = {
            name: _Column([row.values[index] for row in everybody]) for index, name in enumerate(NAMES[:-1])
        }
        self._columns[NAMES[-1]] = _Column(self._steps)

    def run(self) -> Fitted:
        posterior = self._first
        for _ in range(_ROUNDS):
            posterior = self._step(posterior)
        terms = self._wording.log_ratios(self._weights, self._first).tolist()
        return Fitted(
            share=self._share(posterior),
            need=self._need(posterior),
            log_ratios={
                name: column.named(self._weights, posterior, at_most=limit(name))
                for name, column in self._columns.items()
            },
            terms={code: ratio for code, ratio in zip(self._wording.codes, terms, strict=True) if abs(ratio) > 0.1},
            steps=self._steps[: self._count],
            surely=np.flatnonzero(posterior[: self._count] > _SURE).tolist(),
        )

    def _start(self, odds: float) -> Floats:
        """What company data say alone: of those not explained, all that exceed the odds."""
        needing = float(self._weights[self._needing & self._live].sum())
        not_needing = float(self._weights[self._not_needing & self._live].sum())
        excess = np.clip(1 - odds * needing / max(not_needing, 1.0), 0.05, 0.98)
        return self._of_window(np.where(self._needing, 0.1, np.where(self._not_needing, excess, 0.8 * excess)))

    def _of_window(self, posterior: Floats) -> Floats:
        """Neither the ordinary sample nor what is remembered is in question."""
        return np.where(self._live, posterior, np.where(self._remembered, 1.0, 0.0))

    def _step(self, posterior: Floats) -> Floats:
        share = self._share(posterior)
        need = self._need(posterior)
        logit = np.log(share / (1 - share)) + np.where(
            self._needing, need["yes"], np.where(self._not_needing, need["no"], 0.0)
        )
        who, text = np.zeros_like(logit), np.zeros_like(logit)
        for name, column in self._columns.items():
            found = np.clip(column.log_ratios(self._weights, posterior), -limit(name), limit(name))[column.codes]
            if name in WHO:
                who += found
            elif name in TEXT:
                text += found
            else:
                logit += found
        logit += np.clip(who, -WHO_CLIP, WHO_CLIP) + np.clip(text, -TEXT_CLIP, TEXT_CLIP)
        return self._of_window(1 / (1 + np.exp(-logit)))

    def _share(self, posterior: Floats) -> float:
        found = float((self._weights * posterior)[self._live].sum())
        share = (found + _VOLUME_WEIGHT * self._excess) / (self._total + _VOLUME_WEIGHT)
        return float(np.clip(share, 0.01, self._most))

    def _need(self, posterior: Floats) -> dict[str, float]:
        mass = self._weights * posterior * self._live
        needing, known = float(mass[self._needing].sum()), float(mass[self._needing | self._not_needing].sum())
        rate = (needing + _NEEDING * _NEEDING_WEIGHT) / (known + _NEEDING_WEIGHT)
        rate = min(rate, self._explained)
        yes, no = np.log(rate / self._explained), np.log((1 - rate) / (1 - self._explained))
        return {"yes": float(np.clip(yes, -CLIP, 0)), "no": float(np.clip(no, 0, CLIP))}


class _Column:
    """One feature: a code per contact and value, each value compared within its own stratum."""

    def __init__(self, values: Sequence[str]) -> None:
        names: dict[str, int] = {}
        self.codes: Ints = np.array([names.setdefault(value, len(names)) for value in values])
        self.names = list(names)
        groups: dict[str, int] = {}
        # A value is written `stratum:value`, and `:value` where strata are not told apart. The unknown is a group of
        # its own, so that it says nothing: else three things not known of somebody would count three times.
        owners = (name if is_unknown(name) else name.partition(":")[0] for name in names)
        self._groups: Ints = np.array([groups.setdefault(owner, len(groups)) for owner in owners])

    def log_ratios(self, weights: Floats, posterior: Floats) -> Floats:
        size = len(self.names)
        against = _sums(self.codes, weights * posterior, size)
        genuine = _sums(self.codes, weights * (1 - posterior), size)
        pooled = against + genuine
        within = pooled / self._summed(pooled)
        return np.asarray(
            np.log((against + _SHRINK * within) / (self._summed(against) + _SHRINK))
            - np.log((genuine + _SHRINK * within) / (self._summed(genuine) + _SHRINK))
        )

    def named(self, weights: Floats, posterior: Floats, *, at_most: float) -> dict[str, float]:
        found = np.clip(self.log_ratios(weights, posterior), -at_most, at_most).tolist()
        return {name: round(value, 3) for name, value in zip(self.names, found, strict=True) if abs(value) >= 0.05}

    def _summed(self, values: Floats) -> Floats:
        return np.maximum(_sums(self._groups, values, 0)[self._groups], 1e-9)


class Wording:
    """Which words the not explained use more than the explained; a text's words are summed into a few steps.

    The sum of hundreds of words that hang together is no log ratio. So it only puts a text on a step, and the step is
    counted like any other value. Steps are filled by the words learnt from the other half of the window: else words
    that differ by chance would confirm themselves.
    """

    _FEWEST = 6

    def __init__(self, rows: Sequence[Row]) -> None:
        lengths = np.array([len(row.terms) for row in rows])
        every = np.fromiter((term for row in rows for term in row.terms), dtype=np.int64, count=int(lengths.sum()))
        owners = np.repeat(np.arange(len(rows)), lengths)
        found, inverse, counts = np.unique(every, return_inverse=True, return_counts=True)
        kept = counts >= self._FEWEST
        inside = kept[inverse]
        self.codes: list[int] = found[kept].tolist()
        self._terms, self._owners = (np.cumsum(kept) - 1)[inverse[inside]], owners[inside]
        self._contacts = len(rows)

    def steps(self, weights: Floats, posterior: Floats) -> list[str]:
        """Return the step of each contact."""
        half = np.arange(self._contacts) % 2
        sums = np.zeros(self._contacts)
        for one in (0, 1):
            sums += np.where(half == one, self._totals(self.log_ratios(weights * (half != one), posterior)), 0.0)
        return [step_of(value) for value in sums.tolist()]

    def log_ratios(self, weights: Floats, posterior: Floats) -> Floats:
        """Return a log ratio per word, less one standard error: of thousands of words some differ by chance."""
        size = len(self.codes)
        mass = weights * posterior
        against = _sums(self._terms, mass[self._owners], size)
        genuine = _sums(self._terms, (weights - mass)[self._owners], size)
        all_against, all_genuine = float(mass.sum()), float((weights - mass).sum())
        pooled = (against + genuine + 0.5) / (all_against + all_genuine + 1.0)
        one = against + _TERM_SHRINK * pooled
        other = genuine + _TERM_SHRINK * pooled
        ratio = np.log(one / (all_against + _TERM_SHRINK)) - np.log(other / (all_genuine + _TERM_SHRINK))
        noise = np.sqrt(1 / (one + 0.5) + 1 / (other + 0.5))
        return np.asarray(np.sign(ratio) * np.maximum(np.abs(ratio) - noise, 0.0))

    def _totals(self, ratios: Floats) -> Floats:
        return _sums(self._owners, ratios[self._terms], self._contacts)


def step_of(total: float) -> str:
    """Name the step of a sum of words' log ratios: fine around 0, coarse beyond."""
    return f":{bisect_left(_STEPS, total)}"


def limit(name: str) -> float:
    """Return how much a feature may say at most."""
    return TEXT_CLIP if name in TEXT else CLIP


def _sums(codes: Ints, weights: Floats, size: int) -> Floats:
    return np.asarray(np.bincount(codes, weights, minlength=size), dtype=np.float64)
