"""Proofs for whoever asks: is this entry in the log, and does this log go on from the one I saw?"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from holdfast.guard.ledger import merkle, tiles
from holdfast.guard.ledger.entries import Kind
from holdfast.guard.ledger.models import Checkpoint, Leaf


class NotThere(LookupError):
    """There is no such entry or size. The text is a sentence."""


@dataclass(frozen=True, slots=True)
class Inclusion:
    """An entry, its path, and the signed checkpoint under whose root it stands."""

    index: int
    entry: str
    path: tuple[bytes, ...]
    note: str

    def __str__(self) -> str:
        """The proof as a file (c2sp.org/tlog-proof), with the entry itself in `extra`."""
        head = ["c2sp.org/tlog-proof@v1", f"extra {_base64(self.entry.encode())}", f"index {self.index}"]
        return "\n".join([*head, *map(_base64, self.path), "", self.note])


def latest() -> str:
    """Return the latest checkpoint with all its signatures. Raises `NotThere` while the log is empty."""
    row = Checkpoint.objects.order_by("-size").first()
    if row is None:
        raise NotThere("The log has no entry yet, so there is no checkpoint.")
    return note_of(row)


def note_of(row: Checkpoint) -> str:
    """Return a checkpoint as a signed note, cosignatures included."""
    lines = row.cosignatures.order_by("witness_id").values_list("line", flat=True)
    return f"{row.body}\n{row.signatures}{''.join(lines)}"


def note_at(size: int) -> str:
    """Return the checkpoint of that size, if it is kept. Raises `NotThere`."""
    row = Checkpoint.objects.filter(size=size).first()
    if row is None:
        raise NotThere(f"No checkpoint of size {size} is kept.")
    return note_of(row)


def inclusion(index: int) -> Inclusion:
    """Prove that entry `index` stands under the latest checkpoint. Raises `NotThere`."""
    row = Checkpoint.objects.order_by("-size").first()
    leaf = Leaf.objects.filter(index=index).values_list("entry", flat=True).first()
    if row is None or leaf is None or index >= row.size:
        raise NotThere(f"There is no entry {index} under a checkpoint.")
    return Inclusion(index, leaf, tuple(merkle.inclusion(index, row.size, tiles.reader())), note_of(row))


def consistency(*, old: int, size: int) -> list[bytes]:
    """Prove that the first `old` of `size` entries are what they were. Raises `NotThere`."""
    last = Leaf.objects.aggregate(last=Max("index"))["last"]
    there = 0 if last is None else last + 1
    if not 0 <= old <= size <= there:
        raise NotThere(f"The log has {there} entries; ask for a size from 0 to that, the smaller one first.")
    return merkle.consistency(old, size, tiles.reader())


def entries(start: int, *, limit: int) -> list[str]:
    """Return entries from `start` on, as they were hashed, as far as the latest checkpoint reaches."""
    last = Checkpoint.objects.order_by("-size").values_list("size", flat=True).first() or 0
    rows = Leaf.objects.filter(index__gte=start, index__lt=min(last, start + limit)).order_by("index")
    return list(rows.values_list("entry", flat=True))


@dataclass(frozen=True, slots=True)
class Placed:
    """Where something stands in the log, and when it got there."""

    index: int
    at: datetime


def placed(ids: list[UUID], *, kind: Kind = Kind.ASKED) -> dict[UUID, Placed]:
    """Return the place of each of these rows that has one already."""
    rows = Leaf.objects.filter(source_id__in=ids, kind=kind).values_list("source_id", "index", "sequenced_at")
    return {source: Placed(index, at) for source, index, at in rows}


def as_lines(hashes: Iterable[bytes]) -> str:
    """Return hashes as a proof is sent: one a line, in base64."""
    return "".join(f"{_base64(each)}\n" for each in hashes)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
