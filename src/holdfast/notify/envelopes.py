"""Who a message goes to and what surrounds it: recipient, thread, author, files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from holdfast.channels.email_out import OutgoingFile, OutgoingMail
from holdfast.conversations.outgoing import automatic_counts, outgoing
from holdfast.guard.fields import NOTHING
from holdfast.guard.opening import MachineUse, opened_many_for_machine
from holdfast.intake.senders import mail_ids, newest_senders
from holdfast.kit import clock
from holdfast.kit.blobs import BlobStore
from holdfast.notify.models import Delivery
from holdfast.people.queries import mail_on_file


@dataclass(frozen=True, slots=True)
class Addressed:
    """A message and the mail address of its customer. `held`: automatic, and over the limit."""

    message_id: UUID
    conversation_id: UUID
    address: str
    held: bool


@dataclass(frozen=True, slots=True)
class Envelope:
    """A leased delivery with what its mail needs."""

    delivery: Delivery
    conversation_id: UUID
    number: int
    subject: str
    text: str
    author: str
    author_name: str
    references: tuple[str, ...]
    files: tuple[tuple[str, str, str], ...]
    begins: bool = False


@sensitive_variables("opened", "value", "address")
def addressed(message_ids: Sequence[UUID], *, automatic_limit: int) -> Iterator[Addressed]:
    """Yield the messages whose customer is reached by mail, with the address their newest contact came from.

    Whoever let an assistant speak for them is answered at the address on file: it names none itself.
    """
    messages = outgoing(message_ids)
    senders = newest_senders([m.conversation_id for m in messages])
    busy = automatic_counts(
        [m.customer_id for m in messages if m.automatic and m.customer_id], since=clock.now() - timedelta(hours=1)
    )
    spoken_for = {conversation_id for conversation_id, newest in senders.items() if newest.delegated}
    on_file = mail_on_file({m.customer_id for m in messages if m.customer_id and m.conversation_id in spoken_for})
    sealed = []
    for message in messages:
        if message.conversation_id in spoken_for:
            sealed.append(on_file.get(message.customer_id, NOTHING) if message.customer_id else NOTHING)
        else:
            # A chat's screen reads the conversation, so nothing has to be sent there.
            newest = senders.get(message.conversation_id)
            sealed.append(newest.sender if newest is not None and newest.channel != "chat" else NOTHING)
    opened = opened_many_for_machine(sealed, use=MachineUse.DELIVER)
    for message, value in zip(messages, opened, strict=True):
        address = _as_mail(value or "") if message.conversation_id in spoken_for else _mail_address(value or "")
        if address:
            over = message.customer_id is not None and busy.get(message.customer_id, 0) > automatic_limit
            yield Addressed(message.message_id, message.conversation_id, address, held=over and message.automatic)


def _mail_address(sender: str) -> str:
    try:
        return _as_mail(str(json.loads(sender or "{}").get("email", "")))
    except ValueError:
        return ""


def _as_mail(address: str) -> str:
    return address if "@" in address else ""


def envelopes(delivery_ids: Sequence[UUID]) -> Iterator[Envelope]:
    """Yield leased deliveries with what their mails need, oldest first."""
    deliveries = (
        Delivery.objects.filter(pk__in=delivery_ids)
        .select_related("message__conversation", "message__agent")
        .prefetch_related("message__attachments")
        .order_by("created_at")
    )
    for delivery in deliveries:
        message = delivery.message
        conversation = message.conversation
        yield Envelope(
            delivery,
            conversation.pk,
            conversation.number,
            conversation.subject,
            message.text,
            message.author,
            message.agent.get_short_name() if message.agent else "",
            _references(conversation.pk),
            tuple((a.name, a.type, a.digest) for a in message.attachments.all() if a.digest),
            begins=message.version == 1,
        )


def _references(conversation_id: UUID) -> tuple[str, ...]:
    """Return the mail ids of the conversation in the order in which they came and went (RFC 5322 3.6.4)."""
    went = Delivery.objects.filter(message__conversation_id=conversation_id, state=Delivery.State.SENT)
    ids = mail_ids(conversation_id) + list(went.order_by("-created_at").values_list("created_at", "header_id")[:20])
    return tuple(header for _, header in sorted(ids))


def mail_for(envelope: Envelope, recipient: str) -> OutgoingMail:
    """Return the mail of an envelope, with its files read from the blob store."""
    blobs = BlobStore(settings.BLOB_DIR)
    return OutgoingMail(
        header_id=envelope.delivery.header_id,
        conversation_id=envelope.conversation_id,
        number=envelope.number,
        recipient=recipient,
        subject=envelope.subject,
        text=envelope.text,
        sent_at=clock.now(),
        author_name=envelope.author_name,
        references=envelope.references,
        automatic=envelope.author != "agent",
        begins=envelope.begins,
        files=[OutgoingFile(name, type_, blobs.get(digest)) for name, type_, digest in envelope.files],
    )
