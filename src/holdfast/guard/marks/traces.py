"""Reading what was kept of photographs, files and codes, and how far those are that are still being read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from holdfast.guard.marks.models import Photograph, Reading, Trace
from holdfast.guard.marks.reading import Asked
from holdfast.kit.clock import now

_STUCK_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What came of one. Nobody is named: `agent_id` and the times are `None`. `customers` are those it may be of."""

    id: UUID
    at: datetime
    by_id: int | None
    what: str
    sha256: str
    asked: Asked
    agent_id: int | None
    session: str
    code: str
    shown_first: datetime | None
    shown_last: datetime | None
    customers: tuple[UUID, ...]
    z: float
    gap: float
    compared: int
    sentence: str
    fits: tuple[tuple[str, int, float | None, float | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Underway:
    """One that is being read: `step` of `steps`, none before a worker has taken it up. `stuck`: nothing moves."""

    id: UUID
    at: datetime
    by_id: int | None
    what: str
    step: int
    steps: int
    problem: str
    stuck: bool


def trace(id_: UUID) -> Kept | None:
    """Return what came of one, once it was read."""
    row = Trace.objects.filter(pk=id_).first()
    return _kept(row) if row else None


def newest(*, limit: int = 20) -> Sequence[Kept]:
    """Return the newest, the newest first."""
    return [_kept(row) for row in Trace.objects.order_by("-at")[:limit]]


def naming(agents: Collection[int] | None = None) -> Sequence[Kept]:
    """Return those that name one of these accounts, or anybody at all; the oldest first."""
    rows = Trace.objects.filter(agent_id__isnull=False)
    if agents is not None:
        rows = rows.filter(agent_id__in=agents)
    return [_kept(row) for row in rows.order_by("at", "id")]


def underway(id_: UUID) -> Underway | None:
    """Return how far one is; `None` when it was read, or never was."""
    row = Reading.objects.filter(pk=id_).first()
    return _underway(row) if row else None


def all_underway() -> Sequence[Underway]:
    """Return what is being read, or could not be, the newest first."""
    return [_underway(row) for row in Reading.objects.order_by("-at")[:20]]


def has_file(id_: UUID) -> bool:
    """Tell whether the file of a trace is kept."""
    return Photograph.objects.filter(pk=id_).exists()


def _underway(row: Reading) -> Underway:
    return Underway(
        id=row.pk,
        at=row.at,
        by_id=row.by_id,
        what=row.what,
        step=row.step,
        steps=row.steps,
        problem=row.problem,
        stuck=not row.problem and row.moved_at < now() - _STUCK_AFTER,
    )


def _kept(row: Trace) -> Kept:
    return Kept(
        id=row.pk,
        at=row.at,
        by_id=row.by_id,
        what=row.what,
        sha256=row.sha256,
        asked=Asked.of_json(row.asked),
        agent_id=row.agent_id,
        session=row.session,
        code=row.code,
        shown_first=row.shown_first,
        shown_last=row.shown_last,
        customers=tuple(UUID(each) for each in row.customers),
        z=row.z,
        gap=row.gap,
        compared=row.compared,
        sentence=row.sentence,
        fits=tuple((session, agent, faint, visible) for session, agent, faint, visible in row.fits),
    )
