"""Reading one mail, whatever its bytes: who wrote, what is new in it, what is attached, whether a machine sent it.

`parse` never raises. Each step is bounded (`mail_headers`, `mail_mime`, `mail_html`) and leaves a warning where it had
to guess or leave out; when too little is left, `complete` is False and the caller shows a placeholder beside the raw
mail. Nothing here touches the network, the disk or the database.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

from holdfast.channels import mail_addresses, mail_body, mail_charsets, mail_headers, mail_html, mail_kind, mail_mime
from holdfast.channels import mail_quotes as quotes
from holdfast.channels.mail_body import Segment
from holdfast.channels.mail_headers import Headers
from holdfast.channels.mail_html import HtmlMail
from holdfast.channels.mail_mime import Budget, Part
from holdfast.channels.mail_types import (
    Attachment,
    Bounce,
    BouncedRecipient,
    ParsedMail,
    to_json,
)

__all__ = ["Attachment", "Bounce", "BouncedRecipient", "ParsedMail", "parse", "to_json"]

MAX_TEXT = 1_000_000
MAX_TEXT_LINES = 100_000
MAX_SUBJECT = 1_000
PLACEHOLDER_TEXT = 10_000
FAILED = "The mail could not be read; its raw source was kept."

_MBOX_LINE = re.compile(rb"(?:\s*\n)?>?From [^\r\n:]*[^\r\n]*\r?\n")
_TELLING = ("from", "sender", "to", "subject", "date", "message-id", "received", "content-type", "mime-version")


def parse(
    raw: bytes,
    *,
    max_attachment_bytes: int = 25 * 2**20,
    max_attachments: int = 100,
    now: datetime | None = None,
) -> ParsedMail:
    """Read a mail. Never raises, for any bytes.

    `max_attachment_bytes` counts bytes after decoding; larger files, executable ones and those after the first
    `max_attachments` are listed with the reason and without content. `now` (default: the present) is what a sender's
    clock is compared with when no mail server stamped the mail.
    """
    try:
        return _parse(
            bytes(raw),
            max_attachment_bytes=max_attachment_bytes,
            max_attachments=max_attachments,
            now=now or datetime.now(UTC),
        )
    except Exception:  # The last net: a mail that breaks the parser must still reach a person.
        return _placeholder(raw)


def _parse(raw: bytes, *, max_attachment_bytes: int, max_attachments: int, now: datetime) -> ParsedMail:
    headers, body, warnings = mail_headers.split(_normalised(raw))
    budget = Budget(warnings)
    envelope = _envelope(headers, budget, now)
    root = mail_mime.tree(headers, body, budget)
    found = mail_body.collect(root, budget)
    rich = _read_html(found.segments)
    text = _full_text(found.segments, rich, budget)
    files = mail_body.attachments(
        found,
        budget,
        max_bytes=max_attachment_bytes,
        max_count=max_attachments,
        shown_cids=frozenset().union(*(one.shown_cids for one in rich)),
    )
    parsed = replace(envelope, text=text, html=_safe_html(found.segments, rich), attachments=files)
    for one in rich:
        for sentence in one.warnings:
            budget.warn(sentence)
    parsed = _with_kind(parsed, root, headers, budget)
    parsed = _with_split(parsed, found.segments, rich)
    _note_formats(root, budget)
    if not any(name in headers for name in _TELLING) or not (parsed.sender or text.strip() or files):
        budget.warn("This does not look like a mail; its raw source was kept.")
        parsed = replace(parsed, complete=False)
    return replace(parsed, warnings=[mail_headers.one_line(sentence) for sentence in budget.warnings])


def _normalised(raw: bytes) -> bytes:
    """Undo what transport may have put around a mail: blank lines first, an mbox line, bare carriage returns."""
    start = raw[:65536]
    if b"\n" not in start and b"\r" in start:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if raw.startswith(b"\xef\xbb\xbf"):
        raw = raw[3:]
    stripped = raw.lstrip(b"\r\n") if raw[:1] in b"\r\n" else raw
    mbox = _MBOX_LINE.match(stripped[:2000])
    return stripped[mbox.end() :] if mbox else stripped


def _envelope(headers: Headers, budget: Budget, now: datetime) -> ParsedMail:
    name, sender = _author(headers, budget)
    reply_to = mail_addresses.addresses(headers.get("reply-to"))
    message_id = mail_addresses.message_id(headers.get("message-id"))
    if message_id is None:
        budget.warn("The mail has no Message-ID.")
    answered = mail_addresses.message_ids(headers.get("in-reply-to"))
    return ParsedMail(
        sender=sender,
        sender_name=name,
        reply_to=reply_to[0][1] if reply_to else None,
        to=_recipients(headers, "to"),
        cc=_recipients(headers, "cc"),
        delivered_to=_recipients(headers, "delivered-to", "x-original-to", "envelope-to", "x-envelope-to"),
        subject=headers.decoded("subject")[:MAX_SUBJECT],
        message_id=message_id,
        in_reply_to=answered[0] if answered else None,
        references=mail_headers.unique(
            one for value in headers.all("references") for one in mail_addresses.message_ids(value)
        ),
        date=_date(headers, budget, now),
        text="",
        reply_text="",
        quoted_text="",
        signature="",
        html=None,
        attachments=[],
        kind="message",
        auto_reason=None,
        bounce=None,
        warnings=[],
        complete=True,
    )


def _author(headers: Headers, budget: Budget) -> tuple[str, str]:
    if len(headers.all("from")) > 1:
        budget.warn("The mail has more than one From field; the first was used.")
    for field in ("from", "sender", "reply-to", "return-path"):
        found = mail_addresses.addresses(headers.get(field))
        if found:
            if field != "from":
                budget.warn(f"The mail names no author; its {field.title()} address was used.")
            elif len(found) > 1:
                budget.warn("The mail names more than one author; the first was used.")
            return found[0]
    budget.warn("The mail names no sender that can be answered.")
    return mail_headers.one_line(mail_headers.decode_words(headers.get("from"))).strip('<>" ')[:300], ""


def _recipients(headers: Headers, *fields: str) -> list[str]:
    return mail_headers.unique(
        address for field in fields for value in headers.all(field) for _, address in mail_addresses.addresses(value)
    )


def _date(headers: Headers, budget: Budget, now: datetime) -> datetime | None:
    value = headers.get("date")
    moment = mail_addresses.date(value) if value else None
    if moment is None:
        budget.warn("The date of the mail cannot be read." if value else "The mail has no date.")
        return None
    stamped = mail_addresses.date(headers.get("received").rpartition(";")[2])
    warning = mail_addresses.date_warning(moment, stamped or now)
    if warning:
        budget.warn(warning)
    return moment


def _read_html(segments: list[Segment]) -> list[HtmlMail]:
    """The HTML of each segment, read; an empty one where a segment has none."""
    nothing = HtmlMail(None, [], frozenset(), [])
    return [mail_html.read(segment.html) if segment.html is not None else nothing for segment in segments]


def _full_text(segments: list[Segment], rich: list[HtmlMail], budget: Budget) -> str:
    stretches = []
    for segment, read in zip(segments, rich, strict=True):
        plain = segment.plain or ""
        stretches.append(plain if plain.strip() else "\n".join(line.text for line in read.lines))
    text = mail_charsets.clean("\n\n".join(stretch.strip("\n") for stretch in stretches if stretch.strip()))
    shortened = _shortened(text)
    if len(shortened) < len(text):
        budget.warn("The text is longer than anybody reads; the rest of it is only in the raw mail.")
    return shortened.rstrip()


def _shortened(text: str) -> str:
    """At most MAX_TEXT characters in MAX_TEXT_LINES lines."""
    text = text[:MAX_TEXT]
    return "\n".join(text.split("\n", MAX_TEXT_LINES)[:MAX_TEXT_LINES])


def _safe_html(segments: list[Segment], rich: list[HtmlMail]) -> str | None:
    if not any(read.safe for read in rich):
        return None
    stretches = []
    for segment, read in zip(segments, rich, strict=True):
        # Words next to an HTML stretch, such as a list's footer, are shown in one page with it.
        stretches.append((mail_html.read(segment.as_html()) if segment.html is None else read).safe or "")
    return "\n".join(stretch for stretch in stretches if stretch)


def _with_kind(parsed: ParsedMail, root: Part, headers: Headers, budget: Budget) -> ParsedMail:
    bounce = mail_kind.bounce(root, headers, parsed.sender, parsed.text, budget)
    if bounce is not None:
        return replace(parsed, kind="bounce", bounce=bounce, auto_reason="delivery report")
    reason = mail_kind.automatic(root, headers, parsed.sender, parsed.subject, parsed.text)
    if reason is not None:
        return replace(parsed, kind="auto_reply", auto_reason=reason)
    warning = mail_kind.bulk_warning(headers)
    if warning:
        budget.warn(warning)
    return parsed


def _with_split(parsed: ParsedMail, segments: list[Segment], rich: list[HtmlMail]) -> ParsedMail:
    """Tell new words from old. A delivery report is all new: nobody quoted anything."""
    if parsed.kind == "bounce":
        return replace(parsed, reply_text=parsed.text)
    split = quotes.split(_lines(segments, rich, prefer_html=False), subject=parsed.subject)
    if not split.quoted and any(segment.plain and segment.html for segment in segments):
        # Markup says in any language where a quote begins; plain words only in those known here.
        marked = quotes.split(_lines(segments, rich, prefer_html=True), subject=parsed.subject)
        if marked.quoted and marked.reply:
            split = marked
    if not split.reply.strip() and parsed.text.strip():
        split = quotes.Split(parsed.text, "", "")
    return replace(parsed, reply_text=split.reply, quoted_text=split.quoted, signature=split.signature)


def _lines(segments: list[Segment], rich: list[HtmlMail], *, prefer_html: bool) -> list[quotes.Line]:
    lines: list[quotes.Line] = []
    for segment, read in zip(segments, rich, strict=True):
        plain = segment.plain if (segment.plain or "").strip() else None
        use_html = bool(read.lines) and (prefer_html or plain is None)
        chosen = read.lines if use_html else quotes.plain_lines(_shortened(plain or ""))
        if lines and chosen:
            lines.append(quotes.Line(""))
        lines += chosen
    return lines


def _note_formats(root: Part, budget: Budget) -> None:
    if root.type == "multipart/encrypted" or (
        root.type.endswith("pkcs7-mime") and root.params.get("smime-type", "enveloped-data") == "enveloped-data"
    ):
        budget.warn("The mail is encrypted; only its attachments can be shown.")
    elif root.type.endswith("pkcs7-mime"):
        budget.warn("The mail is wrapped in its signature; it is kept as an attachment.")


def _placeholder(raw: bytes) -> ParsedMail:
    text = mail_charsets.clean(bytes(raw[:PLACEHOLDER_TEXT]).decode("utf-8", "replace"))
    return ParsedMail(
        sender="",
        sender_name="",
        reply_to=None,
        to=[],
        cc=[],
        delivered_to=[],
        subject="",
        message_id=None,
        in_reply_to=None,
        references=[],
        date=None,
        text=text,
        reply_text=text,
        quoted_text="",
        signature="",
        html=None,
        attachments=[],
        kind="message",
        auto_reason=None,
        bounce=None,
        warnings=[FAILED],
        complete=False,
    )
