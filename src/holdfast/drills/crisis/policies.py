"""Policies of the line: the usual limiters, a fair queue, an oracle that knows the truth, and in `ours.py` the shield.

Nobody turns anybody away: who is over a limit goes to a second line that is served when the first is empty.
"""

from __future__ import annotations

import re
import zlib
from collections import OrderedDict, deque
from collections.abc import Callable

from holdfast.drills.crisis.room import Entry
from holdfast.shield.evidence import Challenge, Friction

_WORD = re.compile(r"\w+")


class Fifo:
    """First come, first served."""

    name = "fifo"
    one_case = False

    def __init__(self) -> None:
        self._line: deque[Entry] = deque()

    def arrive(self, entry: Entry, at: float) -> Friction:
        """Stand at the end of the line."""
        self._line.append(entry)
        return Friction.NONE

    def next(self, at: float) -> Entry | None:
        """Take the one at the head."""
        return self._line.popleft() if self._line else None

    def answer(self, entry: Entry, challenge: Challenge, at: float) -> None:
        """Nobody was asked anything."""

    def ended(self, entry: Entry, at: float) -> None:
        """Who has gone is skipped when their turn comes."""

    def joined(self, entry: Entry, at: float) -> None:
        """Every contact stands for itself."""

    def minute(self, at: float) -> list[tuple[Entry, Friction]]:
        """Nothing happens by the minute."""
        return []


class TwoLines(Fifo):
    """A first line, and a second that is served when the first is empty."""

    def __init__(self, name: str, first: Callable[[Entry, float], bool]) -> None:
        super().__init__()
        self.name = name
        self._is_first = first
        self._second: deque[Entry] = deque()

    def arrive(self, entry: Entry, at: float) -> Friction:
        """Stand at the end of the first line, or of the second."""
        (self._line if self._is_first(entry, at) else self._second).append(entry)
        return Friction.NONE

    def next(self, at: float) -> Entry | None:
        """Take the head of the first line; of the second when nobody is left in the first."""
        line = self._line or self._second
        return line.popleft() if line else None


class Bucket:
    """Token buckets by key: `rate` a minute each, up to `burst`."""

    def __init__(self, *, burst: float) -> None:
        self._burst = burst
        self._level: dict[str, tuple[float, float]] = {}

    def take(self, key: str, *, rate: float, at: float) -> bool:
        """Take a token at minute `at`, if there is one."""
        level, since = self._level.get(key, (self._burst, at))
        level = min(self._burst, level + (at - since) * rate)
        allowed = level >= 1
        self._level[key] = (level - allowed, at)
        return allowed


def per_identity() -> TwoLines:
    """Two contacts per identity in 30 minutes; who gives no account is known by source only as themselves."""
    bucket = Bucket(burst=2)

    def first(entry: Entry, at: float) -> bool:
        return bucket.take(entry.visit.evidence.account or entry.visit.matter, rate=2 / 30, at=at)

    return TwoLines("token bucket per identity", first)


def per_source(*, usual: dict[str, float]) -> TwoLines:
    """Twice what each source sends on an ordinary day (`usual`, contacts a minute), in bursts of ten minutes' worth."""
    bucket: dict[str, Bucket] = {}

    def first(entry: Entry, at: float) -> bool:
        source = entry.visit.evidence.source or ""
        rate = 2 * usual.get(source, min(usual.values(), default=0.1))
        return bucket.setdefault(source, Bucket(burst=max(3.0, 10 * rate))).take(source, rate=rate, at=at)

    return TwoLines("token bucket per source", first)


class FairByCluster(Fifo):
    """Round robin over lines of contacts that say alike (256 of them), as fair queueing does over flows."""

    name = "fair queue by cluster"

    def __init__(self, *, lines: int = 256) -> None:
        super().__init__()
        self._count = lines
        self._lines: OrderedDict[int, deque[Entry]] = OrderedDict()

    def arrive(self, entry: Entry, at: float) -> Friction:
        """Stand at the end of the line of those who say alike."""
        self._lines.setdefault(cluster(entry.visit.evidence.text, of=self._count), deque()).append(entry)
        return Friction.NONE

    def next(self, at: float) -> Entry | None:
        """Take one from the line whose turn it is."""
        while self._lines:
            key, line = self._lines.popitem(last=False)
            if line:
                entry = line.popleft()
                self._lines[key] = line
                return entry
        return None


def cluster(text: str, *, of: int) -> int:
    """Return the smallest hash of a text's words (MinHash with one permutation): alike texts are likely to agree."""
    hashes = [zlib.crc32(word.encode()) * 2654435761 % 2**32 for word in _WORD.findall(text.lower())]
    return min(hashes, default=0) % of


def oracle() -> TwoLines:
    """Know who is genuine: they go first, in order of arrival. Nobody has it."""
    return TwoLines("oracle (true labels)", lambda entry, at: entry.visit.genuine)
