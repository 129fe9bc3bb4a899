"""What goodwill never does, and money as people write it. Pure."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from holdfast.incidents.goodwill.errors import Refused
from holdfast.notify.campaigns.models import Stream

BREACH = (
    "Data reached somebody here. Goodwill never goes with such news: it reads as if silence were bought. What people"
    " lost goes through legal, in words of its own."
)
LEGAL = "A legal notice carries no offer: what the law demands is not mixed with what we would like people to feel."
_WAIVERS = re.compile(
    r"\bwaive[sd]?\b|\bwaiver\b|full and final|in settlement|give up (?:any|your) (?:claim|right)"
    r"|melepaskan hak|mengesampingkan hak|renunci\w+|quita[çc][ãa]o",
    re.IGNORECASE,
)
_CURRENCY = re.compile(r"[A-Z]{3}")
_MOST = Decimal("999999999.99")


def no_breach(*, harm: str, stream: str = "") -> None:
    """Raise `Refused` where goodwill has no place: after data reached somebody, and inside a legal notice."""
    if harm == "data":
        raise Refused(BREACH)
    if stream == Stream.LEGAL:
        raise Refused(LEGAL)


def no_waiver(text: str) -> None:
    """Raise `Refused` when accepting an offer would give up a right."""
    found = _WAIVERS.search(text)
    if found is not None:
        raise Refused(f"“{found[0]}” makes people give up a right for it. An offer of goodwill asks for nothing back.")


def money(text: str, *, what: str) -> Decimal:
    """Read an amount with at most two decimals. Raises `Refused`, naming `what` it was for."""
    try:
        read = Decimal(text.strip())
    except InvalidOperation:
        raise Refused(f"{what} cannot be read. Write it as 25 or 25.50.") from None
    if not read.is_finite() or not 0 < read <= _MOST or read != read.quantize(Decimal("0.01")):
        raise Refused(f"{what} is more than nothing and has at most two decimals.")
    return read.quantize(Decimal("0.01"))


def currency(text: str) -> str:
    """Return a currency's three letters (ISO 4217). Raises `Refused`."""
    plain = text.strip().upper()
    if not _CURRENCY.fullmatch(plain):
        raise Refused("Write the currency as three letters, such as EUR.")
    return plain
