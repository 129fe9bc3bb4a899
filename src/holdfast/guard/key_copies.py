"""Customers' wrapped keys in a file, so that backups of the database can be made without them.

A backup that holds ciphertext and keys would bring an erased customer back. So the keys' table is left out of it
(`pg_dump --exclude-table-data=guard_datakey`), and only the newest copy of the keys is kept beside it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from django.db import connection, transaction

_HEAD = "holdfast keys 1"
_BATCH = 1_000


class NotACopy(Exception):  # noqa: N818 - reads as what is the matter
    """The file is not what `export` writes. The text is for the operator."""


def export(file: Path) -> int:
    """Write every key, also destroyed ones, to `file` (owner only), in place of an older copy; return how many."""
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    count = 0
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as copy:  # noqa: PTH123 - its mode
        copy.write(f"{_HEAD}\n")
        for owner, wrapped in _all():
            copy.write(f"{owner} {wrapped}\n")
            count += 1
        copy.write(f"end {count}\n")
        copy.flush()
        os.fsync(copy.fileno())
    unfinished.rename(file)
    return count


@transaction.atomic
def bring_back(file: Path) -> tuple[int, int]:
    """Add the keys of `file` that are missing here and destroy those that it says are destroyed; return both numbers.

    A key that is destroyed here stays so. Raises `NotACopy`, and then nothing was done.
    """
    rows = list(_read(file))
    living = [(owner, wrapped) for owner, wrapped in rows if wrapped]
    gone = [owner for owner, wrapped in rows if not wrapped]
    with connection.cursor() as cursor:
        for start in range(0, len(living), _BATCH):
            some = living[start : start + _BATCH]
            cursor.execute(
                "SELECT count(*) FROM guard_make_keys(%s::uuid[], %s::text[])",
                [[owner for owner, _ in some], [wrapped for _, wrapped in some]],
            )
        cursor.execute("SELECT guard_destroy_keys(%s::uuid[])", [gone])
    return len(living), len(gone)


def _all() -> Iterator[tuple[UUID, str]]:
    after = UUID(int=0)
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, wrapped FROM guard_keys_after(%s, %s)", [after, _BATCH])
            rows = cursor.fetchall()
        if not rows:
            return
        yield from rows
        after = rows[-1][0]


def _read(file: Path) -> Iterator[tuple[UUID, str]]:
    try:
        lines = file.read_text("ascii").split("\n")
    except (OSError, ValueError) as error:
        raise NotACopy(f"{file} cannot be read as a copy of keys.") from error
    body = [line for line in lines[1:] if line]
    if lines[0] != _HEAD or not body or body[-1] != f"end {len(body) - 1}":
        raise NotACopy(
            f"{file} is not a whole copy of keys. Take the one that `holdfast vault export-keys` wrote last."
        )
    for number, line in enumerate(body[:-1], 2):
        owner, _, wrapped = line.partition(" ")
        try:
            yield UUID(owner), wrapped
        except ValueError as error:
            raise NotACopy(f"Line {number} of {file} is not a key.") from error
