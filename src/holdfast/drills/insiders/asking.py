"""What is asked of the gate in a play: an account number, or the address of somebody made up."""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from holdfast.guard.fields import Sealed
from holdfast.people.models import Customer, Identity


class Asked(TypedDict):
    """One request, as `reveals.reveal` and `reveals.request` take it."""

    agent_id: int
    session_key: str
    conversation_id: UUID
    customer_id: UUID
    sealed: Sealed
    field: str
    purpose: str


def for_account(*, agent: int, case: UUID, customer: Customer) -> Asked:
    """Ask for a customer's account number."""
    return _asked(agent, case, customer.pk, customer.iban, "iban", "payment")


def for_address(*, agent: int, case: UUID, made_up: Identity) -> Asked:
    """Ask for the mail address of a made-up customer."""
    return _asked(agent, case, made_up.customer_id, made_up.value, f"identity-{made_up.pk}"[:40], "contact")


def _asked(agent: int, case: UUID, customer_id: UUID, sealed: Sealed, field: str, purpose: str) -> Asked:
    return Asked(
        agent_id=agent,
        session_key=f"session of {agent}",
        conversation_id=case,
        customer_id=customer_id,
        sealed=sealed,
        field=field,
        purpose=purpose,
    )
