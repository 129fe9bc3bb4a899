"""From the tree of parts to what a person sees: the texts to read and the files to open."""

from __future__ import annotations

import hashlib
import html
import mimetypes
import re
from dataclasses import dataclass, field

from holdfast.channels import mail_charsets, mail_headers, mail_mime
from holdfast.channels.mail_mime import Budget, Part
from holdfast.channels.mail_types import Attachment, Refusal

MAX_TEXT_BYTES = 4 * 2**20
MAX_HTML_BYTES = 16 * 2**20
"""More than text: pictures may be written into the HTML itself."""

_HTML_TYPES = ("text/html", "application/xhtml+xml", "application/html")
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.I)
_FLOWED_QUOTE = re.compile(r">+")

_EXECUTABLE_NAMES = frozenset({
    "exe", "scr", "js", "jse", "vbs", "vbe", "bat", "cmd", "com", "pif", "hta", "msi", "msp", "mst", "lnk", "jar",
    "wsf", "wsh", "ws", "ps1", "psm1", "cpl", "scf", "reg", "dll", "sys", "msc", "application", "gadget", "inf", "appx",
    "msix", "url",
})  # fmt: skip
_EXECUTABLE_TYPES = frozenset({
    "application/x-msdownload", "application/x-msdos-program", "application/x-dosexec", "application/x-ms-installer",
    "application/x-msi", "application/java-archive", "application/x-java-archive", "application/hta", "application/exe",
    "application/x-exe", "application/x-winexe", "application/vnd.microsoft.portable-executable",
    "application/javascript", "text/javascript", "application/x-javascript", "text/vbscript", "application/x-bat",
    "application/x-ms-shortcut",
})  # fmt: skip
_NAME_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_NAME_WILD = re.compile(r'[<>:"|?*]')
_EXTENSIONS = {
    "message/rfc822": "eml",
    "message/global": "eml",
    "text/calendar": "ics",
    "application/pgp-signature": "asc",
    "application/pgp-encrypted": "asc",
    "application/pkcs7-signature": "p7s",
    "application/x-pkcs7-signature": "p7s",
    "application/pkcs7-mime": "p7m",
    "application/x-pkcs7-mime": "p7m",
    "application/ms-tnef": "dat",
    "message/delivery-status": "txt",
    "text/rfc822-headers": "txt",
    "image/jpeg": "jpg",
    "text/plain": "txt",
    "text/html": "html",
}
_STEMS = {
    "message/rfc822": "forwarded message",
    "text/calendar": "invitation",
    "application/pgp-signature": "signature",
    "application/pgp-encrypted": "encrypted",
    "application/pkcs7-signature": "smime",
    "application/x-pkcs7-signature": "smime",
    "application/pkcs7-mime": "smime",
    "application/x-pkcs7-mime": "smime",
    "application/ms-tnef": "winmail",
    "message/delivery-status": "delivery status",
}


@dataclass(slots=True)
class Segment:
    """One stretch of the body, in the forms the mail gives it."""

    plain: str | None = None
    html: str | None = None

    def as_html(self) -> str:
        """The stretch as HTML, made from plain words where there is no other."""
        if self.html is not None:
            return self.html
        return "<div>" + html.escape(self.plain or "").replace("\n", "<br>") + "</div>"


@dataclass(slots=True)
class Body:
    """What was found in the tree, in the order it stands there."""

    segments: list[Segment] = field(default_factory=list)
    files: list[tuple[Part, bool]] = field(default_factory=list)
    """Parts to list as attachments, and whether they stand inside the text (related)."""


def collect(part: Part, budget: Budget) -> Body:
    """Walk the tree and tell texts from files."""
    body = Body()
    _walk(part, body, budget, related=False)
    if not body.segments:
        _promote(body, budget)
    return body


def _walk(part: Part, body: Body, budget: Budget, *, related: bool) -> None:
    if part.parts:
        _walk_inside(part, body, budget)
    elif _is_text(part) and not (part.disposition == "attachment" or part.filename):
        text = text_of(part, budget)
        is_html = part.type in _HTML_TYPES
        body.segments.append(Segment(html=text) if is_html else Segment(plain=text))
    elif part.body.strip() or part.filename:
        body.files.append((part, related))


def _walk_inside(part: Part, body: Body, budget: Budget) -> None:
    if part.type == "multipart/alternative":
        _choose(part, body, budget)
        return
    for index, inner in enumerate(part.parts):
        _walk(inner, body, budget, related=part.type == "multipart/related" and index > 0)


def _choose(part: Part, body: Body, budget: Budget) -> None:
    """Read every version of one text as one stretch: the first plain words, the last HTML."""
    found = Body()
    for inner in part.parts:
        if inner.type == "text/x-amp-html":
            continue
        _walk(inner, found, budget, related=False)
    chosen = Segment()
    plain = [one.plain for one in found.segments if one.plain is not None]
    rich = [one for one in found.segments if one.html is not None]
    chosen.plain = next((text for text in plain if text.strip()), plain[0] if plain else None)
    # An HTML version may itself be several stretches around images (Apple Mail): all of them belong to it.
    chosen.html = "\n".join(one.html or "" for one in rich) if rich else None
    if len(rich) == 1 and rich[0].plain and chosen.plain is None:
        chosen.plain = rich[0].plain
    if found.segments:
        body.segments.append(chosen)
    body.files += found.files


def _promote(body: Body, budget: Budget) -> None:
    """Some programs give the only text a file name; it is still the text of the mail."""
    for index, (part, _) in enumerate(body.files):
        if _is_text(part) and part.disposition != "attachment":
            text = text_of(part, budget)
            body.segments.append(Segment(html=text) if part.type in _HTML_TYPES else Segment(plain=text))
            del body.files[index]
            return


