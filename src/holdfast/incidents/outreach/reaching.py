"""How a person is reached: their card under masks. A value opens through `guard`, for this outreach only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from holdfast.guard import reveals
from holdfast.guard.fields import NOTHING, Sealed
from holdfast.incidents.outreach.contract import OutreachView
from holdfast.people.queries import customer

_REACHES = {"phone": "Phone", "email": "Mail"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way to reach somebody, sealed."""

    id: UUID
    kind: str
    label: str
    value: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    name: Sealed
    reference: str
    tier: str
    city: str
    locale: str
    since: date | None
    ways: tuple[Way, ...]


def customer_card(shown: OutreachView) -> Card:
    """Return the person of an outreach with the ways to reach them, telephones first, the best proven first."""
    who = customer(shown.customer_id)
    if who is None:
        return Card(name=NOTHING, reference="", tier="", city="", locale="", since=None, ways=())
    known = [each for each in who.identities.all() if each.kind in _REACHES and not each.is_machine]
    ordered = sorted(known, key=lambda each: (each.kind != "phone", -each.level, each.created_at))
    return Card(
        name=who.name,
        reference=who.reference or "",
        tier=who.tier,
        city=who.city,
        locale=who.locale,
        since=who.since,
        ways=tuple(Way(id=each.pk, kind=each.kind, label=_REACHES[each.kind], value=each.value) for each in ordered),
    )


def opened(
    shown: OutreachView, way: Way, *, agent_id: int, session_key: str, purpose: str, reason: str
) -> reveals.Value | reveals.Denied:
    """Have the request logged, then open the value once. The grant is that of the outreach: it ends with it."""
    return reveals.reveal(
        agent_id=agent_id,
        session_key=session_key,
        conversation_id=shown.id,
        customer_id=shown.customer_id,
        sealed=way.value,
        field=f"identity-{way.id}",
        purpose=purpose,
        reason=reason,
    )
