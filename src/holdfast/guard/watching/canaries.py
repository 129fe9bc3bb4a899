"""Customers who do not exist: told from others by nobody without the key, opened like others, and never in figures.

The last half of such an id is a keyed hash (HMAC-SHA256) of its first half. To everybody else it is as random as the
end of any other id, so no column, list, export or order tells which they are, and none is looked up to be left out.
"""

from __future__ import annotations

import hmac
import os
import time
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from holdfast.guard.keys import key_ring
from holdfast.guard.ledger import acts
from holdfast.guard.watching.models import Canary
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7

_VARIANT = 0x8000_0000_0000_0000
_RANDOM = 0x3FFF_FFFF_FFFF_FFFF


_KEPT_FOR = 10.0  # seconds
_kept: tuple[float, frozenset[UUID]] | None = None


@dataclass(frozen=True, slots=True)
class Planted:
    """A canary, for security's list."""

    customer_id: UUID
    kind: str
    planted_at: datetime
    by: int


def new_id(at: datetime) -> UUID:
    """Return the id of a customer to be made up, as if made at `at`: ids carry their time."""
    milliseconds = int(at.timestamp() * 1000) & 0xFFFF_FFFF_FFFF
    head = milliseconds << 16 | uuid7().int >> 64 & 0xFFFF
    return UUID(int=head << 64 | _end_of(head))


def is_canary(customer_id: UUID | None) -> bool:
    """Tell whether this customer is made up. Wrong for one real customer in 2^62."""
    if customer_id is None:
        return False
    return customer_id.int & (_VARIANT | _RANDOM) == _end_of(customer_id.int >> 64)


def note(customer_id: UUID, *, kind: str, by: int) -> None:
    """Put a canary on security's list. Call in the transaction that makes the customer. On record, without which."""
    if not is_canary(customer_id):
        raise ValueError("The customer of a canary needs an id from `new_id`.")
    Canary.objects.create(tag=tag(customer_id), hidden=_hidden(customer_id), kind=kind, planted_at=now(), by_id=by)
    acts.record(kind="canary_planted", actor_id=by, details=kind)
    forget()


def forget() -> None:
    """Read the list anew on the next question."""
    global _kept
    _kept = None


def planted() -> list[Planted]:
    """Return every canary, the newest first. Only pages of the security role call this."""
    return [
        Planted(_shown(bytes(row.hidden)), row.kind, row.planted_at, row.by_id)
        for row in Canary.objects.order_by("-planted_at")
    ]


def everybody() -> frozenset[UUID]:
    """Return the ids of all made-up customers, for figures that are counted in the database. At most 10 s old."""
    global _kept
    if _kept is None or _kept[0] < time.monotonic():
        _kept = (time.monotonic() + _KEPT_FOR, frozenset(each.customer_id for each in planted()))
    return _kept[1]


def left_out(column: str) -> str:
    """Return a condition for SQL that leaves made-up customers out; `column` holds ids of customers, or NULL.

    It has no parameters: ids of our own are written into it.
    """
    listed = ",".join(sorted(str(each) for each in everybody()))
    return f"coalesce({column} <> ALL ('{{{listed}}}'::uuid[]), true)" if listed else "true"


def tag(customer_id: UUID) -> bytes:
    """Return the keyed hash under which a canary is on the list."""
    return hmac.digest(_key("tag"), customer_id.bytes, "sha256")[:16]


def _end_of(head: int) -> int:
    digest = hmac.digest(_key("id"), head.to_bytes(8, "big"), "sha256")
    return _VARIANT | int.from_bytes(digest[:8], "big") & _RANDOM


def _hidden(customer_id: UUID) -> bytes:
    nonce = os.urandom(12)
    return nonce + AESGCM(_key("list")).encrypt(nonce, customer_id.bytes, b"guard_watching_canary")


def _shown(hidden: bytes) -> UUID:
    return UUID(bytes=AESGCM(_key("list")).decrypt(hidden[:12], hidden[12:], b"guard_watching_canary"))


@cache
def _key(use: str) -> bytes:
    # Like blind indexes these hang on the oldest key, or a rotation would turn every canary into a customer.
    ring = key_ring()
    return ring.derive(list(ring.keys)[-1], f"watching.canary.{use}")