def _is_text(part: Part) -> bool:
    return part.type in ("text/plain", "text/enriched", "text/richtext", "text/markdown", *_HTML_TYPES)


def text_of(part: Part, budget: Budget) -> str:
    """The words of a text part: transfer encoding, character set and flowing lines undone."""
    data = mail_mime.content(part, budget)
    limit = MAX_HTML_BYTES if part.type in _HTML_TYPES else MAX_TEXT_BYTES
    if len(data) > limit:
        budget.warn(f"A text is longer than {limit // 2**20} MB; the rest of it is only in the raw mail.")
        data = data[:limit]
    declared = part.params.get("charset")
    if part.type in _HTML_TYPES and not (declared and mail_charsets.codec_for(declared)):
        meta = _META_CHARSET.search(data[:4096])
        declared = meta.group(1).decode("ascii") if meta else declared
    text, warning = mail_charsets.decode(data, declared)
    if warning:
        budget.warn(warning)
    text = mail_charsets.clean(text)
    if part.type in ("text/enriched", "text/richtext"):
        return re.sub(r"<[^<>\n]{0,200}>", "", text)
    if part.type == "text/plain" and part.params.get("format", "").lower() == "flowed":
        return unflowed(text, delete_space=part.params.get("delsp", "").lower() == "yes")
    return text


def unflowed(text: str, *, delete_space: bool) -> str:
    """Join flowed lines again (RFC 3676): a line ending in a space goes on in the next of the same quote depth."""
    out: list[str] = []
    flowing: int | None = None
    for row in text.split("\n"):
        quotes = _FLOWED_QUOTE.match(row)
        depth = quotes.end() if quotes else 0
        words = row[depth:].removeprefix(" ")
        flows = words.endswith(" ") and words != "-- "
        if flows and delete_space:
            words = words[:-1]
        if flowing == depth and words != "-- ":
            out[-1] += words
        else:
            out.append(("> " * depth + words) if depth else words)
        flowing = depth if flows else None
    return "\n".join(out)


def attachments(
    body: Body, budget: Budget, *, max_bytes: int, max_count: int, shown_cids: frozenset[str]
) -> list[Attachment]:
    """The files of a mail, each listed once; those against the rules say why and carry no content."""
    found: list[Attachment] = []
    taken: set[str] = set()
    for part, related in body.files:
        data = mail_mime.content(part, budget)
        name = _distinct(safe_name(part.filename) or _made_up_name(part), taken)
        refused = _refusal(part, name, data, len(found) >= max_count, max_bytes)
        if refused:
            budget.warn(_refusal_words(refused, name))
        content_id = part.headers.get("content-id").strip().strip("<>").strip() or None
        shown = content_id is not None and content_id in shown_cids
        found.append(
            Attachment(
                name=name,
                type=_type_of(part, name),
                size=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
                content=b"" if refused else data,
                content_id=mail_headers.one_line(content_id) if content_id else None,
                inline=shown or (part.main == "image" and (related or part.disposition == "inline")),
                refused=refused,
            )
        )
    return found


def _refusal(part: Part, name: str, data: bytes, too_many: bool, max_bytes: int) -> Refusal | None:
    extension = name.rpartition(".")[2].lower().strip()
    if ("." in name and extension in _EXECUTABLE_NAMES) or part.type in _EXECUTABLE_TYPES or data[:2] == b"MZ":
        return "type"
    if len(data) > max_bytes:
        return "size"
    return "count" if too_many else None


def _refusal_words(refused: Refusal, name: str) -> str:
    if refused == "count":
        return "The mail has more attachments than are taken; the rest are listed without their content."
    reason = "is larger than allowed" if refused == "size" else "is of a type that can run programs"
    return f"The attachment {name} {reason}; it is listed without its content."


def _type_of(part: Part, name: str) -> str:
    if part.type == "application/octet-stream":
        return mimetypes.guess_type(name)[0] or part.type
    return part.type


def safe_name(declared: str) -> str:
    """A file name without folders, control characters, direction overrides or marks no file system takes."""
    name = _NAME_FORBIDDEN.sub("", mail_headers.one_line(declared))
    name = re.split(r"[/\\]", name)[-1]
    name = _NAME_WILD.sub("_", name).strip(" .")
    if len(name) > 200:
        stem, dot, extension = name.rpartition(".")
        name = f"{stem[:180]}.{extension}" if dot and len(extension) <= 15 else name[:200]
    return name


def _made_up_name(part: Part) -> str:
    if part.type == "message/rfc822":
        inner, _, _ = mail_headers.split(part.body[: mail_headers.MAX_HEADER_BYTES])
        subject = safe_name(inner.decoded("subject").replace("/", "-").replace("\\", "-"))[:100].strip(" .")
        return f"{subject or _STEMS[part.type]}.eml"
    extension = _EXTENSIONS.get(part.type) or (mimetypes.guess_extension(part.type) or ".bin").removeprefix(".")
    stem = _STEMS.get(part.type) or ("image" if part.main == "image" else "attachment")
    return f"{stem}.{extension}"


def _distinct(name: str, taken: set[str]) -> str:
    """The name, numbered when another attachment of the mail has it already."""
    stem, dot, extension = name.rpartition(".")
    candidate, number = name, 2
    while candidate.lower() in taken:
        candidate = f"{stem} ({number}).{extension}" if dot else f"{name} ({number})"
        number += 1
    taken.add(candidate.lower())
    return candidate
