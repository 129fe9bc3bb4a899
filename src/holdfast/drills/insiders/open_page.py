"""A page that is open when its agent is cut off: what was asked for just before, and what it asks for after."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from holdfast.guard import reveals
from holdfast.guard.fields import Sealed
from holdfast.guard.models import Grant
from holdfast.kit.ids import uuid7
from holdfast.people.models import Customer


class _Asked(TypedDict):
    agent_id: int
    session_key: str
    conversation_id: UUID
    customer_id: UUID
    sealed: Sealed
    field: str
    purpose: str


@dataclass(frozen=True, slots=True)
class OpenPage:
    """One case of an agent on a screen, with a value that was granted and not opened yet, unless it was refused."""

    asked: _Asked
    ticket: reveals.Ticket | None

    def still_opens(self) -> int:
        """How many values it gets now: by what was granted before, and by asking again."""
        opened = int(not isinstance(reveals.reveal(**self.asked), reveals.Denied))
        if self.ticket is not None:
            with contextlib.suppress(reveals.Denied):
                reveals.redeem(
                    ticket=self.ticket,
                    agent_id=self.asked["agent_id"],
                    session_key=self.asked["session_key"],
                    sealed=self.asked["sealed"],
                )
                opened += 1
        return opened


def opened(*, agent: int, customer: Customer, at: datetime) -> OpenPage:
    """Open a page on a case of this customer."""
    case = uuid7()
    Grant.objects.create(agent_id=agent, conversation_id=case, customer_id=customer.pk, opened_at=at)
    asked = _Asked(
        agent_id=agent,
        session_key=f"session of {agent}",
        conversation_id=case,
        customer_id=customer.pk,
        sealed=customer.iban,
        field="iban",
        purpose="payment",
    )
    said = reveals.request(**asked)
    return OpenPage(asked, None if isinstance(said, reveals.Denied) else said)
