"""Contacts by a token that speaks for one customer: whose they are, and what the token proves.

The company made the token for this customer, so the contact is theirs, proven, and sent by a machine. What else `from`
says is left aside: an assistant must not hang an address of its own on a customer's record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from holdfast.intake.contact import ContactIn
from holdfast.intake.problems import Fault
from holdfast.intake.tokens import KnownToken

_KEPT = ("account", "name")


@dataclass(frozen=True, slots=True)
class SpokenFor:
    """Who a contact is from, what is known of it, and what the sender should know."""

    sender: Mapping[str, str]
    payload: Mapping[str, Any]
    operator: str
    warnings: tuple[Fault, ...] = ()


def spoken_for(contact: ContactIn, *, token: KnownToken, signed_by: str) -> SpokenFor:
    """Return who a contact is from. `signed_by` is the operator whose signature was verified, or empty."""
    if not token.customer:
        return SpokenFor(contact.sender, {}, signed_by)
    if token.operator and signed_by and signed_by != token.operator:
        strange = f"The token was given to {token.operator}, but {signed_by} signed. It counts as no delegation."
        return SpokenFor(contact.sender, {}, signed_by, (Fault("authorization", strange),))
    aside = [kind for kind in contact.sender if kind not in _KEPT]
    if contact.sender.get("account", token.customer) != token.customer:
        aside.append("account")
    sender = {"account": token.customer}
    if name := contact.sender.get("name"):
        sender["name"] = name
    warnings = tuple(Fault(f"from.{kind}", "Left aside: this token speaks for one customer.") for kind in aside)
    payload = {"verified": True, "machine": True}
    return SpokenFor(sender, payload, signed_by or token.operator, warnings)
