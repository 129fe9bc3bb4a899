"""The contacts of the last ten minutes, and a sample of ordinary ones to hold them against. Bounded, whatever comes."""

from __future__ import annotations

import json
import random
import zlib
from base64 import b64decode, b64encode
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from holdfast.shield.clusters import MINUTES, Clusters
from holdfast.shield.features import Row, values_of
from holdfast.shield.traits import Traits

BIG = 10
"""Contacts of a cluster from which it is counted for itself."""
_KEPT_PER_MINUTE = 200
_MOST_ACCOUNTS = 200_000
_SAMPLE = 600
_REMEMBERED, _REMEMBERED_PER_MINUTE, _REMEMBERED_WEIGHT = 400, 8, 0.25
_TURNOVER = 0.03
"""Chance that an ordinary contact replaces one of the sample: at ten a minute it lasts about a day and a half."""

Kept = tuple[bool | None, tuple[str, ...], tuple[int, ...], int]
"""Need, values, terms and cluster of one contact."""


@dataclass(slots=True)
class Minute:
    """What one minute brought. `arrived` counts every contact, the others an account once in ten minutes."""

    arrived: int = 0
    needing: int = 0
    not_needing: int = 0
    unknown: int = 0
    declared: int = 0
    proven: dict[str, int] = field(default_factory=dict)
    """Per stratum, those who proved who they are."""
    explained: list[Kept] = field(default_factory=list)
    others: list[Kept] = field(default_factory=list)

    @property
    def counted(self) -> int:
        """Contacts, an account once."""
        return self.needing + self.not_needing + self.unknown


