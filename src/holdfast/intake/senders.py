"""Who a conversation's contacts came from, still sealed, for the room that answers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from holdfast.guard.fields import Sealed
from holdfast.intake.models import Contact, Receipt

_PARKED = ExpressionWrapper(Q(state=Receipt.State.PARKED), output_field=BooleanField())


@dataclass(frozen=True, slots=True)
class Raw:
    """The source a contact arrived as: the digest of its bytes in the blob store, and who it names, sealed."""

    digest: str
    sender: Sealed


def raw_of(contact_id: UUID) -> Raw | None:
    """Return the source of a contact, `None` when it came without one."""
    contact = Contact.objects.filter(pk=contact_id).exclude(raw="").first()
    return Raw(contact.raw, contact.sender) if contact is not None else None


def newest_senders(conversation_ids: Sequence[UUID]) -> dict[UUID, Sealed]:
    """Return for each conversation the sealed sender of its newest contact, unless that came by chat.

    A chat's screen reads the conversation, so nothing has to be sent there.
    What is parked is passed over where anything else is there: often a machine sent it, which must not be written to.
    A conversation of parked contacts only (closed without a reply, not to be processed) can still be answered.
    """
    newest = _newest(conversation_ids)
    return {r.conversation_id: r.contact.sender for r in newest if r.conversation_id and r.channel != "chat"}


def delegated(conversation_ids: Sequence[UUID]) -> set[UUID]:
    """Return those conversations whose newest contact came by a token that speaks for one customer."""
    newest = _newest(conversation_ids)
    return {r.conversation_id for r in newest if r.conversation_id and r.contact.payload.get("machine") is True}


def _newest(conversation_ids: Sequence[UUID]) -> QuerySet[Receipt]:
    return (
        Receipt.objects.filter(conversation_id__in=conversation_ids)
        .select_related("contact")
        .order_by("conversation_id", _PARKED, "-accepted_at")
        .distinct("conversation_id")
    )


def mail_ids(conversation_id: UUID, *, limit: int = 20) -> list[tuple[datetime, str]]:
    """Return when the newest mails of a conversation came, with their Message-IDs (no brackets), newest first."""
    rows = (
        Receipt.objects.filter(conversation_id=conversation_id)
        .order_by("-accepted_at")
        .values_list("accepted_at", "contact__payload__thread_own")[:limit]
    )
    return [(at, key.removeprefix("mail:")) for at, own in rows for key in own or [] if key.startswith("mail:")]
