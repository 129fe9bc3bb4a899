"""What the mail parser understood: plain, frozen records with no behaviour but a JSON form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Kind = Literal["message", "bounce", "auto_reply"]
Refusal = Literal["size", "type", "count"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One attached file. A refused one keeps its name, type, size and hash, and gives up its content."""

    name: str
    type: str
    size: int
    """Bytes after transfer decoding, also when refused."""
    sha256: str
    content: bytes
    """Empty when `refused` is set: nothing downstream can store it by accident."""
    content_id: str | None = None
    inline: bool = False
    refused: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BouncedRecipient:
    """One address a delivery report speaks about (RFC 3464, 2.3)."""

    address: str
    action: str
    """`failed`, `delayed`, `delivered`, `relayed` or `expanded`."""
    status: str | None = None
    """Enhanced status code such as `5.1.1` (RFC 3463)."""
    diagnostic: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """A delivery report, read from its machine part or, failing that, from its words."""

    recipients: list[BouncedRecipient]
    action: str
    """The gravest action among the recipients; `failed` when the report names none."""
    status: str | None
    original_message_id: str | None
    reporting_mta: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedMail:
    """Everything read from one mail. All strings encode to UTF-8 and hold no NUL."""

    sender: str
    """Address of the author, its domain in lower case; empty when the mail names nobody."""
    sender_name: str
    reply_to: str | None
    to: list[str]
    cc: list[str]
    delivered_to: list[str]
    subject: str
    message_id: str | None
    in_reply_to: str | None
    references: list[str]
    date: datetime | None
    text: str
    reply_text: str
    quoted_text: str
    signature: str
    html: str | None
    attachments: list[Attachment]
    kind: Kind
    auto_reason: str | None
    bounce: Bounce | None
    warnings: list[str]
    complete: bool


def to_json(parsed: ParsedMail) -> dict[str, Any]:
    """The record `parse-mail --json` prints. Identifiers stand without angle brackets, the date in ISO 8601."""
    return {
        "from": parsed.sender,
        "to": list(parsed.to),
        "subject": parsed.subject,
        "message_id": parsed.message_id,
        "references": list(parsed.references),
        "date": parsed.date.isoformat() if parsed.date else None,
        "text": parsed.text,
        "reply_text": parsed.reply_text,
        "html": parsed.html,
        "attachments": [_attachment_json(attachment) for attachment in parsed.attachments],
        "kind": parsed.kind,
        "warnings": list(parsed.warnings),
        "from_name": parsed.sender_name,
        "reply_to": parsed.reply_to,
        "cc": list(parsed.cc),
        "delivered_to": list(parsed.delivered_to),
        "in_reply_to": parsed.in_reply_to,
        "quoted_text": parsed.quoted_text,
        "signature": parsed.signature,
        "auto_reason": parsed.auto_reason,
        "bounce": _bounce_json(parsed.bounce) if parsed.bounce else None,
        "complete": parsed.complete,
    }


def _attachment_json(attachment: Attachment) -> dict[str, Any]:
    return {
        "name": attachment.name,
        "type": attachment.type,
        "size": attachment.size,
        "sha256": attachment.sha256,
        "content_id": attachment.content_id,
        "inline": attachment.inline,
        "refused": attachment.refused,
    }


def _bounce_json(bounce: Bounce) -> dict[str, Any]:
    return {
        "action": bounce.action,
        "status": bounce.status,
        "original_message_id": bounce.original_message_id,
        "reporting_mta": bounce.reporting_mta,
        "recipients": [
            {"address": one.address, "action": one.action, "status": one.status, "diagnostic": one.diagnostic}
            for one in bounce.recipients
        ],
    }