class Window:
    """Minutes by number, the newest open."""

    def __init__(self) -> None:
        self.number = 0
        self.open = Minute()
        self.clusters = Clusters()
        self._closed: dict[int, Minute] = {}
        self._accounts: dict[int, int] = {}
        # Seeded anew each minute, so that a scorer that takes over draws as the one before would have.
        self._chance = random.Random(0)  # noqa: S311

    def observe(self, traits: Traits, *, declared: bool) -> None:
        """Count a contact in the open minute. About a declared matter, it is explained and counted apart."""
        minute = self.open
        minute.arrived += 1
        if traits.account is not None and self._seen_before(traits.account):
            return
        if traits.verification == 2:
            minute.proven[traits.stratum] = minute.proven.get(traits.stratum, 0) + 1
        cluster = self.clusters.add(traits.signature, minute=self.number)
        if declared:
            minute.declared += 1
            return
        minute.needing += traits.need is True
        minute.not_needing += traits.need is False
        minute.unknown += traits.need is None
        kept, total = (
            (minute.explained, minute.needing) if traits.need else (minute.others, minute.not_needing + minute.unknown)
        )
        place = len(kept) if len(kept) < _KEPT_PER_MINUTE else self._chance.randrange(total)
        if place < _KEPT_PER_MINUTE:
            kept[place : place + 1] = [(traits.need, values_of(traits, None), traits.terms, cluster)]

    def close(self) -> Minute | None:
        """Close the open minute; return the one that is now too old to be kept, with its clusters still counted."""
        self._closed[self.number] = self.open
        oldest = self.number - MINUTES
        if len(self._accounts) > _MOST_ACCOUNTS or self.number % MINUTES == 0:
            self._accounts = {account: at for account, at in self._accounts.items() if at > oldest}
        return self._closed.pop(oldest, None)

    def next(self) -> None:
        """Open the next minute."""
        self.number += 1
        self._chance.seed(self.number)
        self.open = Minute()
        self.clusters.forget(before=self.number - MINUTES)

    def last(self, minutes: int) -> list[Minute]:
        """Return the minutes closed last, at most `minutes` of them."""
        return [minute for number, minute in self._closed.items() if number > self.number - minutes]

    def rows(self, minutes: Iterable[Minute]) -> Iterator[Row]:
        """Give those kept of some minutes; each stands for as many as were not kept."""
        for minute in minutes:
            others = minute.not_needing + minute.unknown
            for kept, total in ((minute.explained, minute.needing), (minute.others, others)):
                for one in kept:
                    yield self.row(one, weight=total / len(kept))

    def row(self, kept: Kept, *, weight: float = 1.0) -> Row:
        """Return one contact as it counts now: with its cluster, if that has become a big one."""
        need, values, terms, cluster = kept
        alone = self.clusters.size(cluster) < BIG
        return Row(need, (*values[:-2], ":one" if alone else f":{cluster}", values[-1]), terms, weight)

    def dump(self) -> dict[str, Any]:
        """Return all of it as plain data. Accounts are not written down: after a hand-over one may count twice."""
        minutes = [[number, asdict(minute)] for number, minute in self._closed.items()]
        return {
            "number": self.number,
            "minutes": packed([asdict(self.open), minutes]),
            "clusters": self.clusters.dump(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Take over what `dump` gave."""
        self.number = int(state["number"])
        self._chance.seed(self.number)
        still_open, closed = unpacked(state["minutes"])
        self.open = _minute(still_open)
        self._closed = {int(number): _minute(minute) for number, minute in closed}
        self.clusters.load(state["clusters"])

    def _seen_before(self, account: int) -> bool:
        before = self._accounts.get(account)
        if before is not None and before > self.number - MINUTES:
            return True
        if len(self._accounts) < 2 * _MOST_ACCOUNTS:
            self._accounts[account] = self.number
        return False


class Remembered:
    """Contacts of a flood that are as good as surely not explained, a few of each minute, the last fifty minutes."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.rows = deque(rows, maxlen=_REMEMBERED)

    def learn(self, rows: Sequence[Row], *, number: int) -> None:
        """Take in a few of the surest of minute `number`; they weigh little beside those of now."""
        chance = random.Random(number)  # noqa: S311
        for row in chance.sample(rows, min(len(rows), _REMEMBERED_PER_MINUTE)):
            self.rows.append(replace(row, weight=_REMEMBERED_WEIGHT))

    def dump(self) -> list[Any]:
        """Return all of it as plain data."""
        return [[row.need, row.values, row.terms, row.weight] for row in self.rows]

    @classmethod
    def load(cls, state: Sequence[Any]) -> Remembered:
        """Return what `dump` described."""
        return cls(Row(need, tuple(values), tuple(terms), weight) for need, values, terms, weight in state)


class Ordinary:
    """Contacts of minutes without an alarm: a sample as rows, and how many of them company data explained."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.counts: Counter[str] = Counter()

    def learn(self, minute: Minute, rows: Iterable[Row], *, number: int) -> None:
        """Take in an ordinary minute. Old counts fade: two weeks old, they count half."""
        chance = random.Random(number)  # noqa: S311
        for name in self.counts:
            self.counts[name] *= 0.5 ** (1 / (14 * 1440))
        self.counts.update(
            needing=minute.needing,
            not_needing=minute.not_needing,
            unknown=minute.unknown,
            contacts=minute.counted,
            **{f"proven {stratum}": count for stratum, count in minute.proven.items()},
        )
        for row in rows:
            if len(self.rows) < _SAMPLE:
                self.rows.append(row)
            elif chance.random() < _TURNOVER:
                self.rows[chance.randrange(_SAMPLE)] = row

    @property
    def odds(self) -> float:
        """Contacts that company data do not explain, for one that they do. Until anything is known: one."""
        return (self.counts["not_needing"] + 10) / (self.counts["needing"] + 10)

    def share(self, name: str) -> float:
        """Share of ordinary contacts counted under a name; 0 as long as hardly any were."""
        contacts = self.counts["contacts"]
        return self.counts[name] / contacts if contacts >= 100 else 0.0

    def dump(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        return {"counts": dict(self.counts), "rows": packed([[row.need, row.values, row.terms] for row in self.rows])}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take over what `dump` gave."""
        self.counts = Counter(state["counts"])
        self.rows = [Row(need, tuple(values), tuple(terms)) for need, values, terms in unpacked(state["rows"])]


def _minute(given: Mapping[str, Any]) -> Minute:
    plain = {**given}
    for name in ("explained", "others"):
        plain[name] = [(need, tuple(values), tuple(terms), cluster) for need, values, terms, cluster in given[name]]
    return Minute(**plain)


def packed(plain: Any) -> str:
    """Write plain data small: rows of the same few values become a fifth."""
    return b64encode(zlib.compress(json.dumps(plain, separators=(",", ":")).encode())).decode()


def unpacked(written: str) -> Any:
    """Read what `packed` wrote."""
    return json.loads(zlib.decompress(b64decode(written)))
