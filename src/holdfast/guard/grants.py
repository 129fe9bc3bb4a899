"""Leave to ask for a customer's values while a case is one's own. Opened and closed with the assignment."""

from __future__ import annotations

from uuid import UUID

from holdfast.guard.models import Grant
from holdfast.kit.clock import now


def open_grant(*, agent_id: int, conversation_id: UUID, customer_id: UUID | None) -> None:
    """Let `agent_id` ask for this customer's values for this case. Twice is once; without a customer nothing opens.

    Runs in the caller's transaction, so the grant exists exactly when the assignment does.
    """
    if customer_id is None:
        return
    grant = Grant(agent_id=agent_id, conversation_id=conversation_id, customer_id=customer_id, opened_at=now())
    Grant.objects.bulk_create([grant], ignore_conflicts=True)


def close_grants(*, conversation_id: UUID) -> None:
    """End every grant of this case. Tickets already given for it can no longer be redeemed."""
    Grant.objects.filter(conversation_id=conversation_id, closed_at=None).update(closed_at=now())


def close_grants_of(*, agent_id: int) -> None:
    """End every grant of this agent, for example because they no longer work here."""
    Grant.objects.filter(agent_id=agent_id, closed_at=None).update(closed_at=now())
