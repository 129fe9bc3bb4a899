"""The tree in the database: rows of 256 hashes (the layout of c2sp.org/tlog-tiles), so that appending touches few."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.guard.ledger.merkle import Node, folded
from holdfast.guard.ledger.models import Tile

HEIGHT = 8
WIDTH = 1 << HEIGHT
_LENGTH = 32  # bytes of a hash


def append(size: int, leaves: Sequence[bytes]) -> None:
    """Add the hashes of new leaves to the tree of `size` leaves. Call with the sequencer's lock, in its transaction.

    Writes the last tile of each level and the ones that follow it: for n leaves n / 256 rows and one more per level.
    """
    level, start, added = 0, size, list(leaves)
    while added:
        full = _extend(level, start, added)
        level, start, added = level + 1, start // WIDTH, full


def reader() -> Node:
    """Return what answers for complete subtrees. It keeps the tiles it has read, so use one per request."""
    kept: dict[tuple[int, int], bytes] = {}

    def node(level: int, index: int) -> bytes:
        tile_level, inner = divmod(level, HEIGHT)
        first = index << inner
        place = (tile_level, first // WIDTH)
        if place not in kept:
            row = Tile.objects.filter(level=place[0], index=place[1]).values_list("hashes", flat=True).first()
            kept[place] = bytes(row or b"")
        at = first % WIDTH * _LENGTH
        hashes = kept[place][at : at + (_LENGTH << inner)]
        if len(hashes) != _LENGTH << inner:
            raise LookupError(f"Tile {place[0]}/{place[1]} of the log is missing or short.")
        return folded([hashes[each : each + _LENGTH] for each in range(0, len(hashes), _LENGTH)])

    return node


def _extend(level: int, start: int, added: list[bytes]) -> list[bytes]:
    """Write `added` from place `start` of a level on; return the hashes of the tiles that are full now."""
    full, done = [], 0
    while done < len(added):
        index, used = divmod(start + done, WIDTH)
        more = b"".join(added[done : done + WIDTH - used])
        done += WIDTH - used
        if used:
            tile = Tile.objects.get(level=level, index=index)
            if len(tile.hashes) != used * _LENGTH:
                raise LookupError(f"Tile {level}/{index} of the log does not end where the log does.")
            tile.hashes = bytes(tile.hashes) + more
            tile.save(update_fields=["hashes"])
        else:
            tile = Tile.objects.create(level=level, index=index, hashes=more)
        if len(tile.hashes) == WIDTH * _LENGTH:
            hashes = bytes(tile.hashes)
            full.append(folded([hashes[at : at + _LENGTH] for at in range(0, WIDTH * _LENGTH, _LENGTH)]))
    return full
