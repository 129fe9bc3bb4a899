"""What one closed minute says of every contact that is judged after it: counts and log ratios, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from holdfast.shield.clusters import ALIKE, keys, similarity
from holdfast.shield.evidence import DeclaredTopic
from holdfast.shield.traits import Traits, account_hash, phrase_terms

Alarm = Literal["none", "surge", "flood"]
_MOST_ACCOUNTS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Contacts that used almost the same words in the ten minutes before the model."""

    number: int
    size: int
    signature: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A declared matter, as traits can be held against it: hashed phrases, hashed accounts (none: everybody)."""

    id: str
    phrases: tuple[tuple[int, ...], ...]
    accounts: frozenset[int] = frozenset()
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def of(cls, declared: DeclaredTopic) -> Topic:
        """Hash what was declared. Above 100,000 accounts it counts for everybody, so that a model stays small."""
        named = declared.accounts if len(declared.accounts) <= _MOST_ACCOUNTS else frozenset()
        return cls(
            id=declared.id,
            phrases=tuple(terms for word in declared.words if (terms := phrase_terms(word))),
            accounts=frozenset(map(account_hash, named)),
            since=declared.since,
            until=declared.until,
        )

    def explains(self, traits: Traits) -> bool:
        """Whether a contact is about this matter, at its time, from somebody it may concern.

        Who is not identified may be concerned: what is unknown is not held against them.
        """
        if (self.since and traits.at < self.since) or (self.until and traits.at > self.until):
            return False
        if self.accounts and traits.account is not None and traits.account not in self.accounts:
            return False
        return any(all(term in traits.terms for term in phrase) for phrase in self.phrases)


@dataclass(frozen=True, kw_only=True)
class Model:
    """The shield's view after a minute. Without an alarm of a flood it changes nothing for anybody.

    Log ratios are of not explained over explained: above 0 speaks against.
    """

    version: int = 0
    minute: datetime | None = None
    alarm: Alarm = "none"
    flood_share: float = 0.0
    identity_down: bool = False
    records_down: bool = False
    usual_explained: float = 0.0
    """Of contacts whose data are asked on ordinary days, the share that is explained."""
    need: Mapping[str, float] = field(default_factory=dict)
    """`yes` and `no`."""
    challenge: Mapping[str, float] = field(default_factory=dict)
    """`pass` and `fail`."""
    log_ratios: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Per feature and value."""
    terms: Mapping[int, float] = field(default_factory=dict)
    counts: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Per feature and value that matters: contacts of the window whose data were asked, and those explained."""
    clusters: tuple[Cluster, ...] = ()
    declared: tuple[Topic, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain data that `from_json` reads back to the same model."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return plain | {
            "minute": _written(self.minute),
            "terms": [[term, ratio] for term, ratio in self.terms.items()],
            "counts": {name: list(pair) for name, pair in self.counts.items()},
            "clusters": [[c.number, c.size, list(c.signature)] for c in self.clusters],
            "declared": [
                [t.id, [list(p) for p in t.phrases], sorted(t.accounts), _written(t.since), _written(t.until)]
                for t in self.declared
            ],
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Model:
        """Read what `to_json` wrote."""
        return cls(
            **{
                **given,
                "minute": _read(given["minute"]),
                "terms": {int(term): float(ratio) for term, ratio in given["terms"]},
                "counts": {name: (pair[0], pair[1]) for name, pair in given["counts"].items()},
                "clusters": tuple(
                    Cluster(number=number, size=size, signature=tuple(signature))
                    for number, size, signature in given["clusters"]
                ),
                "declared": tuple(
                    Topic(
                        id=id,
                        phrases=tuple(map(tuple, phrases)),
                        accounts=frozenset(accounts),
                        since=_read(since),
                        until=_read(until),
                    )
                    for id, phrases, accounts, since, until in given["declared"]
                ),
            }
        )

    def cluster_of(self, signature: Sequence[int]) -> Cluster | None:
        """Return the cluster whose words a contact almost used."""
        if not signature or not self.clusters:
            return None
        for key in keys(signature):
            cluster = self._by_key.get(key)
            if cluster is not None and similarity(cluster.signature, signature) >= ALIKE:
                return cluster
        return None

    def topic_of(self, traits: Traits) -> Topic | None:
        """Return the declared matter that explains a contact."""
        return next((topic for topic in self.declared if topic.explains(traits)), None)

    @cached_property
    def _by_key(self) -> Mapping[int, Cluster]:
        # The largest cluster comes last, and keeps the keys that several have.
        return {key: cluster for cluster in reversed(self.clusters) for key in keys(cluster.signature)}


CALM = Model()


def _written(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _read(at: str | None) -> datetime | None:
    return None if at is None else datetime.fromisoformat(at)
