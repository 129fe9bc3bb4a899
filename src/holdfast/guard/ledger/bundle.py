"""What an auditor takes away: a folder with every entry, every kept checkpoint, and what is opened of it on purpose."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from holdfast.guard.ledger import acts, entries, proofs, reading, signing, succession
from holdfast.guard.ledger.entries import LABELS, Kind, Salts
from holdfast.guard.ledger.models import Checkpoint, Leaf, Witness

_CHUNK = 2000
_SEQUENCED_WITHIN = timedelta(seconds=10)


class NotWritten(Exception):
    """The bundle cannot be written. The text is a sentence."""


@dataclass(frozen=True, slots=True)
class Written:
    """What the folder holds now."""

    entries: int
    checkpoints: int
    openings: int
    releases: int


def write(folder: Path, *, opened: Collection[str] = (), actor_id: int | None = None) -> Written:
    """Write the whole log up to its latest checkpoint into `folder`, which is made and must be empty.

    `opened` are labels (`actor`, `customer`, …) whose values are told, each with the key of its hash; without any
    nothing in the bundle tells who or whose. That it was written is an act in the log. Raises `NotWritten`.
    """
    if unknown := set(opened) - set(LABELS):
        raise NotWritten(
            f"There is nothing called {', '.join(sorted(unknown))} to open; there are {', '.join(LABELS)}."
        )
    last = Checkpoint.objects.order_by("-size").first()
    if last is None:
        raise NotWritten("The log has no checkpoint yet. Run a worker; it signs within seconds of the first entry.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise NotWritten(f"{folder} is not empty. Name a new folder.")
        rows = Checkpoint.objects.filter(size__lte=last.size).order_by("size")
        (folder / "checkpoint").write_text(proofs.note_of(last), encoding="utf-8")
        (folder / "checkpoints").write_text("\n--\n".join(map(proofs.note_of, rows)), encoding="utf-8")
        (folder / "keys").write_text("".join(f"{key}\n" for key in known_keys()), encoding="utf-8")
        (folder / "successions").write_text(succession.BETWEEN.join(signing.successions()), encoding="utf-8")
        released = _write_releases(folder, size=last.size, signed_at=last.at)
        count, told = _write_entries(folder, last.size, opened)
    except OSError as error:
        raise NotWritten(f"{folder} cannot be written: {error.strerror}.") from error
    acts.record(
        kind="export", actor_id=actor_id, details=f"log of {last.size}, opened: {' '.join(opened) or 'nothing'}"
    )
    return Written(count, len(rows), told, released)


def known_keys() -> list[str]:
    """Return the public keys of this log and of the witnesses it takes cosignatures from."""
    witnesses = Witness.objects.filter(removed_at=None).order_by("name", "id").values_list("vkey", flat=True)
    return [*map(str, signing.signer().keys), *witnesses]


def _write_entries(folder: Path, size: int, opened: Collection[str]) -> tuple[int, int]:
    count = told = 0
    with (folder / "entries").open("w") as lines, (folder / "openings").open("w", encoding="utf-8") as openings:
        leaves = Leaf.objects.filter(index__lt=size).order_by("index")
        for chunk in _chunks(leaves.iterator(chunk_size=_CHUNK)):
            lines.writelines(f"{leaf.entry}\n" for leaf in chunk)
            count += len(chunk)
            if opened:
                made = list(_openings(chunk, opened))
                openings.writelines(made)
                told += len(made)
    return count, told


def _write_releases(folder: Path, *, size: int, signed_at: datetime) -> int:
    """Write the broker's own list of what it opened, for as long as the checkpoint reaches."""
    places = dict(Leaf.objects.filter(kind=Kind.RELEASED).values_list("source_id", "index"))
    tail = signed_at - _SEQUENCED_WITHIN
    # What has its entry after the checkpoint is not of this bundle; what has none at all is, unless it is of just now.
    lines = [
        f"{own.hex} {entries.microseconds(at)}\n"
        for own, at in reading.releases()
        if (places[own] < size if own in places else at < tail)
    ]
    with (folder / "releases").open("w") as file:
        file.writelines(lines)
    return len(lines)


def _openings(leaves: Sequence[Leaf], opened: Collection[str]) -> Iterator[str]:
    found = reading.happenings((Kind(leaf.kind), leaf.source_id) for leaf in leaves)
    for leaf, happening in zip(leaves, found, strict=True):
        salts = salts_of(leaf)
        for label in LABELS:
            value, salt = getattr(happening.told, label), salts.of(label)
            if label in opened and value and salt is not None:
                yield f"{leaf.index} {label} {entries.opening_key(salt, label).hex()} {json.dumps(value)}\n"


def salts_of(leaf: Leaf) -> Salts:
    """Return the salts of a leaf, those that are left."""
    return Salts(*(bytes(salt) if salt is not None else None for salt in (leaf.actor_salt, leaf.customer_salt)))


def _chunks(leaves: Iterator[Leaf]) -> Iterator[list[Leaf]]:
    while chunk := list(islice(leaves, _CHUNK)):
        yield chunk
