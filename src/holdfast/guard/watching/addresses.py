"""The mail address of a made-up customer, another for each viewer: whoever is written to there, we know who saw it.

Each has the same first letter and the same domain, so the mask is the same, and looks like any private address. The
address itself is kept nowhere: it follows from the key, and arriving mail is compared by blind index.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from uuid import UUID

from django.conf import settings

from holdfast.guard.keys import blind_index, key_ring
from holdfast.guard.watching import numbers
from holdfast.guard.watching.canaries import is_canary, tag
from holdfast.guard.watching.models import ViewerAddress
from holdfast.kit.clock import now

_FAMILIES = Path(__file__).with_name("family_names.txt").read_text(encoding="utf-8").split()


def address_of(canary: UUID, *, viewer: int, initial: str, turn: int = 0) -> str:
    """Return the address of a canary that `viewer` alone is shown; viewer 0 is what is on file."""
    digest = hmac.digest(_key(), canary.bytes + f".{viewer}.{turn}".encode(), "sha256")
    number = int.from_bytes(digest[:6], "big")
    family = _FAMILIES[number % len(_FAMILIES)]
    joint = ("", ".", "_")[number // 1_000 % 3]
    return f"{initial}{joint}{family}{number // 10_000 % 1_000}@{settings.CANARY_DOMAIN}"


def as_seen_by(value: str, *, customer_id: UUID | None, viewer: int) -> str:
    """Return `value` as `viewer` is to see it: itself, unless it is the address or number of a made-up customer.

    What was shown is noted at once; the caller is the gate, outside of any transaction that may be rolled back.
    """
    ours = numbers.ours(value)
    if not ours and (not settings.CANARY_DOMAIN or not value.endswith(f"@{settings.CANARY_DOMAIN}")):
        return value
    if customer_id is None or not is_canary(customer_id):
        return value
    if ours:
        return numbers.as_seen_by(value, viewer=viewer)
    for turn in range(20):
        address = address_of(customer_id, viewer=viewer, initial=value[0], turn=turn)
        row, _ = ViewerAddress.objects.get_or_create(
            index=blind_index("email", address),
            defaults={"agent_id": viewer, "canary_id": tag(customer_id), "shown_at": now()},
        )
        if row.agent_id == viewer and address != value:
            return address
    return value


def in_text(text: str, *, customer_id: UUID | None, viewer: int) -> str:
    """Return a source of a made-up customer's as `viewer` is to see it: with their own address in it."""
    if customer_id is None or not settings.CANARY_DOMAIN or not is_canary(customer_id):
        return text
    canary = customer_id

    def shown(found: re.Match[str]) -> str:
        address = found[0]
        on_file = address_of(canary, viewer=0, initial=address[0])
        return as_seen_by(address, customer_id=canary, viewer=viewer) if address == on_file else address

    return re.sub(rf"[\w.]+@{re.escape(settings.CANARY_DOMAIN)}", shown, text)


def indexes_of(addresses: Iterable[str]) -> list[str]:
    """Return the blind indexes, in hex, of those of these addresses that are at the domain of made-up customers."""
    domain = f"@{settings.CANARY_DOMAIN.lower()}"
    ours = {address.lower() for address in addresses if len(domain) > 1 and address.lower().endswith(domain)}
    return sorted(blind_index("email", address).hex() for address in ours)


def written_to(indexes: Iterable[str]) -> int:
    """Note that somebody wrote to these addresses and numbers; return how many of them only one viewer ever saw."""
    wanted = [bytes.fromhex(index) for index in indexes]
    if not wanted:
        return 0
    texted = numbers.heard_at(index.hex() for index in wanted)
    rows = ViewerAddress.objects.filter(index__in=wanted)
    found = rows.count()
    rows.filter(written_to_at=None).update(written_to_at=now())
    return found + texted


@cache
def _key() -> bytes:
    ring = key_ring()
    return ring.derive(list(ring.keys)[-1], "watching.viewer-address")
