"""A campaign's mail as bytes. Written out by hand: Python's mail package takes longer over one than the provider does.

What all mails of a text have in common is made once (`Form`), what differs is put in per recipient. Text is sent as it
is where it is ASCII with short lines, else in base64 (RFC 2045 6.8), so that no server on the way has to change it and
a signature over it (DKIM) holds.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr, parseaddr
from uuid import UUID

from django.conf import settings

from holdfast.kit.ids import derived
from holdfast.notify.campaigns.contract import Letter
from holdfast.notify.campaigns.models import Stream
from holdfast.notify.campaigns.texts import one_line

_LONGEST_LINE = 990  # octets without CRLF; RFC 5321 4.5.3.1.6 allows 998
_PREFIX = "c-"


def header_id(recipient_id: UUID) -> str:
    """Return the Message-ID of a recipient's mail, without brackets. Sending it twice sends the same id."""
    return f"{_PREFIX}{recipient_id}@{settings.MAIL_DOMAIN}"


def recipient_of(header: str) -> UUID | None:
    """Return the recipient whose mail has this Message-ID (no brackets); `None` for any other mail."""
    local, _, domain = header.rpartition("@")
    if not local.startswith(_PREFIX) or domain.lower() != settings.MAIL_DOMAIN.lower():
        return None
    try:
        return UUID(local.removeprefix(_PREFIX))
    except ValueError:
        return None


def thread_root(thread: str) -> str:
    """Return the Message-ID, without brackets, under which all mails of a thread stand. No mail has to have it."""
    return f"thread-{derived('campaign thread', thread)}@{settings.MAIL_DOMAIN}"


@dataclass(frozen=True, slots=True)
class Form:
    """Headers that all mails of a campaign share, ending in a line break."""

    shared: bytes
    unsubscribes: bool


def form(*, campaign: UUID, stream: str, thread: str, unsubscribes: bool) -> Form:
    """Make the shared headers: who it is from, its list, its thread, and that a machine sent it (RFC 3834 5).

    A legal notice has no way to unsubscribe, whatever address it was given.
    """
    company, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    lines = [
        f"From: {formataddr((company or settings.COMPANY, address))}",
        f"Reply-To: {address}",
        "MIME-Version: 1.0",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        f"List-Id: {_ascii(settings.COMPANY)} {stream} <{stream}.{settings.MAIL_DOMAIN}>",
        f"Feedback-ID: {campaign}:{stream}:holdfast:{settings.MAIL_DOMAIN}",
    ]
    if thread:
        root = thread_root(thread)
        lines += [f"In-Reply-To: <{root}>", f"References: <{root}>"]
    return Form(("\r\n".join(lines) + "\r\n").encode("ascii"), unsubscribes and stream != Stream.LEGAL)


def written(letter: Letter, form: Form, *, at: datetime) -> bytes:
    """Return the mail, with CRLF line ends and without the final dot."""
    body, encoding = _body(letter.body)
    head = [
        f"To: {letter.address}",
        f"Subject: {_header(one_line(letter.subject))}",
        f"Date: {format_datetime(at)}",
        f"Message-ID: <{header_id(letter.id)}>",
        "Content-Type: text/plain; charset=utf-8",
        f"Content-Transfer-Encoding: {encoding}",
    ]
    if letter.locale:
        head.append(f"Content-Language: {_ascii(letter.locale)}")
    if form.unsubscribes and letter.unsubscribe:
        # RFC 8058 3.1: the address alone must say who and from what, and a POST to it needs no page.
        head += [f"List-Unsubscribe: <{letter.unsubscribe}>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"]
    return form.shared + ("\r\n".join(head) + "\r\n\r\n").encode() + body


def _body(text: str) -> tuple[bytes, str]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    raw = ("\r\n".join(lines) + "\r\n").encode("utf-8", "replace")
    if raw.isascii() and max(map(len, lines)) <= _LONGEST_LINE and b"\0" not in raw:
        return raw, "7bit"
    return base64.encodebytes(raw).replace(b"\n", b"\r\n"), "base64"


def _header(text: str) -> str:
    """A header's words: as they are, folded (RFC 5322 2.2.3) or as encoded words (RFC 2047)."""
    if text.isascii() and len(text) < 68:
        return text
    return Header(text, None if text.isascii() else "utf-8", header_name="Subject").encode(linesep="\r\n")


def _ascii(text: str) -> str:
    return "".join(c for c in one_line(text) if c.isascii() and c not in '<>"()[]:;@\\,')
