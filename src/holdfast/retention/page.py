"""What the page shows: the plan with what was chosen for it, the latest look, the run under way and those before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from holdfast.kit.clock import now
from holdfast.people.queries import names_of
from holdfast.retention import holds, kept, looking, plan, runs, working
from holdfast.retention.models import Look, Release

WORDS = {
    "cases": "conversations",
    "messages": "messages",
    "contacts": "contacts",
    "files": "files",
    "customers": "customers",
    "addresses": "addresses",
    "subscribers": "subscribers",
    "openings": "entries",
    "sessions": "sessions",
    "sign_ins": "sign-ins",
    "machines": "machines",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A term with the days that stand in its field."""

    term: plan.Term
    days: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A look at what would go: figures, and whether it can still be kept as the plan by its reader."""

    id: UUID
    at: datetime
    figures: Sequence[looking.Figures]
    usable: bool
    same: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run with its figures, `what` being the step it is at."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    stopped: bool
    what: str
    counts: Sequence[tuple[str, int]]
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A legal hold, and who placed it."""

    hold: holds.HoldView
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """All of the page."""

    stands: plan.InForce
    waiting: str
    by: str
    lines: Sequence[Line]
    seen: Seen | None
    run: Run | None
    runs: Sequence[Run]
    holds: Sequence[Held]
    fixed: Sequence[str]
    kept: Sequence[str]


def page(*, reader: int, look_id: UUID | None = None, typed: Mapping[str, str] | None = None) -> Page:
    """Return what the page shows to `reader`: with this look, and what was typed where it could not be taken."""
    stands = plan.in_force()
    looked = Look.objects.filter(pk=look_id).first() if look_id else None
    days = looked.days if looked else stands.days
    standing = holds.standing()
    names = names_of({each.by_id for each in standing} | ({stands.by_id} if stands.by_id else set()))
    newest = list(Release.objects.order_by("-id")[:10])
    return Page(
        stands=stands,
        waiting=working.why_waiting(stands, now()),
        by=names.get(stands.by_id or 0, "somebody at the terminal"),
        lines=[Line(term=term, days=(typed or {}).get(term.key, str(days[term.key]))) for term in plan.TERMS],
        seen=_seen(looked, stands, reader) if looked else None,
        run=next((_run(each) for each in newest if each.end == Release.End.OPEN), None),
        runs=[_run(each) for each in newest if each.end != Release.End.OPEN],
        holds=[Held(hold=each, by=names.get(each.by_id, "")) for each in standing],
        fixed=list(kept.FIXED),
        kept=list(kept.KEPT),
    )


def _seen(looked: Look, stands: plan.InForce, reader: int) -> Seen:
    return Seen(
        id=looked.pk,
        at=looked.at,
        figures=looking.figures(looked),
        usable=looked.by_id == reader and looked.at >= now() - plan.LOOK_LASTS,
        same=stands.on and dict(stands.days) == looked.days,
    )


def _run(row: Release) -> Run:
    return Run(
        number=row.pk,
        started_at=row.started_at,
        ended_at=row.ended_at,
        stopped=row.end == Release.End.STOPPED,
        what=row.step,
        counts=[(WORDS[kind], row.counts[kind]) for kind in runs.KINDS if row.counts.get(kind)],
        failed=row.failed,
    )
