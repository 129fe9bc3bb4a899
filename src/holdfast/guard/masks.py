"""Typed masks: enough for a person to recognise a value they already know, never enough to learn it."""

from __future__ import annotations

import json
from collections.abc import Callable


def _email(value: str) -> str:
    local, _, domain = value.rpartition("@")
    host, dot, suffix = domain.rpartition(".")
    return f"{local[:1]}•••@{host[:1]}•••{dot}{suffix}" if local and host else "•••@•••"


def _last_two(value: str) -> str:
    digits = "".join(c for c in value if c.isdigit())
    return f"••• •• {digits[-2:]}" if len(digits) >= 7 else "••• ••"


def _name(value: str) -> str:
    words = value.split()
    if not words:
        return ""
    return words[0] if len(words) == 1 else f"{words[0]} {words[-1][:1]}."


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


def _sender(value: str) -> str:
    """`value` is JSON of identities by kind; the mask is that of the first."""
    try:
        first = next(iter(json.loads(value).values()), "")
    except (ValueError, AttributeError):
        first = ""
    return _identity(str(first))


MASKS: dict[str, Callable[[str], str]] = {
    "name": _name,
    "email": _email,
    "phone": _last_two,
    "iban": _iban,
    "identity": _identity,
    "sender": _sender,
    "address": lambda value: "•••, •••" if value else "",
    "birth_date": lambda value: f"{value[:4]}-••-••" if value[:4].isdigit() else "••••",
    "hidden": lambda value: "•••" if value else "",
}


def masked(mask: str, value: str) -> str:
    """Return `value` under the mask of that name. Raises `KeyError` for an unknown mask."""
    return MASKS[mask](value)
