"""Who may approve how much. Set by an admin, never by oneself; an older limit is kept with its end."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from holdfast.incidents.goodwill import rules
from holdfast.incidents.goodwill.contract import LimitView
from holdfast.incidents.goodwill.errors import Refused
from holdfast.incidents.goodwill.models import Limit
from holdfast.kit.clock import now
from holdfast.people.models import Role
from holdfast.people.queries import is_here, names_of, role_of


@transaction.atomic
def set_limit(*, agent_id: int, amount: Decimal | None, currency: str, by: int) -> None:
    """Let somebody approve offers with a budget up to `amount`, or with `None` nothing more. Raises `Refused`."""
    if role_of(by) != Role.ADMIN:
        raise Refused("An admin sets who may approve how much.")
    if agent_id == by:
        raise Refused("Somebody else sets your limit.")
    if not is_here(agent_id):
        raise Refused("That person does not work here now.")
    code = rules.currency(currency)
    Limit.objects.filter(agent_id=agent_id, currency=code, until=None).update(until=now())
    if amount is not None:
        Limit.objects.create(agent_id=agent_id, amount=amount, currency=code, since=now(), set_by_id=by)


def limit_of(*, agent_id: int, currency: str) -> Decimal | None:
    """Return up to how much somebody approves; nothing for nobody, and for who is not here."""
    if not is_here(agent_id):
        return None
    rows = Limit.objects.filter(agent_id=agent_id, currency=currency, until=None)
    return rows.values_list("amount", flat=True).first()


def has_limit(agent_id: int) -> bool:
    """Tell whether somebody approves offers at all."""
    return Limit.objects.filter(agent_id=agent_id, until=None).exists()


def in_force() -> list[LimitView]:
    """Return who may approve how much, the highest first."""
    rows = list(Limit.objects.filter(until=None).order_by("currency", "-amount"))
    names = names_of([row.agent_id for row in rows])
    return [
        LimitView(agent_id=row.agent_id, name=names[row.agent_id], amount=row.amount, currency=row.currency)
        for row in rows
    ]
