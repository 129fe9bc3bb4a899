"""Public keys of operators: JSON Web Keys (RFC 7517), their thumbprints (RFC 7638, RFC 8037), and verifying with them.

The kind of key decides the algorithm, never the request: Ed25519, ECDSA on P-256 with SHA-256, RSA-PSS with SHA-512,
as RFC 9421, 3.3 defines them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA512

MOST_KEYS = 32
LONGEST = 64 * 1024
"""Bytes of a key set that are read."""

_RSA_BITS = range(2048, 4097)  # more would cost the door milliseconds for each signature
_DECLARED = {  # what `alg` of a key may say (RFC 7518, RFC 8037, and the names of RFC 9421)
    "ed25519": {"EdDSA", "Ed25519", "ed25519"},
    "ecdsa-p256-sha256": {"ES256", "ecdsa-p256-sha256"},
    "rsa-pss-sha512": {"PS512", "rsa-pss-sha512"},
}
PUBLISHED = frozenset(
    {
        "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U",
        "oD0HwocPBSfpNy5W3bpJeyFGY_IQ_YpqxSjQ3Yd-CLA",
        "ydQXMtvbsOsZyFir-Y7A8t7fKEM1gbKPvyFkdpu4fvI",
    }
)
"""Thumbprints of the example keys of RFC 9421, whose private halves everybody has."""


class KeyRefused(ValueError):
    """A key, or a set of them, cannot be used. The text is a sentence."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signatures are verified with. Times are seconds since 1970."""

    thumbprint: str
    algorithm: str
    members: Mapping[str, str | int]
    """What is needed to read it again: the JWK without anything else."""
    not_before: int
    not_after: int
    _verify: Callable[[bytes, bytes], None]

    def signed(self, signature: bytes, base: bytes) -> bool:
        """Tell whether `signature` over `base` was made with the private half of this key."""
        try:
            self._verify(signature, base)
        except (InvalidSignature, ValueError):
            return False
        return True


def read_set(text: bytes | str) -> tuple[list[PublicKey], list[str]]:
    """Read a JSON Web Key Set. Returns the keys that can be used, and for each other a sentence.

    Raises `KeyRefused` when it is no key set, or when no key of it can be used.
    """
    if len(text) > LONGEST:
        raise KeyRefused(f"A key set may have {LONGEST} bytes.")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise KeyRefused("This is not a JSON Web Key Set: it is not JSON.") from None
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise KeyRefused('This is not a JSON Web Key Set: it needs a list of keys under "keys".')
    if len(keys) > MOST_KEYS:
        raise KeyRefused(f"A key set may have {MOST_KEYS} keys.")
    good: dict[str, PublicKey] = {}
    refused = []
    for number, given in enumerate(keys, 1):
        try:
            key = read(given)
            if key.thumbprint in PUBLISHED:
                raise KeyRefused("it is an example key of RFC 9421, which anybody can sign with.")
            good[key.thumbprint] = key
        except KeyRefused as fault:
            refused.append(f"Key {number} cannot be used: {fault}")
    if not good:
        raise KeyRefused(refused[0] if refused else "The key set has no keys.")
    return list(good.values()), refused


def read(given: object) -> PublicKey:
    """Read one JSON Web Key. Raises `KeyRefused`."""
    if not isinstance(given, dict):
        raise KeyRefused("it is not a JSON object.")
    if "d" in given or "k" in given:
        raise KeyRefused("it holds a private key. Take it out of the directory at once, and make a new one.")
    if given.get("use", "sig") != "sig":
        raise KeyRefused("it is not for signatures (use).")
    kind = given.get("kty")
    readers = {"OKP": _ed25519, "EC": _p256, "RSA": _rsa}
    if not isinstance(kind, str) or kind not in readers:
        raise KeyRefused("its kind (kty) is not OKP, EC or RSA.")
    algorithm, members, verify = readers[kind](given)
    if "alg" in given and not (isinstance(given["alg"], str) and given["alg"] in _DECLARED[algorithm]):
        raise KeyRefused(f"its alg does not go with its kind; {algorithm} is what is understood.")
    not_before, not_after = _moment(given, "nbf", 0), _moment(given, "exp", 2**53)
    times = {name: given[name] for name in ("nbf", "exp") if name in given}
    return PublicKey(thumbprint_of(members), algorithm, {**members, **times}, not_before, not_after, verify)


def thumbprint_of(members: Mapping[str, str]) -> str:
    """Return the SHA-256 thumbprint of the required members of a key (RFC 7638, 3)."""
    canonical = json.dumps(dict(sorted(members.items())), separators=(",", ":")).encode()
    return _encoded(hashlib.sha256(canonical).digest())


_Read = tuple[str, dict[str, str], Callable[[bytes, bytes], None]]


def _ed25519(given: Mapping[str, Any]) -> _Read:
    if given.get("crv") != "Ed25519":
        raise KeyRefused("its curve (crv) is not Ed25519.")
    x = _bytes(given, "x", 32)
    key = Ed25519PublicKey.from_public_bytes(x)
    return "ed25519", {"crv": "Ed25519", "kty": "OKP", "x": _encoded(x)}, key.verify


def _p256(given: Mapping[str, Any]) -> _Read:
    if given.get("crv") != "P-256":
        raise KeyRefused("its curve (crv) is not P-256.")
    x, y = _bytes(given, "x", 32), _bytes(given, "y", 32)
    try:
        numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1())
        key = numbers.public_key()
    except ValueError:
        raise KeyRefused("its point is not on the curve.") from None

    def verify(signature: bytes, base: bytes) -> None:
        if len(signature) != 64:
            raise InvalidSignature
        r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
        key.verify(encode_dss_signature(r, s), base, ec.ECDSA(SHA256()))

    members = {"crv": "P-256", "kty": "EC", "x": _encoded(x), "y": _encoded(y)}
    return "ecdsa-p256-sha256", members, verify


def _rsa(given: Mapping[str, Any]) -> _Read:
    n, e = _bytes(given, "n", None), _bytes(given, "e", None)
    modulus, exponent = int.from_bytes(n), int.from_bytes(e)
    if modulus.bit_length() not in _RSA_BITS or exponent > 2**32:
        raise KeyRefused("an RSA key needs 2048 to 4096 bits and a small exponent.")
    try:
        key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError:
        raise KeyRefused("its numbers make no RSA key.") from None
    how = padding.PSS(mgf=padding.MGF1(SHA512()), salt_length=64)
    members = {"e": _encoded(e.lstrip(b"\0")), "kty": "RSA", "n": _encoded(n.lstrip(b"\0"))}
    return "rsa-pss-sha512", members, lambda signature, base: key.verify(signature, base, how, SHA512())


def _bytes(given: Mapping[str, Any], name: str, length: int | None) -> bytes:
    said = given.get(name)
    if not isinstance(said, str):
        raise KeyRefused(f"{name} is missing.")
    try:
        found = base64.b64decode(said.encode("ascii") + b"=" * (-len(said) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise KeyRefused(f"{name} is not base64url.") from None
    if length is not None and len(found) != length:
        raise KeyRefused(f"{name} has not {length} bytes.")
    return found


def _moment(given: Mapping[str, Any], name: str, otherwise: int) -> int:
    said = given.get(name, otherwise)
    if isinstance(said, bool) or not isinstance(said, int):
        raise KeyRefused(f"{name} is not a whole number of seconds.")
    return said


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def in_store(keys: Sequence[PublicKey]) -> list[dict[str, str | int]]:
    """Return keys as JSON to be kept; `read` takes each back."""
    return [dict(key.members) for key in keys]
