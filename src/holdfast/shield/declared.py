"""Matters the company declares: whoever writes about one is explained by it. Takes effect with the next minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from holdfast.kit import outbox
from holdfast.kit.clock import now
from holdfast.posture.errors import Refused
from holdfast.shield.models import Topic
from holdfast.shield.traits import phrase_terms

LONGEST = timedelta(days=30)
MOST_PHRASES = 20
_LONGEST_PHRASE = 80  # characters


@dataclass(frozen=True, slots=True)
class Matter:
    """A declared matter that still counts."""

    id: int
    phrases: tuple[str, ...]
    since: datetime
    until: datetime | None
    by: str


@transaction.atomic
def declare(*, phrases: Sequence[str], by: int, lasts: timedelta) -> int:
    """Declare a matter. A text that has any of `phrases` in it is explained, whoever sends it. Returns its id.

    Raises `Refused` with a sentence.
    """
    said = tuple(dict.fromkeys(plain for phrase in phrases if (plain := " ".join(phrase.split()))))
    if not said or len(said) > MOST_PHRASES:
        raise Refused(f"Name the matter in 1 to {MOST_PHRASES} phrases that people use for it.")
    for phrase in said:
        if len(phrase) > _LONGEST_PHRASE or not phrase_terms(phrase):
            raise Refused(f"A phrase is a word or a few, at most {_LONGEST_PHRASE} characters.")
    if not timedelta(0) < lasts <= LONGEST:
        raise Refused(f"A matter lasts at most {LONGEST.days} days; declare it again then.")
    moment = now()
    row = Topic.objects.create(words=list(said), since=moment, until=moment + lasts, by_id=by)
    _tell()
    return row.pk


@transaction.atomic
def end(*, matter_id: int) -> None:
    """End a matter: who writes about it from now on is explained by it no more. One that has ended stays ended."""
    moment = now()
    if Topic.objects.filter(pk=matter_id, until__gt=moment).update(until=moment):
        _tell()


def matters() -> Sequence[Matter]:
    """Return the matters that count now, the newest first."""
    rows = Topic.objects.filter(until__gt=now()).select_related("by").order_by("-since", "-pk")
    return [Matter(row.pk, tuple(row.words), row.since, row.until, row.by.name if row.by else "") for row in rows]


def _tell() -> None:
    outbox.publish([("minute", {"kind": "declared"})])
