"""A conversation's messages as the thread shows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from holdfast.desk.pictures import is_picture
from holdfast.desk.screens import (
    AttachmentView,
    CitationView,
    DeliveryView,
    DraftView,
    HandOverLine,
    HandOverView,
    MessageView,
)
from holdfast.kit.blobs import BlobStore
from holdfast.notify.repeats import ENDED

if TYPE_CHECKING:
    from holdfast.conversations.models import Attachment, Message

_DELIVERY_WORDS = {
    "pending": "Waiting to be sent",
    "sending": "Being sent",
    "sent": "Sent",
    "failed": "Not sent",
    "unknown": "It is not known whether this arrived",
    "held": "Held back, not sent",
}
_REFUSED_WORDS = {
    "size": "Not kept: it is too large.",
    "type": "Not kept: files of this kind can run programs.",
    "count": "Not kept: the mail had too many files.",
}
_MACHINE_NAME = "Assistant"


def message_views(
    messages: Iterable[Message], *, number: int, agent_id: int, customer_name: str
) -> tuple[MessageView, ...]:
    """Show `messages` to an agent. They need `agent`, `attachments` and `deliveries` fetched with them."""
    return tuple(
        _message_view(message, number=number, agent_id=agent_id, customer_name=customer_name) for message in messages
    )


def hand_over(messages: Iterable[MessageView], details: dict[Any, dict[str, Any]]) -> HandOverView | None:
    """The last hand-over among `messages`, by a person or the assistant; `details` are those of the messages by id."""
    for message in reversed(tuple(messages)):
        if message.event not in {"transfer", "handover", "hand_over"}:
            continue
        lines = _hand_over_lines(details.get(message.id, {})) or (HandOverLine("Summary", message.text),)
        machine = message.event != "transfer"
        return HandOverView(by=message.name or _MACHINE_NAME, machine=machine, at=message.at, lines=lines)
    return None


def safe_link(url: object) -> str:
    """Return `url` when it is a path of this site or http(s); anything else (javascript:, data:) becomes empty."""
    text = str(url or "")
    parts = urlsplit(text)
    here = not parts.scheme and not parts.netloc and text.startswith("/")
    return text if here or parts.scheme in {"http", "https"} else ""


def _message_view(message: Message, *, number: int, agent_id: int, customer_name: str) -> MessageView:
    details = message.details if isinstance(message.details, dict) else {}
    return MessageView(
        id=message.id,
        author=message.author,
        name=_name(message, customer_name),
        you=message.agent_id == agent_id,
        internal=message.internal,
        text=message.text,
        quoted=message.quoted,
        at=message.created_at,
        event=str(details.get("kind") or "event") if message.author == "system" else "",
        formatted_url=reverse("desk:formatted", args=[number, message.id]) if message.html else "",
        raw_url=reverse("desk:raw", args=[number, message.id]) if message.contact_id else "",
        attachments=tuple(_attachment_view(attachment, number=number) for attachment in message.attachments.all()),
        citations=_citations(details.get("citations")),
        warnings=tuple(str(warning) for warning in details.get("warnings") or ()),
        delivery=delivery_view(message, number=number),
    )


def _name(message: Message, customer_name: str) -> str:
    if message.agent is not None:
        return message.agent.name
    if message.author == "agent":
        return "Somebody who has left"
    return {"customer": customer_name, "assistant": _MACHINE_NAME}.get(message.author, "")


def _attachment_view(attachment: Attachment, *, number: int) -> AttachmentView:
    kept = bool(attachment.digest) and not attachment.refused
    picture = kept and is_picture(BlobStore(settings.BLOB_DIR).path(attachment.digest))
    return AttachmentView(
        id=attachment.id,
        name=attachment.name,
        type=attachment.type,
        size=attachment.size,
        url=reverse("desk:file", args=[number, attachment.id]) if kept and not picture else "",
        refused="" if kept else _REFUSED_WORDS.get(attachment.refused, attachment.refused or "Not kept."),
        blurred_url=reverse("desk:picture-blurred", args=[attachment.id]) if picture else "",
        picture_url=reverse("desk:picture", args=[number, attachment.id]) if picture else "",
    )


def _citations(given: object) -> tuple[CitationView, ...]:
    found = [entry for entry in given if isinstance(entry, dict)] if isinstance(given, list) else []
    return tuple(
        CitationView(number=position, title=str(entry.get("title") or "Source"), url=safe_link(entry.get("url")))
        for position, entry in enumerate(found, 1)
    )


def delivery_view(message: Message, *, number: int) -> DeliveryView | None:
    """How a message left its conversation; `None` for what needs no delivery. It needs `deliveries` fetched with it."""
    if message.author not in {"agent", "assistant"}:
        return None
    deliveries: Any = message
    for delivery in deliveries.deliveries.all():
        words = _DELIVERY_WORDS.get(delivery.state, delivery.state)
        waits = delivery.state == "held" and delivery.held_back.looked_at is None
        return DeliveryView(
            state=delivery.state,
            words=f"{words}: {delivery.error}" if delivery.error else words,
            url=reverse("desk:delivery", args=[number, message.id]),
            again_url=reverse("desk:again", args=[number, message.id]) if delivery.state in ENDED else "",
            held_url=reverse("desk:held", args=[number, message.id]) if waits else "",
        )
    return None


def held_words(messages: Iterable[MessageView]) -> DraftView | None:
    """The newest words that were held back and that nobody has looked at, for whoever answers to begin with."""
    waits = [message for message in messages if message.delivery and message.delivery.held_url]
    return DraftView(waits[-1].text, None, held_of=waits[-1].name) if waits else None


def _hand_over_lines(details: dict[str, Any]) -> tuple[HandOverLine, ...]:
    lines = details.get("lines")
    if not isinstance(lines, list):
        return ()
    return tuple(
        HandOverLine(label=str(line.get("label", "")), text=str(line.get("text", "")))
        for line in lines
        if isinstance(line, dict)
    )
