"""How far the proof of who speaks in a conversation is, and what follows from it: a nobody becomes the customer.

`proving.py` makes and takes the codes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from holdfast.kit.clock import now
from holdfast.people.models import Customer, Identity, Proof, ProofCode


class Stand(StrEnum):
    """How far it is."""

    NONE = "none"
    WAITING = "waiting"
    PROVEN = "proven"
    ENDED = "ended"
    """Expired, too many wrong tries, or proven and over."""


@dataclass(frozen=True, slots=True)
class ProofStand:
    """The newest code of a conversation. `at`: when it was sent or, once `proven`, entered; `until`: how long it holds.

    Whether anybody got the code is not told: who is not on file looks like everybody else.
    """

    stand: Stand
    at: datetime | None = None
    until: datetime | None = None
    tries: int = 0
    asked_by: int | None = None


NO_PROOF = ProofStand(Stand.NONE)


def stand_of(conversation_id: UUID) -> ProofStand:
    """Return how far the proof of a conversation is. One query."""
    rows = ProofCode.objects.select_related("proof").filter(conversation_id=conversation_id)
    row = rows.order_by("-created_at").first()
    if row is None:
        return NO_PROOF
    at = now()
    proof: Proof | None = getattr(row, "proof", None)
    if proof is not None:
        stand = Stand.PROVEN if proof.until > at else Stand.ENDED
        return ProofStand(stand, proof.at, proof.until, row.tries, row.asked_by_id)
    waiting = row.outcome == ProofCode.Outcome.OPEN and row.expires_at > at
    return ProofStand(
        Stand.WAITING if waiting else Stand.ENDED, row.created_at, row.expires_at, row.tries, row.asked_by_id
    )


def asked_by_agents(conversation_ids: Collection[UUID]) -> set[UUID]:
    """Return the conversations in which an agent had a code sent that was not used yet."""
    rows = ProofCode.objects.filter(conversation_id__in=list(conversation_ids), outcome=ProofCode.Outcome.OPEN)
    return set(rows.filter(asked_by__isnull=False).values_list("conversation_id", flat=True))


def proven_in(conversation_ids: Collection[UUID]) -> dict[tuple[UUID, UUID | None], UUID]:
    """Return who is proven in these conversations while it holds: by conversation and speaker, the customer they are.

    Others who speak in the same conversation proved nothing.
    """
    at = now()
    rows = Proof.objects.filter(conversation_id__in=list(conversation_ids), at__lte=at, until__gt=at).order_by("until")
    return {(row.conversation_id, row.speaker_id): row.customer_id for row in rows}


def become(visitor_id: UUID, customer_id: UUID) -> bool:
    """Let a visitor be a customer from now on, who they just proved to be; tell whether they could.

    Only somebody of whom nothing is known but a chat: never one customer for another. Proofs of the visitor become
    the customer's. In the caller's transaction.
    """
    nobody = Customer.objects.select_for_update(no_key=True).filter(pk=visitor_id, reference=None, merged_into=None)
    if visitor_id == customer_id or not nobody.exists():
        return False
    if Identity.objects.filter(customer_id=visitor_id).exclude(kind=Identity.Kind.CHAT).exists():
        return False
    if not Proof.objects.filter(speaker_id=visitor_id, customer_id=customer_id, until__gt=now()).exists():
        return False
    nobody.update(merged_into_id=customer_id)
    Proof.objects.filter(speaker_id=visitor_id, customer_id=customer_id).update(speaker_id=customer_id)
    return True
