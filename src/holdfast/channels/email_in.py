"""A mail as a contact: raw source kept, files stored, the threads it may belong to named."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from email.utils import parseaddr
from typing import Any

from django.conf import settings

from holdfast.channels.mail_parse import parse
from holdfast.channels.mail_types import Attachment, ParsedMail
from holdfast.channels.reply_token import conversation_of
from holdfast.guard.watching.addresses import indexes_of
from holdfast.intake.contact import Incoming
from holdfast.kit.blobs import BlobStore

SOURCE = "mail"
MAX_TEXT = 200_000
_UNREADABLE = "This mail could not be read. Its source is kept and can be looked at."
# Headers that a mail gains on its way; without them two copies of one mail are equal.
_TRACE = re.compile(
    rb"^(?:received|return-path|delivered-to|x-original-to|x-[\w-]*|arc-[\w-]*|authentication-results|dkim-signature)"
    rb":[^\n]*\n(?:[ \t][^\n]*\n)*",
    re.IGNORECASE | re.MULTILINE,
)


def incoming_from_mail(raw: bytes, *, blobs: BlobStore) -> Incoming:
    """Return the contact in a mail, its source and files already on disk. Takes any bytes; raises only `OSError`.

    The same mail through SMTP and IMAP, or handed over twice, has the same key and is one contact.
    """
    digest = blobs.put(raw)
    mail = parse(raw)
    text = mail.reply_text or mail.text
    return Incoming(
        channel="email",
        source=SOURCE,
        sender=_sender(mail),
        subject=mail.subject[:500],
        text=_shortened(text) if mail.complete else (_shortened(text) or _UNREADABLE),
        key=copy_key(raw),
        at=mail.date,
        raw=digest,
        payload=_payload(mail, [_stored(file, blobs) for file in mail.attachments]),
    )


def copy_key(raw: bytes) -> str:
    """Return what two copies of one mail have in common: a hash over everything but the trace headers."""
    head, separator, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    return hashlib.sha256(_TRACE.sub(b"", head + b"\n") + separator + body.rstrip()).hexdigest()


def _sender(mail: ParsedMail) -> dict[str, str]:
    # Answers go where the author asks for them, which is how a customer's ticket form or assistant is reached.
    found = {"email": mail.reply_to or mail.sender, "name": mail.sender_name, "account": ""}
    return {kind: value for kind, value in found.items() if value}


def _payload(mail: ParsedMail, files: list[dict[str, Any]]) -> dict[str, Any]:
    folded = "\n\n".join(part for part in (mail.quoted_text, mail.signature) if part)
    sent_to = indexes_of([*mail.delivered_to, *mail.to, *mail.cc])
    return {
        "kind": "auto_reply" if sent_to and _is_ours(mail) else mail.kind if mail.complete else "unreadable",
        "thread": list(_threads(mail)),
        "thread_own": [f"mail:{mail.message_id}"[:300]] if mail.message_id else [],
        "in_reply_to": mail.in_reply_to or "",
        "html": (mail.html or "")[:MAX_TEXT],
        "quoted": _shortened(folded),
        "attachments": files,
        "auto_reason": mail.auto_reason or "",
        "bounce": _bounce(mail),
        "warnings": mail.warnings,
        **({"sent_to": sent_to} if sent_to else {}),
    }


def _is_ours(mail: ParsedMail) -> bool:
    """Whether the desk itself wrote it: its answers to customers who do not exist come back, and need no answer."""
    return mail.sender.lower() == parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower()


def _bounce(mail: ParsedMail) -> dict[str, str]:
    """What a delivery report says of which mail; empty when this is none. A delayed mail is not a failed one."""
    if mail.bounce is None or not mail.bounce.original_message_id:
        return {}
    found = {"original": mail.bounce.original_message_id, "action": mail.bounce.action}
    return found | {"status": mail.bounce.status or ""}


def _threads(mail: ParsedMail) -> Iterator[str]:
    """Yield thread keys, best first: our own reply address, what is answered, then the references, newest first."""
    for address in [*mail.delivered_to, *mail.to, *mail.cc]:
        conversation = conversation_of(address)
        if conversation is not None:
            yield f"reply:{conversation}"
    named = [mail.bounce.original_message_id] if mail.bounce else []
    named += [mail.in_reply_to, *reversed(mail.references[-50:])]
    yield from dict.fromkeys(f"mail:{name}"[:300] for name in named if name)


def _stored(file: Attachment, blobs: BlobStore) -> dict[str, Any]:
    return {
        "name": file.name[:255],
        "type": file.type[:120],
        "size": file.size,
        "digest": "" if file.refused else blobs.put(file.content),
        "refused": file.refused or "",
    }


def _shortened(text: str) -> str:
    if len(text) <= MAX_TEXT:
        return text
    return text[:MAX_TEXT] + "\n\n[The rest is in the mail's source.]"
