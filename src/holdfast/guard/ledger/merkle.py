"""Merkle trees of RFC 6962 section 2.1: roots, inclusion and consistency proofs, and their verification (RFC 9162).

Nothing here knows where hashes are kept. A tree is asked through `Node`: the hash of a complete subtree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

Node = Callable[[int, int], bytes]
"""`node(level, index)`: the hash over the leaves from `index * 2**level` on, `2**level` of them, all of which exist."""

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256 over 0x00 and the entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256 over 0x01 and both hashes below it."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def folded(hashes: Sequence[bytes]) -> bytes:
    """Return the hash over a complete subtree. `hashes` are its lowest ones, a power of two of them."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def root(size: int, node: Node) -> bytes:
    """Return the root over the first `size` leaves."""
    return _over(0, size, node) if size else EMPTY


def inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """Return the audit path of the leaf `index` in the tree of `size` leaves, from the leaf upwards (2.1.1).

    Raises `ValueError` for a leaf that is not in that tree.
    """
    if not 0 <= index < size:
        raise ValueError(f"There is no entry {index} among {size}.")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_over(middle, end, node))
            end = middle
        else:
            path.append(_over(start, middle, node))
            start = middle
    return path[::-1]


def consistency(old: int, size: int, node: Node) -> list[bytes]:
    """Return the proof that the tree of `old` leaves is the beginning of the tree of `size` leaves (2.1.2).

    Empty when `old` is 0 or equals `size`. Raises `ValueError` when `old` is the larger one.
    """
    if not 0 <= old <= size:
        raise ValueError(f"{old} entries cannot be the beginning of {size}.")
    if old in {0, size}:
        return []
    proof: list[bytes] = []
    start, end, whole = 0, size, True
    while old != end - start:
        middle = start + _split(end - start)
        if old <= middle - start:
            proof.append(_over(middle, end, node))
            end = middle
        else:
            proof.append(_over(start, middle, node))
            old -= middle - start
            start, whole = middle, False
    return ([] if whole else [_over(start, end, node)]) + proof[::-1]


def includes(*, index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> bool:
    """Return whether `path` proves that `leaf` (its hash) is number `index` under `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(step, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, step)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def consistent(*, old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Return whether `proof` shows that nothing of the smaller tree was changed (RFC 9162, 2.1.4.2)."""
    if old == size:
        return not proof and old_root == root
    if old == 0:
        return not proof and old_root == EMPTY
    if not 0 < old < size or not proof:
        return False
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, step)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old_root and after == root


def _split(width: int) -> int:
    """The largest power of two below `width`, where RFC 6962 divides a tree."""
    return 1 << (width - 1).bit_length() - 1


def _over(start: int, end: int, node: Node) -> bytes:
    """The hash over the leaves from `start` to before `end`, where `start` begins a subtree of that width."""
    width = end - start
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return node(level, start >> level)
    middle = start + _split(width)
    return node_hash(_over(start, middle, node), _over(middle, end, node))
