"""Which conversations say the same: found by the traits that were counted when they came, without reading a word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from holdfast.shield.clusters import ALIKE, Clusters, similarity
from holdfast.shield.models import Assessment
from holdfast.shield.traits import phrase_terms

MOST = 50_000
"""Contacts looked at, the newest; some three seconds' work."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Conversations that say almost the same. `sample` is one of them, to read."""

    sample: UUID
    conversations: tuple[UUID, ...]
    first_at: datetime
    last_at: datetime


def crowds(*, since: datetime, fewest: int = 5) -> list[Crowd]:
    """Return what at least `fewest` conversations since then say alike, the largest crowd first."""
    clusters = Clusters()
    members: dict[int, dict[UUID, datetime]] = {}
    for conversation_id, at, signature, _ in _counted(since):
        members.setdefault(clusters.add(signature, minute=0), {}).setdefault(conversation_id, at)
    members.pop(0, None)  # without words
    found = [
        Crowd(next(iter(each)), tuple(each), min(each.values()), max(each.values()))
        for each in members.values()
        if len(each) >= fewest
    ]
    return sorted(found, key=lambda each: -len(each.conversations))


def signature_of(conversation_id: UUID) -> tuple[int, ...]:
    """Return the signature of what a conversation began with; empty when nothing was counted yet."""
    rows = Assessment.objects.filter(conversation_id=conversation_id, traits__isnull=False).order_by("at")
    traits = rows.values_list("traits", flat=True).first()
    return tuple(traits["signature"]) if traits else ()


def alike(signature: Sequence[int], *, since: datetime) -> list[UUID]:
    """Return the conversations since then that say almost what `signature` stands for."""
    if not signature:
        return []
    found = (id_ for id_, _, other, _ in _counted(since) if other and similarity(signature, other) >= ALIKE)
    return list(dict.fromkeys(found))


def naming(phrases: Sequence[str], *, since: datetime) -> list[UUID]:
    """Return the conversations since then with any of `phrases` among the first words of a contact."""
    wanted = [frozenset(terms) for phrase in phrases if (terms := phrase_terms(phrase))]
    found = (id_ for id_, _, _, terms in _counted(since) if any(each <= terms for each in wanted))
    return list(dict.fromkeys(found)) if wanted else []


def _counted(since: datetime) -> Iterator[tuple[UUID, datetime, tuple[int, ...], frozenset[int]]]:
    rows = Assessment.objects.filter(at__gte=since, traits__isnull=False, is_machine=False).order_by("-at")
    for conversation_id, at, traits in rows.values_list("conversation_id", "at", "traits")[:MOST].iterator(2_000):
        if traits:  # JSON's own null: what could not be counted
            yield conversation_id, at, tuple(traits["signature"]), frozenset(traits["terms"])
