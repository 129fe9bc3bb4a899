"""Customers say that somebody who knew something of them got in touch: by a form, or a list that security brings in.

Nobody is told whether an account is known. A person hears of each report too: it comes in as a contact like any other.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction

from holdfast.desk.watch.report_words import words_of
from holdfast.guard.ledger import acts
from holdfast.guard.watching import numbers
from holdfast.guard.watching.canaries import is_canary
from holdfast.guard.watching.errors import Refused
from holdfast.guard.watching.models import Report
from holdfast.intake.accept import accept_now
from holdfast.intake.contact import Incoming
from holdfast.kit.clock import now
from holdfast.people.queries import customers_named

KNEW: Mapping[str, str] = words_of("en")["knew"]
LONGEST = 2_000
MOST_LINES = 20_000
_BACK = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Brought:
    """What came of a list: reports taken, and lines whose account nobody has or that were there already."""

    taken: int
    unknown: int
    known_already: int


@transaction.atomic
def report(
    *,
    account: str,
    contact: str,
    knew: Collection[str],
    happened_on: date | None,
    words: str,
    counts: bool = True,
    language: str = "en",
) -> None:
    """Take one customer's report. Raises `Refused` with what is missing, in their language; never tells whether the
    account is known.

    `account` is a reference, address or number on file; `contact` is where to answer. Where very many come from one
    place they do not count (`counts`), so that nobody is framed by a script; a person reads each all the same.
    """
    known, own = [each for each in KNEW if each in knew], words_of(language)
    if not known:
        raise Refused(own["no_knew"])
    if not account.strip() or "@" not in contact or len(contact) > 254:
        raise Refused(own["no_contact"])
    if happened_on is None or not now().date() - _BACK <= happened_on <= now().date():
        raise Refused(own["no_day"])
    if counts:
        _keep(account, known, happened_on, source=Report.Source.FORM)
    told = "; ".join(KNEW[each] for each in known)
    accept_now(
        [
            Incoming(
                channel="web",
                source="reported",
                sender={"email": contact.strip()},
                subject="Somebody who knew me got in touch",
                locale=language,
                text=f"It happened on {happened_on:%-d %B %Y}. They knew: {told}.\n\n{words.strip()[:LONGEST]}",
            )
        ]
    )


@transaction.atomic
def bring_in(content: str, *, by: int) -> Brought:
    """Take a list: CSV with the columns `account`, `date` (2026-03-02) and `knew` (words with spaces, optional).

    On record in the log. Raises `Refused` naming the first line that cannot be read; then nothing is taken.
    """
    taken = unknown = known_already = 0
    for day, row in _rows(content, "account,date,knew"):
        kept = _keep(row.get("account", ""), row.get("knew", "").split(), day, source=Report.Source.IMPORT, by=by)
        taken, unknown, known_already = (
            taken + (kept is True),
            unknown + (kept is None),
            known_already + (kept is False),
        )
    acts.record(kind="reports_brought_in", actor_id=by, details=f"taken={taken} unknown={unknown}")
    return Brought(taken, unknown, known_already)


@transaction.atomic
def bring_in_calls(content: str, *, by: int) -> Brought:
    """Take a list of calls to made-up customers' numbers: CSV with the columns `number`, `date` and `knew` (optional).

    A number that is none of the pool's, or that no viewer was shown alone, counts as unknown. Where the caller `knew`
    something, such as a name, one call is enough. On record in the log. Raises `Refused`.
    """
    taken = unknown = 0
    for _, row in _rows(content, "number,date,knew"):
        heard = numbers.heard_at(numbers.indexes_of([row.get("number", "")]), sure=bool(row.get("knew", "").strip()))
        taken, unknown = taken + heard, unknown + (not heard)
    acts.record(kind="reports_brought_in", actor_id=by, details=f"calls={taken} unknown={unknown}")
    return Brought(taken, unknown, 0)


def tells_of_calls(content: str) -> bool:
    """Whether a list is one of calls to numbers."""
    return "number" in {name.strip().lower() for name in content.lstrip("\ufeff").split("\n", 1)[0].split(",")}


def _rows(content: str, columns: str) -> Iterator[tuple[date, dict[str, str]]]:
    """Yield the day and the words of each line. Raises `Refused` with the first that cannot be read."""
    rows = csv.DictReader(io.StringIO(content.lstrip("\ufeff")))
    needed = set(columns.split(",")[:2])
    if rows.fieldnames is None or not needed <= {name.strip().lower() for name in rows.fieldnames}:
        raise Refused(f"The first line has to name the columns: {columns}.")
    for number, raw in enumerate(rows, start=2):
        if number > MOST_LINES:
            raise Refused(f"A list has at most {MOST_LINES:,} lines. Bring it in by parts.")
        row = {(key or "").strip().lower(): value or "" for key, value in raw.items() if isinstance(value, str)}
        try:
            yield date.fromisoformat(row.get("date", "").strip()), row
        except ValueError:
            raise Refused(f"Line {number}: the date has to be written like 2026-03-02.") from None


def _keep(account: str, knew: Collection[str], day: date, *, source: str, by: int | None = None) -> bool | None:
    """Keep a report; False when there is one of that day, None when nobody, or nobody real, has the account."""
    found = [each for each in customers_named(account) if not is_canary(each)]
    if len(found) != 1:
        return None
    _, made = Report.objects.get_or_create(
        customer_id=found[0],
        happened_on=day,
        defaults={"knew": [each for each in KNEW if each in knew], "source": source, "at": now(), "by_id": by},
    )
    return made
