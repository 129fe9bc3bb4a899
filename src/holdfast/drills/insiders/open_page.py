"""A page that is open when its agent is cut off: what was asked for just before, and what it asks for after."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from uuid import UUID

from holdfast.drills.insiders import asking
from holdfast.drills.insiders.asking import Asked
from holdfast.guard import reveals
from holdfast.people.models import Customer


@dataclass(frozen=True, slots=True)
class OpenPage:
    """One case of an agent on a screen, with a value that was granted and not opened yet, unless it was refused."""

    asked: Asked
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


def opened(*, agent: int, case: UUID, customer: Customer) -> OpenPage:
    """Open a page on a case that is this agent's."""
    asked = asking.for_account(agent=agent, case=case, customer=customer)
    said = reveals.request(**asked)
    return OpenPage(asked, None if isinstance(said, reveals.Denied) else said)
