"""Making a report: count, put references and case numbers to the ids, sign, keep."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from holdfast.conversations.lookups import NUMBERS
from holdfast.guard.radius import counting, files, keeping
from holdfast.guard.radius.contract import Names, Question, Radius, Refused
from holdfast.guard.radius.files import Files
from holdfast.kit.ids import uuid7
from holdfast.people.queries import ACCOUNTS, names_of

MOST_PLACES = 2_000_000


@dataclass(frozen=True, slots=True)
class Made:
    """A report that was kept under `id`."""

    id: UUID
    radius: Radius
    files: Files


def make(question: Question, *, by: int | None, places: Mapping[str, str] | None = None) -> Made:
    """Count, sign and keep. `places`: the jurisdiction of an account by its reference. Raises `Refused`."""
    report_id = uuid7()
    writer = files.Writer(report_id=report_id, places=places or {}, agents=names_of(question.agents))
    radius = counting.count(question, names=Names(accounts=ACCOUNTS, cases=NUMBERS), told=writer.add)
    written = writer.finish(radius)
    keeping.keep(radius, written, report_id=report_id, by=by)
    return Made(report_id, radius, written)


def read_places(text: str) -> dict[str, str]:
    """Read a CSV of account reference and jurisdiction (`US-ME`, `DE`), with or without a heading. Raises `Refused`."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text.replace("\x00", ""))) if row and row[0].strip()]
    except csv.Error as error:
        raise Refused("The list of places cannot be read. Save it as CSV: account reference, jurisdiction.") from error
    found = {row[0].strip()[:40]: row[1].strip()[:20] for row in rows if len(row) > 1}
    found.pop("reference", None)
    if rows and not found:
        raise Refused("The list of places has no second column. Put the jurisdiction after each account reference.")
    if len(found) > MOST_PLACES:
        raise Refused(f"That is more than {MOST_PLACES:,} accounts. Give those that may be concerned.")
    return found
