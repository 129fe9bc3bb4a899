"""Taking out what names customers of whom no case is left. Their key is guard's to destroy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from holdfast.kit.removing import found, remove, remove_where
from holdfast.people.models import Customer, Identity, Machine, Proof, ProofCode, SignIn


def known_since(before: datetime) -> QuerySet[Customer]:
    """Return customers who were first known before a time."""
    return Customer.objects.filter(created_at__lt=before)


def forget_customers(customer_ids: Sequence[UUID]) -> int:
    """Take out names, identities, proofs and all else that says who these are; their rows stay, empty."""
    remove_where(Proof, "customer_id", customer_ids)
    remove(ProofCode, found(ProofCode, "customer_id", customer_ids))
    remove(Identity, found(Identity, "customer_id", customer_ids))
    return Customer.objects.filter(pk__in=customer_ids).update(
        reference=None, name="", address="", birth_date="", iban="", city="", locale="", since=None, tier=""
    )


def forget_proofs(conversation_ids: Sequence[UUID]) -> None:
    """Delete codes that were sent, and what was proved, for these conversations."""
    remove_where(Proof, "conversation_id", conversation_ids)
    remove(ProofCode, found(ProofCode, "conversation_id", conversation_ids))


def ended_sessions(before: datetime) -> QuerySet[Session]:
    """Return sessions of people at the desk that ended before a time."""
    return Session.objects.filter(expire_date__lt=before)


def forget_sessions(keys: Sequence[str]) -> int:
    """Delete these sessions; return how many."""
    return Session.objects.filter(pk__in=keys).delete()[0]


def old_sign_ins(before: datetime) -> QuerySet[SignIn]:
    """Return records of signing in, and of not getting in, from before a time."""
    return SignIn.objects.filter(at__lt=before)


def forget_sign_ins(ids: Sequence[int]) -> int:
    """Delete these records; return how many."""
    return remove(SignIn, ids)


def unused_machines(before: datetime) -> QuerySet[Machine]:
    """Return machines with which nobody signed in since a time: the next sign-in with one is one with a new machine."""
    return Machine.objects.filter(last_at__lt=before)


def forget_machines(ids: Sequence[UUID]) -> int:
    """Delete these machines; return how many."""
    return remove(Machine, ids)
