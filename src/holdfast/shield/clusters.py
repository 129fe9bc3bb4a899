"""Near-duplicates: contacts of ten minutes that used almost the same words, counted by MinHash and banding.

MinHash: Broder 1997. Banding (locality-sensitive hashing): Indyk and Motwani 1998; with 8 bands of 4 rows two texts
meet with probability 1 - (1 - s^4)^8, a half at a similarity s of .54. The first text of a cluster stands for it, so
that a chain of small changes does not lead from any text to any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from holdfast.shield.traits import PERMUTATIONS

BANDS_OF_HASHES, ROWS = 8, 4
ALIKE = 0.5
"""Share of equal hashes from which two texts count as almost the same."""
MINUTES = 10
_MOST = 60_000
"""Clusters held at most. Beyond it a new text is counted as one of a kind."""

Signature = Sequence[int]


def keys(signature: Signature) -> Iterator[int]:
    """Give one key per band of a signature; texts that share one are worth comparing."""
    for band in range(BANDS_OF_HASHES):
        yield hash((band, *signature[band * ROWS : (band + 1) * ROWS]))


def similarity(one: Signature, other: Signature) -> float:
    """Return the estimated share of terms two texts have in common (Jaccard), 0 to 1."""
    return sum(map(int.__eq__, one, other)) / PERMUTATIONS


@dataclass(slots=True, eq=False)
class _Group:
    number: int
    signature: tuple[int, ...]
    counts: dict[int, int] = field(default_factory=dict)
    total: int = 0


class Clusters:
    """Counts of near-duplicates per minute, over the last ten."""

    def __init__(self) -> None:
        self._groups: dict[int, _Group] = {}
        self._by_key: dict[int, _Group] = {}
        self._by_minute: dict[int, set[int]] = {}
        self._next = 1

    def add(self, signature: tuple[int, ...], *, minute: int) -> int:
        """Count a text and return the number of its cluster, 0 for a text without words."""
        if not signature:
            return 0
        group = self.find(signature)
        if group is None:
            if len(self._groups) >= _MOST:
                return 0
            group = self._start(self._next, signature)
        group.counts[minute] = group.counts.get(minute, 0) + 1
        group.total += 1
        self._by_minute.setdefault(minute, set()).add(group.number)
        return group.number

    def find(self, signature: Signature) -> _Group | None:
        """Return the cluster a text belongs to."""
        for key in keys(signature):
            group = self._by_key.get(key)
            if group is not None and similarity(group.signature, signature) >= ALIKE:
                return group
        return None

    def forget(self, *, before: int) -> None:
        """Drop what was counted in minutes before `before`."""
        for minute in [minute for minute in self._by_minute if minute < before]:
            for number in self._by_minute.pop(minute):
                group = self._groups[number]
                group.total -= group.counts.pop(minute, 0)
                if group.total <= 0:
                    self._end(group)

    def size(self, number: int) -> int:
        """Return how many contacts a cluster has."""
        group = self._groups.get(number)
        return group.total if group is not None else 0

    def signature(self, number: int) -> tuple[int, ...]:
        """Return the signature that stands for a cluster."""
        return self._groups[number].signature

    def dump(self) -> dict[str, Any]:
        """Return the clusters that matter as plain data: those of more than two, the largest 400."""
        large = sorted((g for g in self._groups.values() if g.total > 2), key=lambda g: -g.total)[:400]
        return {
            "next": self._next,
            "groups": [[g.number, list(g.signature), sorted(g.counts.items())] for g in large],
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Take over what `dump` gave."""
        self._groups, self._by_key, self._by_minute = {}, {}, {}
        for number, signature, counts in state["groups"]:
            group = self._start(number, tuple(signature))
            group.counts = {int(minute): int(count) for minute, count in counts}
            group.total = sum(group.counts.values())
            for minute in group.counts:
                self._by_minute.setdefault(minute, set()).add(number)
        self._next = state["next"]

    def _start(self, number: int, signature: tuple[int, ...]) -> _Group:
        group = self._groups[number] = _Group(number, signature)
        self._next = max(self._next, number + 1)
        for key in keys(signature):
            self._by_key.setdefault(key, group)
        return group

    def _end(self, group: _Group) -> None:
        del self._groups[group.number]
        for key in keys(group.signature):
            if self._by_key.get(key) is group:
                del self._by_key[key]
