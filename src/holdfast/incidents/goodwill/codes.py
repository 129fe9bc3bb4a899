"""Codes: 125 random bits, written so that they can be read aloud. Only their SHA-256 is kept. Pure."""

from __future__ import annotations

import hashlib
import secrets

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: without I, L, O and U, which are read as others."""
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_LENGTH, _GROUP = 25, 5


def new_code() -> str:
    """Return a new code, as XXXXX-XXXXX-XXXXX-XXXXX-XXXXX."""
    drawn = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return "-".join(drawn[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def digest_of(code: str) -> bytes:
    """Return the SHA-256 of a code however it was typed. It is random, so no salt is needed."""
    plain = code.strip().upper().translate(_READ_AS)
    return hashlib.sha256(plain.encode("utf-8", "replace")).digest()


def digest_of_key(key: str) -> bytes:
    """Return the SHA-256 of the key of a request: it may name an order, and so somebody."""
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()
