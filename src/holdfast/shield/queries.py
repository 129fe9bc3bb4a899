"""What the shield saw and did, for screens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from holdfast.shield.models import Appeal, Assessment, Minute, Step

NOT_EXPLAINED = 6
"""From this band on a contact counts as not explained by our data; below it, it is undecided."""


@dataclass(frozen=True, slots=True)
class MinuteSeen:
    """One closed minute: contacts in it, contacts expected, and the share that comes with a flood, with its range."""

    minute: datetime
    rate: float
    expected: float
    surge: bool
    flood_share: float
    low: float
    high: float
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """One step of the ladder: how many were asked, and what came. Silence is never held against anybody."""

    kind: str
    asked: int
    passed: int
    failed: int
    silent: int


def minutes(since: datetime) -> Sequence[MinuteSeen]:
    """Return the minutes closed since then, in order."""
    rows = Minute.objects.filter(minute__gte=since).order_by("minute")
    fields = ("minute", "rate", "expected", "surge", "flood_share", "low", "high", "reasons")
    return [MinuteSeen(*row) for row in rows.values_list(*fields)]


def bands(since: datetime) -> tuple[int, int, int]:
    """Return how many contacts since then are explained (band 0), undecided, and not explained. One query."""
    counted = Assessment.objects.filter(at__gte=since, assessed_at__isnull=False).aggregate(
        explained=Count("pk", filter=Q(band=0)),
        undecided=Count("pk", filter=Q(band__gt=0, band__lt=NOT_EXPLAINED)),
        not_explained=Count("pk", filter=Q(band__gte=NOT_EXPLAINED)),
    )
    return counted["explained"], counted["undecided"], counted["not_explained"]


def not_explained(limit: int = 20) -> Sequence[tuple[UUID, Sequence[str]]]:
    """Return conversations whose newest contacts our data does not explain, each with the reasons."""
    rows = Assessment.objects.filter(band__gte=NOT_EXPLAINED).order_by("-at")
    found: dict[UUID, Sequence[str]] = {}
    for conversation_id, reasons in rows.values_list("conversation_id", "reasons")[: 5 * limit]:
        found.setdefault(conversation_id, reasons)
    return list(found.items())[:limit]


@dataclass(frozen=True, slots=True)
class Scored:
    """One contact and the log-odds of its not being explained; `None` before it was assessed."""

    contact_id: UUID
    conversation_id: UUID
    at: datetime
    score: float | None


def scored(*, since: datetime, until: datetime) -> Sequence[Scored]:
    """Return the contacts of a span of time with their scores, in order."""
    rows = Assessment.objects.filter(at__gte=since, at__lt=until).order_by("at")
    found = rows.values_list("contact_id", "conversation_id", "at", "score", "assessed_at")
    return [
        Scored(contact_id, conversation_id, at, score if assessed is not None else None)
        for contact_id, conversation_id, at, score, assessed in found.iterator()
    ]


def asked(since: datetime) -> Sequence[Asked]:
    """Return what was asked of people since then, by step. One query."""
    rows = Step.objects.filter(asked_at__gte=since).values("kind").order_by("kind")
    counted = rows.annotate(
        asked=Count("pk"),
        passed=Count("pk", filter=Q(answer=Step.Answer.PASS)),
        failed=Count("pk", filter=Q(answer=Step.Answer.FAIL)),
        silent=Count("pk", filter=Q(answer=Step.Answer.NONE)),
    )
    return [Asked(**row) for row in counted]


def appeals(since: datetime) -> int:
    """Return how many said since then that they were judged wrongly."""
    return Appeal.objects.filter(at__gte=since).count()


def reasons_of(conversation_id: UUID) -> Mapping[UUID, Sequence[str]]:
    """Return why each contact of a conversation stands where it stands, the newest first."""
    rows = Assessment.objects.filter(conversation_id=conversation_id).order_by("-at")
    return dict(rows.values_list("contact_id", "reasons"))
