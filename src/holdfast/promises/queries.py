"""Reading the ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import TruncDay
from django.utils import timezone

from holdfast.kit.clock import now
from holdfast.promises.contract import Kind, NoticeView, PromiseView, State, Tally
from holdfast.promises.models import Notice, Promise

_TALLY = {state.value: Count("id", filter=Q(state=state)) for state in State}
SHOWN = timedelta(hours=12)
"""How long a notice is shown, unless it is put away or the promise is settled."""

ESCALATED = (Kind.UPDATE, Kind.LEGAL)
"""What leads are told, too, when its owner did not do it in time."""


@dataclass(frozen=True, slots=True)
class Day:
    """What became of the promises that were due on one day, in the zone of the house."""

    day: date
    kept: int
    late: int
    broken: int


@dataclass(frozen=True, slots=True)
class Filter:
    """What the ledger is asked for. Nothing given means everything."""

    kinds: Collection[Kind] = ()
    states: Collection[State] = ()
    subject: str = ""
    owner: int | None = None
    since: datetime | None = None


def open_promises(
    *, kinds: Collection[Kind] | None = None, subject: str | None = None, owner: int | None = None, limit: int = 100
) -> Sequence[PromiseView]:
    """Return open promises, the one due first before the others."""
    rows = Promise.objects.filter(state=State.OPEN)
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    if subject is not None:
        rows = rows.filter(subject=subject)
    if owner is not None:
        rows = rows.filter(owner_id=owner)
    return _shown(rows.order_by("due", "id"), limit)


def open_promise(*, kind: Kind, subject: str) -> PromiseView | None:
    """Return the open promise of a kind towards a subject."""
    found = open_promises(kinds=[kind], subject=subject, limit=1)
    return found[0] if found else None


def owed(*, kind: Kind, subject: str) -> bool:
    """Tell whether one is open towards a subject, or broken and not mended."""
    rows = Promise.objects.filter(kind=kind, subject=subject)
    return rows.filter(Q(state=State.OPEN) | Q(state=State.BROKEN, mend=None)).exists()


def unmended(
    *, kinds: Collection[Kind] | None = None, since: datetime | None = None, limit: int = 100
) -> Sequence[PromiseView]:
    """Return broken promises that were not done after all yet, the newest first; `since` is when they were due."""
    rows = Promise.objects.filter(state=State.BROKEN, mend=None)
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    if since is not None:
        rows = rows.filter(due__gte=since)
    return _shown(rows.order_by("-due", "-id"), limit)


def history(subject: str, *, limit: int = 500) -> Sequence[PromiseView]:
    """Return every promise towards a subject in the order they were made."""
    return _shown(Promise.objects.filter(subject=subject).order_by("made_at", "id"), limit)


def listed(asked: Filter, *, before: tuple[datetime, UUID] | None = None, limit: int = 50) -> Sequence[PromiseView]:
    """Return promises by when they are due, the latest first; `before` is due and id of the last one seen."""
    rows = _filtered(asked)
    if before is not None:
        rows = rows.filter(Q(due__lt=before[0]) | Q(due=before[0], id__lt=before[1]))
    return _shown(rows.order_by("-due", "-id"), limit)


def tally(
    *,
    subject: str | None = None,
    since: datetime | None = None,
    kinds: Collection[Kind] = (),
    until: datetime | None = None,
) -> Tally:
    """Count promises by what became of them; `since` and `until` are when they were due."""
    rows = _filtered(Filter(kinds=kinds, subject=subject or "", since=since))
    if until is not None:
        rows = rows.filter(due__lt=until)
    return _tally(rows.aggregate(**_TALLY))


def tallies(*, prefix: str, since: datetime | None = None, limit: int = 50) -> Sequence[tuple[str, Tally]]:
    """Count promises per subject that begins with `prefix`, the subject with the latest promise first."""
    rows = _filtered(Filter(since=since)).filter(subject__startswith=prefix)
    found = rows.values("subject").annotate(last=Max("due"), **_TALLY).order_by("-last", "subject")
    return [(str(row["subject"]), _tally(dict(row))) for row in found[:limit]]


def days(asked: Filter, *, number: int = 30) -> Sequence[Day]:
    """Count what became of the promises due on each of the last days, today included; empty days are there too."""
    rows = _filtered(asked).filter(state__in=[State.KEPT, State.LATE, State.BROKEN])
    rows = rows.filter(due__gte=now() - timedelta(days=number + 1))
    counted = rows.annotate(day=TruncDay("due")).values("day").annotate(**_TALLY)
    by_day = {row["day"].date(): _tally(dict(row)) for row in counted}
    today = timezone.localtime(now()).date()
    each = [today - timedelta(days=back) for back in reversed(range(number))]
    nothing = Tally(0, 0, 0, 0)
    counted_on = [(day, by_day.get(day, nothing)) for day in each]
    return [Day(day, counted.kept, counted.late, counted.broken) for day, counted in counted_on]


def notices(*, owner: int, leads: bool = False, limit: int = 20) -> Sequence[NoticeView]:
    """Return what this person was told and has not put away: the newest notice of each promise, what is due first.

    Those about promises of their own that are open or broken, and prepared texts that went out. With `leads` also what
    nobody did in time of the words that the public and authorities are owed: it has come to them.
    """
    return for_one(all_notices(), owner=owner, leads=leads, limit=limit)


def all_notices() -> Sequence[NoticeView]:
    """Return what everybody was told and has not put away, the oldest first; one query."""
    rows = Notice.objects.filter(at__gte=now() - SHOWN, seen_at=None)
    rows = rows.filter(
        Q(promise__state=State.OPEN) | Q(promise__state=State.BROKEN, promise__mend=None) | Q(kind=Notice.Kind.HELD)
    )
    found = rows.select_related("promise__mend").order_by("at", "id")
    return [NoticeView(row.pk, row.kind, row.minutes, row.at, shown(row.promise)) for row in found]


def for_one(found: Sequence[NoticeView], *, owner: int, leads: bool = False, limit: int = 20) -> Sequence[NoticeView]:
    """Return those of `all_notices` that are for one person, as `notices` does."""
    newest: dict[UUID, NoticeView] = {}
    for each in found:
        came_to_leads = leads and each.promise.kind in ESCALATED and each.kind != Notice.Kind.AHEAD
        if each.promise.owner == owner or came_to_leads:
            newest[each.promise.id] = each
    return sorted(newest.values(), key=lambda each: each.promise.due)[:limit]


def shown(promise: Promise) -> PromiseView:
    """Return a promise as plain data."""
    mended = getattr(promise, "mend", None) if promise.state == State.BROKEN else None
    return PromiseView(
        promise.pk,
        Kind(promise.kind),
        promise.subject,
        promise.about,
        promise.owner_id,
        promise.made_at,
        promise.first_due,
        promise.due,
        State(promise.state),
        promise.settled_at,
        promise.why,
        mended.at if mended is not None else None,
    )


def tally_of(asked: Filter) -> Tally:
    """Count what a filter finds, whatever its states."""
    return _tally(_filtered(replace(asked, states=())).aggregate(**_TALLY))


def _filtered(asked: Filter) -> QuerySet[Promise]:
    rows = Promise.objects.all()
    if asked.kinds:
        rows = rows.filter(kind__in=asked.kinds)
    if asked.states:
        rows = rows.filter(state__in=asked.states)
    if asked.subject:
        rows = rows.filter(subject=asked.subject)
    if asked.owner is not None:
        rows = rows.filter(owner_id=asked.owner)
    return rows.filter(due__gte=asked.since) if asked.since is not None else rows


def _shown(rows: QuerySet[Promise], limit: int) -> Sequence[PromiseView]:
    return [shown(row) for row in rows.select_related("mend")[:limit]]


def _tally(row: Mapping[str, Any]) -> Tally:
    return Tally(row["kept"], row["late"], row["broken"], row["open"], row["cancelled"])
