"""Keys of customers: everything sealed for one customer opens only with the key of that customer.

A data key is 32 random bytes, kept in the database wrapped by the key ring. Destroying it is erasure: what it sealed
never opens again, also where a backup still holds the ciphertext. The row stays, empty, so that it cannot come back.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection
from django.views.decorators.debug import sensitive_variables

from holdfast.guard.encoding import decoded, encoded
from holdfast.guard.keys import key_ring

MOST_AT_ONCE = 1_000


class KeyGone(Exception):  # noqa: N818 - reads as what happened
    """The key of this customer was destroyed: their values are erased."""


class NoSuchKey(Exception):  # noqa: N818 - reads as what happened
    """The key is not there, or its wrapping does not open with this key ring."""


def key_for(owner: UUID) -> bytes:
    """Return the key to seal values of `owner` with; it is made when there is none. Raises `KeyGone`, `NoSuchKey`."""
    return keys_for({owner})[owner]


@sensitive_variables()
def keys_for(owners: Collection[UUID]) -> Mapping[UUID, bytes]:
    """Return the keys to seal values of many owners with, one statement for a thousand. Raises as `key_for`.

    In the caller's transaction: key and ciphertext are stored together or not at all. That the key of somebody who has
    one was given out is noted by the database, as for opening.
    """
    known: dict[UUID, str] = {}
    for some in batched(sorted(set(owners))):
        new = [wrapped(owner, os.urandom(32)) for owner in some]
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, wrapped FROM guard_keys_for_sealing(%s::uuid[], %s::text[])", [list(some), new])
            known |= dict(cursor.fetchall())
    return {owner: unwrapped(owner, known[owner]) for owner in owners}


def destroy(owners: Collection[UUID]) -> int:
    """Destroy the keys of these owners for good, also keys that were never made; return how many there were."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT guard_destroy_keys(%s::uuid[])", [list(owners)])
        (count,) = cursor.fetchone()
    return int(count)


@sensitive_variables()
def wrapped(owner: UUID, key: bytes) -> str:
    """Return `key` sealed by the ring's current key and bound to its owner: `<ring key>.<nonce and ciphertext>`."""
    ring = key_ring()
    nonce = os.urandom(12)
    closed = AESGCM(ring.derive(ring.current, f"data-key.{owner}")).encrypt(nonce, key, owner.bytes)
    return f"{ring.current}.{encoded(nonce + closed)}"


@sensitive_variables()
def unwrapped(owner: UUID, kept: str) -> bytes:
    """Return the data key. Raises `KeyGone` when it was destroyed, `NoSuchKey` when the ring does not open it."""
    if not kept:
        raise KeyGone("The values of this customer were erased: their key was destroyed.")
    ring_key, _, closed = kept.partition(".")
    try:
        data = decoded(closed)
        return AESGCM(key_ring().derive(ring_key, f"data-key.{owner}")).decrypt(data[:12], data[12:], owner.bytes)
    except (ValueError, KeyError, InvalidTag) as error:
        raise NoSuchKey(f"The key of this customer was wrapped by a ring key {ring_key!r} that is not here.") from error


def batched(owners: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    """Cut `owners` into as many as the database gives keys of at once."""
    for start in range(0, len(owners), MOST_AT_ONCE):
        yield owners[start : start + MOST_AT_ONCE]
