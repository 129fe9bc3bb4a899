"""The customer of a conversation as an agent sees them: masks, levels, and where to ask for a value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from holdfast.desk.screens import CustomerCard, SealedLine
from holdfast.guard.fields import Sealed

if TYPE_CHECKING:
    from holdfast.people.models import Customer, Identity

LEVELS = {0: "Unknown", 1: "Claimed, and it matches what we hold", 2: "Proven"}
_VALUES = {"name": "Full name", "address": "Address", "birth_date": "Born", "iban": "Account"}
_IDENTITIES = {"email": "Email", "phone": "Phone", "account": "Account", "chat": "Chat", "other": "Other"}
_NOT_YOURS = "Values open only to the person who has this case. Take it to ask for one."


@dataclass(frozen=True, slots=True)
class Asked:
    """One sealed value that somebody asks for, with its label."""

    field: str
    label: str
    value: Sealed


def card(*, customer: Customer | None, number: int, mine: bool) -> CustomerCard | None:
    """Show `customer` (with identities fetched) beside conversation `number`; `mine` offers to ask for values."""
    if customer is None:
        return None
    identities = sorted(customer.identities.all(), key=lambda identity: (-identity.level, identity.kind))
    level = max((identity.level for identity in identities), default=0)
    return CustomerCard(
        name=customer.name or "Unknown customer",
        reference=customer.reference or "",
        since_year=customer.since.year if customer.since else None,
        city=customer.city,
        tier=customer.tier,
        locale=customer.locale,
        level=level,
        level_words=LEVELS[level],
        identities=tuple(_identity_line(identity, number=number, mine=mine) for identity in identities),
        values=tuple(
            _line(Asked(field, label, getattr(customer, field)), number=number, mine=mine)
            for field, label in _VALUES.items()
            if getattr(customer, field)
        ),
        why_sealed="" if mine else _NOT_YOURS,
    )


def asked_for(*, customer: Customer | None, field: str) -> Asked | None:
    """Find the value that `field` of a reveal address names: a column of the customer or `identity-<uuid>`."""
    if customer is None:
        return None
    if field in _VALUES:
        return Asked(field, _VALUES[field], getattr(customer, field))
    try:
        identity_id = UUID(field.removeprefix("identity-")) if field.startswith("identity-") else None
    except ValueError:
        return None
    identity = customer.identities.filter(id=identity_id).first() if identity_id else None
    return Asked(field, _IDENTITIES.get(identity.kind, identity.kind), identity.value) if identity else None


def sealed_line(*, asked: Asked, number: int, mine: bool) -> SealedLine:
    """One value under its mask again, after it was shown."""
    return _line(asked, number=number, mine=mine)


def _identity_line(identity: Identity, *, number: int, mine: bool) -> SealedLine:
    label = _IDENTITIES.get(identity.kind, identity.kind)
    asked = Asked(f"identity-{identity.id}", label, identity.value)
    line = _line(asked, number=number, mine=mine and identity.kind != "chat")
    return replace(line, level=identity.level, level_words=LEVELS[identity.level], machine=identity.is_machine)


def _line(asked: Asked, *, number: int, mine: bool) -> SealedLine:
    line = SealedLine(field=asked.field, label=asked.label, value=asked.value, reveal_url="")
    if not (mine and asked.value):
        return line
    may_call = settings.DIALLER_URL and asked.label == _IDENTITIES["phone"]
    return replace(
        line,
        reveal_url=reverse("desk:reveal", args=[number, asked.field]),
        compare_url=reverse("desk:compare", args=[number, asked.field]),
        call_url=reverse("desk:call", args=[number, asked.field]) if may_call else "",
    )
