"""The account references a group is found by: from a file, or from a list of the company's systems. All or nothing.

Half of a list would freeze half of an audience, and nobody would see which half is missing: what breaks off leaves what
was there before, and says so.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from django.db import connection

from holdfast.incidents.audiences.errors import Refused
from holdfast.incidents.audiences.models import Group, Listed
from holdfast.operations.client import OperationsUnavailable, UnknownRecord, operations
from holdfast.operations.lists import Broken, Entry, Everybody, Offered, everybody

_BLOCK = 5_000
_AWAY = "The company's systems are not connected. Give a file instead, or have them connected."
Row = tuple[str, str]


def offered() -> list[Offered]:
    """Return the lists the company's systems have; none while they do not answer."""
    client = operations()
    if client is None:
        return []
    try:
        return list(client.lists())
    except (OperationsUnavailable, UnknownRecord):
        return []


def ask(name: str) -> tuple[Offered, datetime, Iterator[Row]]:
    """Ask the company's systems for a list: what it is, of when, its rows as a stream. Raises `Refused`, late too."""
    client = operations()
    if client is None:
        raise Refused(_AWAY)
    try:
        known = next((each for each in client.lists() if each.name == name), None)
        if known is None:
            raise Refused("Choose a list from those the company's systems have.")
        found = everybody(client, name)
    except (OperationsUnavailable, UnknownRecord) as error:
        raise Refused(f"{error} Nothing was taken. Ask again, or give a file.") from error
    return known, found.as_of, _whole(found)


def of_lines(lines: Iterable[str]) -> Iterator[Row]:
    """Read a CSV file as a stream: a reference, then a jurisdiction, with or without a heading. Raises `Refused`."""
    try:
        for place, row in enumerate(csv.reader(line.replace("\x00", "") for line in lines)):
            cells = [cell.strip().lstrip("\ufeff") for cell in row]
            if not cells or not cells[0] or (place == 0 and cells[0].lower() == "reference"):
                continue
            if len(cells[0]) > 40:
                raise Refused(f"Line {place + 1} is no account reference: it has more than 40 characters.")
            yield cells[0], (cells[1] if len(cells) > 1 else "")[:20]
    except (csv.Error, UnicodeDecodeError):
        raise Refused("The file cannot be read. Save it as CSV in UTF-8, one account reference on each line.") from None


def take(group: Group, rows: Iterable[Row]) -> int:
    """Inside a verb: let a group be these, instead of whom it named before. Returns how many rows there were."""
    Listed.objects.filter(group=group).delete()
    rows, number = iter(rows), 0
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE IF NOT EXISTS audience_given (reference text, jurisdiction text)")
        while block := list(islice(rows, _BLOCK)):
            cursor.execute("TRUNCATE audience_given")
            with cursor.copy("COPY audience_given (reference, jurisdiction) FROM STDIN") as copy:
                for row in block:
                    copy.write_row(row)
            cursor.execute(
                "INSERT INTO audiences_listed (group_id, reference, jurisdiction)"
                " SELECT DISTINCT ON (reference) %s, reference, jurisdiction FROM audience_given"
                " ON CONFLICT (group_id, reference) DO NOTHING",
                [group.pk],
            )
            number += len(block)
    return number


def _whole(found: Everybody) -> Iterator[Row]:
    taken = 0
    try:
        for entry in found.entries:
            taken += 1
            yield _row(entry)
    except (OperationsUnavailable, UnknownRecord, Broken) as error:
        raise Refused(
            f"{error} {taken:,} of {found.total:,} accounts had come, so none was taken. Ask again, or give a file."
        ) from error


def _row(entry: Entry) -> Row:
    return entry.ref.replace("\x00", ""), entry.jurisdiction.replace("\x00", "")
