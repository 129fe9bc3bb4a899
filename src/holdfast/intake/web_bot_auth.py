"""The Web Bot Auth profile of HTTP Message Signatures: who signs, by which key, for how long, over what.

Source: draft-ietf-webbotauth-httpsig-protocol-01 (29 October 2026), which may still change; whatever it asks for is in
this file. Beyond the draft, a body has to be covered (`Content-Digest`, RFC 9530), since a contact is its body.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from holdfast.intake.jwk import PublicKey
from holdfast.intake.message_signatures import Request, Signature, Unverified, base_of
from holdfast.intake.structured import Bare, Item, a_string

TAG = "web-bot-auth"
WELL_KNOWN = "/.well-known/http-message-signatures-directory"
SKEW = 60
"""Seconds that a signer's clock may be ahead or behind."""
LONGEST_LIFE = 24 * 3600
"""Seconds between `created` and `expires`; the draft recommends no more."""
_LONGEST_NONCE = 200


class Operator(Protocol):
    """Somebody who signs, as the company knows them."""

    @property
    def name(self) -> str: ...
    @property
    def enabled(self) -> bool: ...
    def key(self, thumbprint: str) -> PublicKey | None: ...


class Operators(Protocol):
    """Who is known, by the address of their keys. A key counts only under the address that publishes it."""

    def at(self, address: str) -> Operator | None: ...


@dataclass(frozen=True, slots=True)
class Verified:
    """What a signature proves: that this operator sent this request, body included."""

    operator: str
    nonce: str
    """Empty when there was none."""
    expires: int
    covered: frozenset[str]
    """Names of the covered components."""


def address_of(url: str) -> str | None:
    """Return the address of a key directory in the form in which two of them are compared; `None`: it is none.

    Without a path it is the well-known one at that host, as earlier drafts had it. A query does not count.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme != "https" or not host or "@" in parts.netloc or not url.isascii() or any(c <= " " for c in url):
        return None
    host = f"[{host}]" if ":" in host else host
    path = parts.path if parts.path not in {"", "/"} else WELL_KNOWN
    return f"https://{host}{f':{port}' if port not in {None, 443} else ''}{path}"


def verify(signature: Signature, request: Request, body: bytes, *, operators: Operators, at: float) -> Verified:
    """Verify one signature at the time `at`, seconds since 1970. Raises `Unverified` with what to mend."""
    created, expires = _moment(signature, "created"), _moment(signature, "expires")
    keyid, nonce = _text(signature, "keyid"), _text(signature, "nonce", otherwise="")
    _in_time(created, expires, at)
    if len(nonce) > _LONGEST_NONCE:
        raise Unverified(f"The nonce is longer than {_LONGEST_NONCE} characters.")
    _covers_enough(signature, body)
    operator = operators.at(_agent(signature, request))
    if operator is None:
        raise Unverified("The address in Signature-Agent is not of an operator that is accepted here.")
    if not operator.enabled:
        raise Unverified(f"The operator {operator.name} is switched off here.")
    key = operator.key(keyid)
    if key is None:
        raise Unverified(
            f"The directory of {operator.name}, as last read, has no key with this keyid."
            " Publish a key some time before it is used; keyid is the key's SHA-256 thumbprint (RFC 7638)."
        )
    if not key.not_before - SKEW <= at < key.not_after + SKEW:
        raise Unverified("The key is not in force at this time (nbf, exp).")
    if _text(signature, "alg", otherwise=key.algorithm) != key.algorithm:
        raise Unverified(f"The key is for {key.algorithm}, but alg says something else.")
    if not key.signed(signature.value, base_of(signature, request)):
        raise Unverified(
            f"The signature does not fit. It has to be made for {request.authority}, over the headers exactly as sent."
        )
    if body and not _digest_fits(request, body):
        raise Unverified("Content-Digest does not fit the body. It needs sha-256 or sha-512 over the bytes as sent.")
    covered = frozenset(str(item.value) for item in signature.given.items)
    return Verified(operator.name, nonce, expires, covered)


def _in_time(created: int, expires: int, at: float) -> None:
    if created > at + SKEW:
        raise Unverified("The signature was created in the future. Check the signer's clock.")
    if expires <= at - SKEW:
        raise Unverified("The signature has expired. Sign each request when it is sent.")
    if not 0 < expires - created <= LONGEST_LIFE:
        raise Unverified("The signature has to expire after it was created, within 24 hours.")


def _covers_enough(signature: Signature, body: bytes) -> None:
    if not (signature.covers("@authority") or signature.covers("@target-uri")):
        raise Unverified('The signature has to cover "@authority" or "@target-uri".')
    if not signature.covers("signature-agent"):
        raise Unverified('The signature has to cover "signature-agent".')
    if body and not any(not item.parameters for item in signature.covers("content-digest")):
        raise Unverified('The signature has to cover "content-digest", so that it is bound to the body.')


def _agent(signature: Signature, request: Request) -> str:
    """Return the address that the signature covers: the member of its own label, or the only one."""
    covered: Sequence[Item] = signature.covers("signature-agent")
    said: Bare | None
    if len(covered) == 1 and not covered[0].parameters:  # as earlier drafts had it: one string, covered whole
        said = a_string(request.fields.get("signature-agent", b""))
        if said is None:
            raise Unverified('Cover one member of the header signature-agent, as in "signature-agent";key="sig1".')
    else:
        keys = [key for item in covered if isinstance(key := item.parameters.get("key"), str)]
        if signature.label not in keys and len(keys) != 1:
            raise Unverified("The signature has to cover the member of signature-agent that has its own label.")
        member = request.dictionary("signature-agent").get(signature.label if signature.label in keys else keys[0])
        said = member.value if isinstance(member, Item) and not member.parameters else None
    address = address_of(said) if isinstance(said, str) else None
    if address is None:
        raise Unverified("Signature-Agent has to give an https address as a string, without parameters.")
    return address


def _digest_fits(request: Request, body: bytes) -> bool:
    """Tell whether `Content-Digest` (RFC 9530) is of this body. Every digest that is understood has to fit."""
    known = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
    given = {name: member for name, member in request.dictionary("content-digest").items() if name in known}
    return bool(given) and all(
        isinstance(member, Item)
        and isinstance(member.value, bytes)
        and hmac.compare_digest(member.value, known[name](body).digest())
        for name, member in given.items()
    )


def _moment(signature: Signature, name: str) -> int:
    said = signature.given.parameters.get(name)
    if isinstance(said, bool) or not isinstance(said, int):
        raise Unverified(f"The signature needs {name}, in seconds since 1970.")
    return said


def _text(signature: Signature, name: str, *, otherwise: str | None = None) -> str:
    said = signature.given.parameters.get(name, otherwise)
    if not isinstance(said, str):
        raise Unverified(f"The signature needs {name} as a string.")
    return said
