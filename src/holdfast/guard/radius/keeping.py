"""Keeping a report as it was signed, and putting its hash into the log, so that neither can be swapped later."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection, transaction

from holdfast.guard.cutoff.models import Covered
from holdfast.guard.ledger import acts
from holdfast.guard.marks import traces
from holdfast.guard.radius.contract import Radius
from holdfast.guard.radius.files import Files
from holdfast.guard.radius.models import Report
from holdfast.guard.radius.statement import sentences
from holdfast.guard.watching.models import Noticed


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A report without its files. `totals` are customers by class."""

    id: UUID
    made_at: datetime
    made_by_id: int | None
    agents: tuple[int, ...]
    since: datetime
    until: datetime
    fields: tuple[str, ...]
    totals: dict[str, int]
    by_field: dict[str, int]
    statement: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """Something about these accounts that the house wrote down at a time."""

    at: datetime
    what: str


@transaction.atomic
def keep(radius: Radius, files: Files, *, report_id: UUID, by: int | None) -> None:
    """Keep a report with its files; the ledger gets an act with the hash of its JSON."""
    Report.objects.create(
        id=report_id,
        made_at=radius.made_at,
        made_by_id=by,
        agents=list(radius.question.agents),
        since=radius.question.since,
        until=radius.question.until,
        fields=list(radius.question.fields),
        totals={str(kind): number for kind, number in radius.totals.items()},
        by_field=dict(radius.by_field),
        statement=list(sentences(radius)),
        as_json=b"",
        as_csv=b"",
        note=files.note,
    )
    _put(report_id, files)
    acts.record(kind="blast_radius", actor_id=by, details=f"report {report_id.hex} sha256 {files.digest}")


def _put(report_id: UUID, files: Files) -> None:
    """Hand the files over as bytes: Django's own way writes them as hex into the statement, which takes a second."""
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(
            "UPDATE guard_radius_report SET as_json = %b, as_csv = %b WHERE id = %s",
            [files.packed_json, files.packed_csv, report_id],
        )


def kept(report_id: UUID) -> Kept | None:
    """Return a report, without its files."""
    row = _without_files().filter(pk=report_id).first()
    return _kept(row) if row else None


def newest(*, limit: int = 20) -> Sequence[Kept]:
    """Return the newest reports, the newest first."""
    return [_kept(row) for row in _without_files().order_by("-made_at")[:limit]]


def files_of(report_id: UUID) -> Files | None:
    """Return the files of a report, byte for byte as they were signed."""
    row = Report.objects.filter(pk=report_id).only("as_json", "as_csv", "note").first()
    if row is None:
        return None
    return Files(bytes(row.as_json), bytes(row.as_csv), row.note)


def earliest_recorded(agents: Collection[int]) -> Recorded | None:
    """Return the first thing the house wrote down about any of these accounts: a report, a signal, or a cut-off.

    When somebody became aware is a person's to say; this is the earliest time somebody else could argue for.
    """
    wanted = set(agents)
    reports = Report.objects.order_by("made_at").values_list("made_at", "agents")
    found = [Recorded(at, "a count of what accounts among these could see") for at, of in reports if wanted & set(of)]
    cut = Covered.objects.filter(agent_id__in=wanted).order_by("cut__at").values_list("cut__at", flat=True).first()
    found += [Recorded(cut, "a cut-off of one of them")] if cut is not None else []
    traced = [trace.at for trace in traces.naming(wanted)]
    found += [Recorded(min(traced), "a photograph, file or code read as being of one of them")] if traced else []
    noticed = Noticed.objects.filter(agent_id__in=wanted).order_by("at").values_list("at", flat=True).first()
    found += [Recorded(noticed, "a signal about one of them")] if noticed is not None else []
    return min(found, key=lambda each: each.at, default=None)


def _without_files() -> Any:
    return Report.objects.defer("as_json", "as_csv", "note")


def _kept(row: Report) -> Kept:
    return Kept(
        id=row.pk,
        made_at=row.made_at,
        made_by_id=row.made_by_id,
        agents=tuple(row.agents),
        since=row.since,
        until=row.until,
        fields=tuple(row.fields),
        totals=row.totals,
        by_field=row.by_field,
        statement=tuple(row.statement),
    )
