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
    """Return the keys to seal values of many owners with, two statements for a thousand. Raises as `key_for`.

    In the caller's transaction: key and ciphertext are stored together or not at all.
    """
    if not owners:
        return {}
    known = wrapped_keys(owners)
    if missing := sorted(set(owners) - known.keys()):
        made = [wrapped(owner, os.urandom(32)) for owner in missing]
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, wrapped FROM guard_make_keys(%s::uuid[], %s::text[])", [missing, made])
            known |= dict(cursor.fetchall())
    return {owner: unwrapped(owner, known[owner]) for owner in owners}


def wrapped_keys(owners: Collection[UUID]) -> dict[UUID, str]:
    """Return the keys that are there as they are kept, a thousand a statement; empty ones were destroyed."""
    known: dict[UUID, str] = {}
    for some in batched(sorted(owners)):
        known |= _wrapped(some)
    return known


@sensitive_variables()
def key_of(owner: UUID) -> bytes:
    """Return the key that opens values of `owner`. Raises `KeyGone`, `NoSuchKey`."""
    known = wrapped_keys([owner])
    if owner not in known:
        raise NoSuchKey("The key of this customer is not in the database.")
    return unwrapped(owner, known[owner])


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


def _wrapped(owners: Collection[UUID]) -> dict[UUID, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, wrapped FROM guard_keys_of(%s::uuid[])", [list(owners)])
        return dict(cursor.fetchall())
