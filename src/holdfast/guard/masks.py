"""Typed masks: enough for a person to recognise a value they already know, never enough to learn it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _email(value: str) -> str:
    local, _, domain = value.rpartition("@")
    host, _, suffix = domain.rpartition(".")
    if not (local and host):
        return "•••@•••"
    return f"{local[:1]}•••@{host[:1]}•••.{suffix if suffix.isalnum() and len(suffix) <= 6 else '•••'}"


def _last_two(value: str) -> str:
    digits = "".join(c for c in value if c.isdigit())
    return f"••• •• {digits[-2:]}" if len(digits) >= 7 else "••• ••"


def _name(value: str) -> str:
    """Given name and one letter. A single name is the whole value, so only its first letter shows."""
    family, comma, given = value.partition(",")
    words = f"{given} {family}".split() if comma else value.split()
    if not words:
        return "•••"
    if "@" in value or sum(c.isdigit() for c in value) > 2:
        return _identity(value)  # mail programs put addresses where names belong
    if len(words) == 1 or len(words[0]) > 20:
        return f"{words[0][:1]}•••"
    return f"{words[0]} {words[-1][:1]}."


def _iban(value: str) -> str:
    compact = "".join(value.split())
    return f"IBAN •• {compact[-4:]}" if len(compact) >= 15 else "IBAN ••"


def _identity(value: str) -> str:
    if "@" in value:
        return _email(value)
    digits = sum(c.isdigit() for c in value)
    if digits >= 7 and digits >= len(value) // 2:
        return _last_two(value)
    return "•••"


def sender_mask(identities: Mapping[str, str]) -> str:
    """Return the mask of a sender, given its identities by kind: that of the first."""
    return _identity(str(next(iter(identities.values()), "")))


def _sender(value: str) -> str:
    """`value` is JSON of identities by kind."""
    try:
        return sender_mask(json.loads(value))
    except (ValueError, AttributeError):
        return _identity("")


MASKS: dict[str, Callable[[str], str]] = {
    "name": _name,
    "email": _email,
    "phone": _last_two,
    "iban": _iban,
    "identity": _identity,
    "sender": _sender,
    "address": lambda value: "•••, •••" if value else "",
    "birth_date": lambda value: f"{value[:4]}-••-••" if _ISO_DATE.fullmatch(value) else "••••-••-••",
    "hidden": lambda value: "•••" if value else "",
}


def masked(mask: str, value: str) -> str:
    """Return `value` under the mask of that name. Raises `KeyError` for an unknown mask."""
    return MASKS[mask](value)
