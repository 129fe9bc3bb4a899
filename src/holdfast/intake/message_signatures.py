"""HTTP Message Signatures (RFC 9421): what a request says it is signed with, and the bytes that were signed.

Nothing here decides what a signature is worth; that is a profile's matter (`web_bot_auth`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from holdfast.intake import structured
from holdfast.intake.structured import InnerList, Item, Malformed

MOST_SIGNATURES = 4
"""Signatures of one request that are looked at."""


_UNPRINTABLE = re.compile(r"[^\t\x20-\x7e]")


class Unverified(Exception):
    """A signature proves nothing here. The text is a sentence for whoever signs."""


@dataclass(frozen=True)
class Request:
    """What a signature can cover. `scheme` and `authority` are ours, not what a header says: a signature made for
    another server must not count here, whatever `Host` is sent with it."""

    method: str
    scheme: str
    authority: str
    path: str
    query: str
    """Without the question mark."""
    headers: Sequence[tuple[bytes, bytes]]
    _read: dict[str, dict[str, structured.Member]] = field(default_factory=dict, init=False, compare=False)

    @cached_property
    def fields(self) -> Mapping[str, bytes]:
        """The header fields by lower-case name, those given several times joined (RFC 9421, 2.1)."""
        joined: dict[str, bytes] = {}
        for name, value in self.headers:
            key, value = name.decode("latin-1").lower(), value.strip(b" \t")
            joined[key] = joined[key] + b", " + value if key in joined else value
        return joined

    @cached_property
    def target(self) -> str:
        """Path and query as sent."""
        return f"{self.path or '/'}?{self.query}" if self.query else self.path or "/"

    def dictionary(self, name: str) -> dict[str, structured.Member]:
        """Read a field as a dictionary. Raises `Unverified` when it is not there or cannot be read."""
        if name not in self._read:
            if name not in self.fields:
                raise Unverified(f"The header {name} is missing.")
            try:
                self._read[name] = structured.dictionary(self.fields[name])
            except Malformed as fault:
                raise Unverified(f"The header {name} cannot be read: {fault}.") from None
        return self._read[name]


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of a request, not verified yet."""

    label: str
    given: InnerList
    """What it covers, and its parameters."""
    value: bytes

    def covers(self, name: str) -> Sequence[Item]:
        """Return the covered components of that name; a field may be covered by several of its members."""
        return [item for item in self.given.items if item.value == name]


def signatures_of(request: Request) -> list[Signature]:
    """Return the signatures of a request in their order, at most `MOST_SIGNATURES`. Raises `Unverified`."""
    inputs, values = request.dictionary("signature-input"), request.dictionary("signature")
    found = []
    for label, given in inputs.items():
        value = values.get(label)
        if not isinstance(given, InnerList):
            raise Unverified(f"In signature-input, {label} is not a list in parentheses.")
        if not isinstance(value, Item) or not isinstance(value.value, bytes):
            raise Unverified(f"The header signature has no bytes for {label}.")
        found.append(Signature(label, given, value.value))
    if not found:
        raise Unverified("The header signature-input is empty.")
    return found[:MOST_SIGNATURES]


def base_of(signature: Signature, request: Request) -> bytes:
    """Return the bytes that were signed (RFC 9421, 2.5). Raises `Unverified` when a component cannot be had."""
    lines: dict[str, str] = {}
    for item in signature.given.items:
        name = structured.written(item)
        if name in lines:
            raise Unverified(f"The signature covers {name} twice.")
        lines[name] = _component(item, request)
    lines['"@signature-params"'] = structured.written(signature.given)
    return "\n".join(f"{name}: {value}" for name, value in lines.items()).encode("latin-1")


_DERIVED: Mapping[str, Callable[[Request], str]] = {
    "@method": lambda request: request.method,
    "@authority": lambda request: request.authority,
    "@scheme": lambda request: request.scheme,
    "@target-uri": lambda request: f"{request.scheme}://{request.authority}{request.target}",
    "@request-target": lambda request: request.target,
    "@path": lambda request: request.path or "/",
    "@query": lambda request: f"?{request.query}",
}


def _component(item: Item, request: Request) -> str:
    name = item.value
    if not isinstance(name, str):
        raise Unverified("The signature covers something that is not named by a string.")
    if not item.parameters:
        if name in _DERIVED:
            return _DERIVED[name](request)
        if name not in request.fields:
            raise Unverified(f"The signature covers {_shown(name)}, which this request does not have.")
        value = request.fields[name].decode("latin-1")
        if _UNPRINTABLE.search(value):
            raise Unverified(f"The signature covers {_shown(name)}, whose value is not printable ASCII.")
        return value
    key = item.parameters.get("key")
    if len(item.parameters) > 1 or not isinstance(key, str) or name.startswith("@"):
        raise Unverified(f"The signature covers {_shown(name)} with a parameter that is not understood here.")
    member = request.dictionary(name).get(key)
    if member is None:
        raise Unverified(f"The signature covers a member of {_shown(name)} that this request does not have.")
    return structured.written(member)


def _shown(name: str) -> str:
    return name if len(name) <= 40 and name.isprintable() else "a component"
