"""The house's own look at its log: does every row have its leaf, does every leaf still say what its row says?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice

from holdfast.guard.ledger import merkle, reading, sequencer, signing, succession, tiles
from holdfast.guard.ledger.bundle import salts_of
from holdfast.guard.ledger.entries import LABELS, Happening, Kind, committed, opening_key
from holdfast.guard.ledger.models import Checkpoint, Leaf
from holdfast.guard.ledger.notes import BadNote, Note
from holdfast.kit.clock import now

WITHIN = timedelta(seconds=10)
"""So long after its commit a row may be without a leaf: the sequencer's second, and a busy machine."""
_START = datetime(1970, 1, 1, tzinfo=UTC)
_CHUNK = 2000


@dataclass
class Checked:
    """What was looked at and what is wrong, in sentences."""

    leaves: int = 0
    faults: list[str] = field(default_factory=list)


def missing(*, since: datetime = _START) -> int:
    """Return how many rows of before `WITHIN` ago have no leaf. More than none: no worker runs, or somebody cheats."""
    return len(reading.without_leaf(since=since, until=now() - WITHIN))


def check() -> Checked:
    """Compare every leaf with its row, the tiles with the leaves, and the checkpoints with the tiles."""
    done = Checked()
    if count := missing():
        done.faults.append(f"{count} requests, releases or acts of more than 10 seconds ago have no entry in the log.")
    hashes: list[bytes] = []
    leaves = Leaf.objects.order_by("index").iterator(chunk_size=_CHUNK)
    while chunk := list(islice(leaves, _CHUNK)):
        rows = reading.happenings((Kind(leaf.kind), leaf.source_id) for leaf in chunk)
        for leaf, row in zip(chunk, rows, strict=True):
            if leaf.index != len(hashes):
                done.faults.append(f"Entry {len(hashes)} is missing.")
                return done
            hashes.append(merkle.leaf_hash(leaf.entry.encode()))
            if fault := _differs(leaf, row):
                done.faults.append(fault)
    done.leaves = len(hashes)
    done.faults += _tree_faults(hashes)
    return done


def _differs(leaf: Leaf, row: Happening) -> str:
    """Say what of a row is no longer what its entry has; salts that are gone are no fault."""
    words, salts = leaf.entry.split(" "), salts_of(leaf)
    if words[7] == reading.GONE:
        return f"Entry {leaf.index}: its row was taken away before it got there."
    if row.what == reading.GONE:
        return f"Entry {leaf.index}: its row is gone."
    open_words = [str(row.kind), row.id.hex, row.cites.hex if row.cites else "-", row.what]
    told = [
        label
        for place, label in enumerate(LABELS, start=10)
        if (salt := salts.of(label)) is not None
        and words[place] != (committed(opening_key(salt, label), value) if (value := getattr(row.told, label)) else "-")
    ]
    if words[4:8] != open_words:
        told.insert(0, "outcome")
    return f"Entry {leaf.index}: its row was changed afterwards ({', '.join(told)})." if told else ""


def _tree_faults(hashes: list[bytes]) -> list[str]:
    levels = [hashes]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([merkle.node_hash(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)])

    def node(level: int, index: int) -> bytes:
        return levels[level][index]

    faults = []
    try:
        if sequencer.size() and merkle.root(len(hashes), tiles.reader()) != merkle.root(len(hashes), node):
            faults.append("The tiles of the tree are not those of its entries.")
    except LookupError as error:
        faults.append(str(error))
    turns = signing.turns()
    for row in Checkpoint.objects.order_by("size"):
        try:
            note = Note.parse(f"{row.body}\n{row.signatures}")
            if not succession.verified(note, turns):
                faults.append(f"Checkpoint {row.size} is not signed with the key this log had then.")
        except BadNote as error:
            faults.append(f"Checkpoint {row.size}: {error}")
            continue
        if row.size > len(hashes):
            faults.append(f"Checkpoint {row.size} covers more entries than there are: the end is gone.")
        elif merkle.root(row.size, node) != note.checkpoint.root:
            faults.append(f"Checkpoint {row.size} does not cover the entries that are there.")
    return faults
