"""Reading cut-offs, for their page and for whoever needs to know when access ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from holdfast.guard.cutoff.cutting import ASKED_LASTS
from holdfast.guard.cutoff.evidence import as_bytes
from holdfast.guard.cutoff.models import Asked, Cut, Evidence
from holdfast.kit.clock import now


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody asked to take something back. `open` while a second person can still agree."""

    what: str
    why: str
    by_id: int
    at: datetime
    agreed_by_id: int | None
    agreed_at: datetime | None
    withdrawn_at: datetime | None
    open: bool


@dataclass(frozen=True, slots=True)
class CutOff:
    """One cut-off as it stands. `ended_at` when two people let them back in."""

    number: int
    scope: str
    target_id: int
    label: str
    kind: str
    why: str
    by_id: int | None
    at: datetime
    people: int
    sessions: int
    tokens: int
    grants: int
    moved: int
    pool_id: int | None
    settled_at: datetime | None
    ended_at: datetime | None
    hold_lifted_at: datetime | None

    @property
    def in_force(self) -> bool:
        return self.ended_at is None


def cut_offs(*, limit: int = 50) -> list[CutOff]:
    """Return cut-offs, those in force first, then the newest first."""
    rows = Cut.objects.annotate(people=Count("covered")).order_by("-id")[:limit]
    return sorted(map(_read, rows), key=lambda each: not each.in_force)


def cut_off(number: int) -> CutOff | None:
    """Return one cut-off."""
    row = Cut.objects.annotate(people=Count("covered")).filter(pk=number).first()
    return _read(row) if row is not None else None


def covered(number: int) -> list[int]:
    """Return the ids of the people whom a cut-off meant when it was made."""
    return list(Cut.objects.get(pk=number).covered.order_by("agent_id").values_list("agent_id", flat=True))


def pool_of(agent_id: int) -> int | None:
    """Return the queue that takes the cases of somebody who is cut off now; `None`: each goes to its own line."""
    rows = Cut.objects.filter(covered__agent_id=agent_id, ended_at=None, pool_id__isnull=False).order_by("-id")
    return rows.values_list("pool_id", flat=True).first()


def unsettled() -> list[int]:
    """Return the numbers of cut-offs whose cases have not all gone on yet, or whose evidence is not frozen."""
    return list(Cut.objects.filter(settled_at=None, ended_at=None).order_by("id").values_list("id", flat=True))


def requests(number: int) -> list[Request]:
    """Return who asked to take something of a cut-off back, the newest first."""
    return [_request(row) for row in Asked.objects.filter(cut_id=number).order_by("-id")]


def evidence_of(number: int) -> tuple[datetime, str, bytes, str] | None:
    """Return when the evidence was frozen, its digest, its manifest as bytes, and the log's signed note then."""
    row = Evidence.objects.filter(cut_id=number).first()
    return (row.at, row.digest, as_bytes(row.manifest), row.checkpoint) if row is not None else None


def _request(row: Asked) -> Request:
    waits = row.agreed_at is None and row.withdrawn_at is None and row.at >= now() - ASKED_LASTS
    return Request(row.what, row.why, row.by_id, row.at, row.agreed_by_id, row.agreed_at, row.withdrawn_at, waits)


def _read(row: Cut) -> CutOff:
    return CutOff(
        number=row.pk,
        scope=row.scope,
        target_id=row.target_id,
        label=row.label,
        kind=row.kind,
        why=row.why,
        by_id=row.by_id,
        at=row.at,
        people=getattr(row, "people", 0),
        sessions=row.sessions,
        tokens=row.tokens,
        grants=row.grants,
        moved=row.moved,
        pool_id=row.pool_id,
        settled_at=row.settled_at,
        ended_at=row.ended_at,
        hold_lifted_at=row.hold_lifted_at,
    )
