"""What the shield saw and did, for screens."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q

from holdfast.shield import published
from holdfast.shield.models import Appeal, Assessment, Minute, Step

NOT_EXPLAINED = 6
"""From this band on a contact counts as not explained by our data; below it, it is undecided."""
_NEWS = timedelta(minutes=10)


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


@dataclass(frozen=True, slots=True)
class Changed:
    """A series that left what is usual: contacts in five minutes, and the range eight of ten such spans have."""

    dimension: str
    """`total`, `channel`, `queue`, `intent`, `language`, `language, queue` or `language, intent`."""
    name: str
    """For people, such as `German, Cards`."""
    counted: int
    low: float
    high: float
    sentence: str
    """`German, Cards: 40 in five minutes, usual 3 to 9`."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A turn of an episode: it `began`, `spread` to another series, `ended`, or `lasted` and is usual now."""

    at: datetime
    turn: str
    episode: int
    sentence: str


def what_changed(at: datetime) -> Sequence[Changed]:
    """Return the series that are not as usual in the newest minute closed by `at`: all contacts first, then by weight.

    Empty while no episode is open, and where nothing was closed in the ten minutes before. At most 12. One query.
    """
    rows = Minute.objects.filter(minute__lte=at, minute__gt=at - _NEWS).order_by("-minute")
    details = rows.values_list("details", flat=True).first() or {}
    return [Changed(**each) for each in details.get(published.CHANGED, ())]


def alerts(since: datetime) -> Sequence[Alert]:
    """Return the turns of episodes since then, in order: one beginning and one end for one cause. One query."""
    rows = Minute.objects.filter(minute__gte=since, details__has_key=published.ALERTS).order_by("minute")
    found = rows.values_list("minute", f"details__{published.ALERTS}")
    return [Alert(minute, **each) for minute, told in found for each in told]


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


def bands_of(contact_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return the band of each of these contacts that was assessed; 0 is explained. One query."""
    rows = Assessment.objects.filter(pk__in=list(contact_ids), assessed_at__isnull=False)
    return dict(rows.values_list("contact_id", "band"))


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
