"""Identifiers: time-ordered for rows, derived for anything that must come out the same twice."""

from __future__ import annotations

import os
import time
import uuid

_NAMESPACE = uuid.UUID("6f0e5a5e-6c1d-5e0b-9f0f-686f6c646661")


def uuid7() -> uuid.UUID:
    """Return a UUID version 7 (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then random bits."""
    value = (time.time_ns() // 1_000_000 & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


def derived(*parts: str) -> uuid.UUID:
    """Return the UUID version 5 of `parts`; equal parts always give the equal id.

    Each part is written with its length, so `("ab", "c")` and `("a", "bc")` differ.
    """
    return uuid.uuid5(_NAMESPACE, "".join(f"{len(part)}:{part}" for part in parts))
