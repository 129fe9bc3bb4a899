"""The key ring for sealed values, and the blind index that finds a value without opening it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from functools import cache

from django.conf import settings

from holdfast.kit.secrets import kept_secret


@cache
def _extracted(master: bytes) -> bytes:
    return hmac.digest(bytes(32), master, "sha256")


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Master keys by id; the first seals, all open."""

    keys: dict[str, bytes]
    current: str

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Read `id:base64,id:base64`. Raises `ValueError` naming the entry that is wrong."""
        keys: dict[str, bytes] = {}
        for entry in filter(None, (part.strip() for part in text.split(","))):
            name, _, encoded = entry.partition(":")
            try:
                key = base64.b64decode(encoded, validate=True)
            except ValueError as error:
                raise ValueError(f"HOLDFAST_SEAL_KEYS: key {name!r} is not base64.") from error
            if not name.isalnum() or len(key) != 32:
                raise ValueError(f"HOLDFAST_SEAL_KEYS: {name!r} needs a letters-and-digits id and 32 bytes of key.")
            keys[name] = key
        if not keys:
            raise ValueError("HOLDFAST_SEAL_KEYS names no key.")
        return cls(keys, next(iter(keys)))

    def derive(self, key_id: str, info: str) -> bytes:
        """Return the 256-bit key for one use. Raises `KeyError` for an unknown id.

        HKDF with SHA-256, no salt and one block of output (RFC 5869 sections 2.2 and 2.3), written out because the
        first half is the same for every value and sealing is on the door's way.
        """
        return hmac.digest(_extracted(self.keys[key_id]), info.encode() + b"\x01", "sha256")


def value_key(data_key: bytes, subject: str) -> bytes:
    """Return the 256-bit key of one value under its customer's key: HKDF as in `KeyRing.derive`."""
    return hmac.digest(hmac.digest(bytes(32), data_key, "sha256"), subject.encode() + b"\x01", "sha256")


@cache
def key_ring() -> KeyRing:
    """Return this deployment's key ring: the configured one, or one made once and kept in the data directory."""
    if settings.SEAL_KEYS:
        return KeyRing.parse(settings.SEAL_KEYS)
    kept = kept_secret(settings.DATA_DIR, "seal")
    return KeyRing({"a": hashlib.sha256(kept.encode()).digest()}, "a")


def fingerprint(ring: KeyRing, key_id: str) -> str:
    """Return 32 hex digits by which a ring key is recognised and from which nothing follows about it."""
    return ring.derive(key_id, "fingerprint").hex()[:32]


@cache
def _index_key(kind: str) -> bytes:
    # The index outlives key rotation: it always hangs on the oldest key, or look-ups would go blind.
    ring = key_ring()
    return ring.derive(list(ring.keys)[-1], f"blind-index.{kind}")


def normalise(kind: str, value: str) -> str:
    """Return the one spelling of a value under which it is looked up."""
    value = value.strip()
    if kind == "email":
        local, _, domain = value.rpartition("@")
        try:
            domain = domain.lower().encode("idna").decode()
        except UnicodeError:
            domain = domain.lower()
        return f"{local.lower()}@{domain}"
    if kind == "phone":
        digits = "".join(c for c in value if c.isdigit())
        return "+" + digits.removeprefix("00")
    if kind in {"account", "iban"}:
        return "".join(value.split()).upper()
    return value


def blind_index(kind: str, value: str) -> bytes:
    """Return 16 bytes of HMAC-SHA256 over the normalised value, under a key of its own per kind."""
    return hmac.digest(_index_key(kind), normalise(kind, value).encode("utf-8", "replace"), "sha256")[:16]
