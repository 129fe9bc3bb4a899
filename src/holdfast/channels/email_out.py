"""A reply as a mail: in the customer's thread, with an address that leads back into the conversation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, formataddr, parseaddr
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.html import escape

from holdfast.channels.reply_token import reply_address

_URL = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")
# All that Python's mail package takes for a line end, and every other control character.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_NOT_IN_AN_ID = re.compile(r"[^\x21-\x3b\x3d\x3f-\x7e]+")


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    name: str
    type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """What a mail needs to know. `references` are Message-IDs without brackets, oldest first."""

    header_id: str
    conversation_id: UUID
    number: int
    recipient: str
    subject: str
    text: str
    sent_at: datetime
    author_name: str = ""
    references: Sequence[str] = ()
    automatic: bool = False
    begins: bool = False
    """It answers nothing: the conversation begins with it."""
    files: Sequence[OutgoingFile] = ()


def header_id(delivery_id: UUID) -> str:
    """Return the Message-ID of a delivery, without brackets. Sending it twice sends the same id."""
    return f"{delivery_id}@{settings.MAIL_DOMAIN}"


def build(mail: OutgoingMail) -> EmailMultiAlternatives:
    """Return the mail, ready for any Django mail backend. Header values are freed of line breaks."""
    company, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    sender = f"{mail.author_name} at {settings.COMPANY}" if mail.author_name else company or settings.COMPANY
    headers = {
        "Message-ID": f"<{mail.header_id}>",
        "Date": format_datetime(mail.sent_at),
        "Reply-To": reply_address(mail.conversation_id),
    }
    known = [name for reference in mail.references if (name := _NOT_IN_AN_ID.sub("", reference))]
    if known:
        headers["In-Reply-To"] = f"<{known[-1]}>"
        headers["References"] = " ".join(f"<{reference}>" for reference in known[-20:])
    if mail.automatic:
        # RFC 3834: other machines must not answer this one.
        submitted = "auto-generated" if mail.begins else "auto-replied"
        headers |= {"Auto-Submitted": submitted, "X-Auto-Response-Suppress": "All"}
    message = EmailMultiAlternatives(
        subject=_subject(mail.subject, mail.number, answers=not mail.begins),
        body=mail.text,
        from_email=formataddr((sender, address)),
        to=[mail.recipient],
        headers=headers,
    )
    message.attach_alternative(_as_html(mail.text), "text/html")
    for file in mail.files:
        message.attach(file.name, file.content, file.type)
    return message


def _subject(subject: str, number: int, *, answers: bool) -> str:
    words = _CONTROLS.sub(" ", subject).strip() or f"Your message #{number}"
    return words if not answers or words.lower().startswith("re:") else f"Re: {words}"


def _as_html(text: str) -> str:
    paragraphs = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = escape(block).replace("\n", "<br>\n")
        linked = _URL.sub(r'<a href="\g<0>">\g<0></a>', lines)
        paragraphs.append(f"<p>{linked}</p>")
    return "\n".join(paragraphs)
