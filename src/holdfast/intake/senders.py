"""Who a conversation's contacts came from, still sealed, for the room that answers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q

from holdfast.guard.fields import Sealed
from holdfast.intake.models import Contact, Receipt

_PARKED = ExpressionWrapper(Q(state=Receipt.State.PARKED), output_field=BooleanField())


@dataclass(frozen=True, slots=True)
class Raw:
    """What a contact arrived as: the digest of its bytes in the blob store, or its words; and who sent it, sealed."""

    digest: str
    words: str
    sender: Sealed


def raw_of(contact_id: UUID) -> Raw | None:
    """Return the source of a contact, `None` when there is no such contact."""
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None:
        return None
    return Raw(contact.raw, "" if contact.raw else f"{contact.subject}\n\n{contact.text}".strip(), contact.sender)


def file_name_of(contact_id: UUID, *, digest: str) -> str:
    """Return what whoever sent this file called it, empty when a contact had no such file."""
    payload = Contact.objects.filter(pk=contact_id).values_list("payload", flat=True).first() or {}
    files = payload.get("attachments") or ()
    return next((str(each.get("name") or "") for each in files if each.get("digest") == digest), "")


@dataclass(frozen=True, slots=True)
class Newest:
    """Who a conversation's newest contact came from, sealed, and how. `delegated`: by a token for one customer."""

    sender: Sealed
    channel: str
    delegated: bool


def newest_senders(conversation_ids: Sequence[UUID]) -> dict[UUID, Newest]:
    """Return for each conversation who its newest contact came from. One query.

    What is parked is passed over where anything else is there: often a machine sent it, which must not be written to.
    A conversation of parked contacts only (closed without a reply, not to be processed) can still be answered.
    """
    newest = (
        Receipt.objects.filter(conversation_id__in=conversation_ids)
        .order_by("conversation_id", _PARKED, "-accepted_at")
        .distinct("conversation_id")
        .values_list("conversation_id", "channel", "contact_id", "contact__sender", "contact__payload__machine")
    )
    return {
        # A column read without its row does not know what its value is bound to.
        conversation_id: Newest(
            cast("Sealed", sender).of(f"intake_contact.sender.{contact_id}"), channel, machine is True
        )
        for conversation_id, channel, contact_id, sender, machine in newest
        if conversation_id is not None
    }


def mail_ids(conversation_id: UUID, *, limit: int = 20) -> list[tuple[datetime, str]]:
    """Return when the newest mails of a conversation came, with their Message-IDs (no brackets), newest first."""
    rows = (
        Receipt.objects.filter(conversation_id=conversation_id)
        .order_by("-accepted_at")
        .values_list("accepted_at", "contact__payload__thread_own")[:limit]
    )
    return [(at, key.removeprefix("mail:")) for at, own in rows for key in own or [] if key.startswith("mail:")]


def forget_senders(contact_ids: Sequence[UUID]) -> int:
    """Take the sender out of an erased customer's contacts, the only change one ever sees; return how many."""
    return Contact.objects.filter(pk__in=contact_ids).exclude(sender="").update(sender="")
