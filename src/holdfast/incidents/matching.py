"""Which open incident a text is about, by the words and the look-alikes that people linked to it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from holdfast.incidents.models import Link, Matcher
from holdfast.shield.clusters import ALIKE, similarity
from holdfast.shield.traits import TextTraits, phrase_terms, text_traits

_KEPT = 1.0
"""Seconds a process goes on with what it read. Triage asks for every batch."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A matcher of an open incident, ready to be compared."""

    incident_id: UUID
    number: int
    phrases: tuple[frozenset[int], ...]
    signature: tuple[int, ...]

    def fits(self, text: TextTraits) -> str | None:
        """Return how a text belongs to the incident, `words` or `cluster`; `None` when it does not."""
        if any(each <= text.terms for each in self.phrases):
            return Link.How.WORDS
        if self.signature and text.signature and similarity(self.signature, text.signature) >= ALIKE:
            return Link.How.CLUSTER
        return None


_read: tuple[float, tuple[Standing, ...]] | None = None


def standing() -> Sequence[Standing]:
    """Return the matchers of open incidents, the oldest first. One query a second at most; none matches nothing."""
    global _read
    if _read is None or not 0 <= time.monotonic() - _read[0] < _KEPT:
        rows = Matcher.objects.filter(ended_at=None, incident__resolved_at=None).order_by("pk")
        found = rows.values_list("incident_id", "incident__number", "phrases", "signature")
        _read = time.monotonic(), tuple(Standing(id_, n, _terms(said), tuple(alike)) for id_, n, said, alike in found)
    return _read[1]


def forget() -> None:
    """Read the matchers afresh with the next text."""
    global _read
    _read = None


def match(texts: Sequence[tuple[UUID, str]]) -> list[tuple[UUID, UUID, str]]:
    """Return conversation, incident and how, for each text that an open incident's matcher fits. The first one wins."""
    matchers = standing()
    found = []
    for conversation_id, text in texts if matchers else ():
        traits = text_traits(text)
        for each in matchers:
            if (how := each.fits(traits)) is not None:
                found.append((conversation_id, each.incident_id, how))
                break
    return found


def about(title: str) -> int | None:
    """Return the number of the open incident that what people ask under this title is about."""
    said = text_traits(title)
    return next((each.number for each in standing() if any(terms <= said.terms for terms in each.phrases)), None)


def _terms(phrases: Sequence[str]) -> tuple[frozenset[int], ...]:
    return tuple(frozenset(terms) for phrase in phrases if (terms := phrase_terms(phrase)))
