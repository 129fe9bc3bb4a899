"""The tree of parts of a mail (RFC 2045, 2046), split by searching for boundaries instead of line by line.

Bounded in depth and number: a mail built to exhaust a parser costs a few linear passes over its bytes.
Nothing is ever decompressed.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field

from holdfast.channels import mail_headers
from holdfast.channels.mail_headers import Headers

MAX_DEPTH = 30
MAX_PARTS = 500

_GUESSED_BOUNDARY = re.compile(rb"(?:\A|\n)--([^\s\r\n][^\r\n]{0,100}?)[ \t]*\r?\n(?:[!-9;-~]+:|\r?\n)")
_DELIMITER_END = re.compile(rb"(--)?[ \t]*(?:\r?\n|\Z)")
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/\s]*=*\s*")


@dataclass
class Part:
    """One entity: its headers, and either the parts inside it or its body as sent."""

    headers: Headers
    type: str
    """Lower-case media type, `text/plain` when none is declared."""
    params: dict[str, str]
    body: bytes
    parts: list[Part] = field(default_factory=list)

    @property
    def main(self) -> str:
        return self.type.partition("/")[0]

    @property
    def disposition(self) -> str:
        """`attachment`, `inline` or empty."""
        return self.headers.structured("content-disposition")[0]

    @property
    def filename(self) -> str:
        """File name as declared, decoded and not yet made safe; empty when none."""
        declared = self.headers.structured("content-disposition")[1].get("filename") or self.params.get("name", "")
        return mail_headers.decode_words(declared)


@dataclass
class Budget:
    """What is left to spend on one mail, and what had to be said about it."""

    warnings: list[str]
    parts: int = MAX_PARTS

    def warn(self, sentence: str) -> None:
        if sentence not in self.warnings:
            self.warnings.append(sentence)


def tree(headers: Headers, body: bytes, budget: Budget) -> Part:
    """Build the tree of parts under a mail whose header is already split off."""
    root = _part(headers, body, "text/plain")
    _expand(root, budget, depth=0)
    return root


def _part(headers: Headers, body: bytes, default: str) -> Part:
    declared, params = headers.structured("content-type")
    return Part(headers, _media_type(declared, default), params, body)


def _expand(part: Part, budget: Budget, *, depth: int) -> None:
    budget.parts -= 1
    if part.main != "multipart":
        return
    if depth >= MAX_DEPTH or budget.parts <= 0:
        budget.warn("The mail has too many parts inside one another; the innermost were kept as one attachment.")
        part.type = "application/octet-stream"
        return
    pieces = _pieces(part, budget)
    if not pieces:
        part.type = "text/html" if re.match(rb"\s*<(?:!doctype|html)", part.body, re.I) else "text/plain"
        budget.warn("The mail says it has several parts but has no boundary between them; it was read as one text.")
        return
    # Bytes are let go as soon as they are split, so a deep tree does not hold a copy of itself per level.
    part.body = b""
    pieces.reverse()
    default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
    while pieces:
        if budget.parts <= 0:
            budget.warn(f"The mail has more than {MAX_PARTS} parts; the rest were kept as one attachment.")
            rest = b"\n".join(reversed(pieces))
            part.parts.append(Part(Headers(), "application/octet-stream", {"name": "more-parts.bin"}, rest))
            return
        part.parts.append(_part(*_headed(pieces.pop(), budget), default))
        _expand(part.parts[-1], budget, depth=depth + 1)


def _headed(piece: bytes, budget: Budget) -> tuple[Headers, bytes]:
    headers, body, warnings = mail_headers.split(piece)
    for sentence in warnings:
        budget.warn(sentence)
    return headers, body


def _media_type(declared: str, default: str) -> str:
    if not declared:
        return default
    if declared in ("text", "plain"):
        return "text/plain"
    if declared == "html":
        return "text/html"
    # RFC 2045, 5.2: what cannot be read as type/subtype is plain text.
    return declared if re.fullmatch(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,120}", declared) else "text/plain"


def _pieces(part: Part, budget: Budget) -> list[bytes]:
    boundary = part.params.get("boundary", "").rstrip().encode("utf-8", "replace")
    pieces = _split(part.body, boundary, budget) if boundary else []
    if pieces:
        return pieces
    guessed = _GUESSED_BOUNDARY.search(part.body)
    if guessed is None:
        return []
    budget.warn("The boundary between the parts is not the one declared; it was found by looking.")
    return _split(part.body, guessed.group(1), budget)


def _split(body: bytes, boundary: bytes, budget: Budget) -> list[bytes]:
    delimiter = b"--" + boundary
    pieces: list[bytes] = []
    start: int | None = None
    found = 0 if body.startswith(delimiter) else _next_line(body, delimiter, 0)
    while found >= 0 and len(pieces) <= MAX_PARTS:
        after = _DELIMITER_END.match(body, found + len(delimiter))
        if after:
            if start is not None:
                pieces.append(_without_last_line_end(body[start:found]))
            start = None if after.group(1) else after.end()
            if after.group(1):
                return pieces
        found = _next_line(body, delimiter, found)
    if start is not None:
        if found < 0:
            budget.warn("The end of the mail is missing: the last boundary was not closed.")
        pieces.append(body[start:])
    return pieces


def _next_line(body: bytes, delimiter: bytes, position: int) -> int:
    """Start of the next line after `position` that begins with the delimiter, or -1."""
    return body.find(b"\n" + delimiter, position) + 1 or -1


def _without_last_line_end(piece: bytes) -> bytes:
    return piece.removesuffix(b"\n").removesuffix(b"\r")


def content(part: Part, budget: Budget) -> bytes:
    """The body of a part with its transfer encoding undone. Damaged encodings give what can be read, and a warning."""
    encoding = part.headers.get("content-transfer-encoding").split(";")[0].strip().strip("\"'").lower()
    if encoding == "base64":
        return _base64(part.body, budget)
    if encoding in ("quoted-printable", "quoted_printable", "qp"):
        return binascii.a2b_qp(part.body)
    return part.body


def _base64(body: bytes, budget: Budget) -> bytes:
    whole = _BASE64_LINE.fullmatch(body) is not None
    if not whole:
        # Some lists add a footer in plain words below an encoded text: decode only up to it.
        padded = re.match(rb"[A-Za-z0-9+/\s]*={1,2}(?=\s*\n)", body)
        body = padded.group() if padded else body
    data, complete = mail_headers.base64_bytes(body)
    if not complete:
        budget.warn("An encoded part is cut short or damaged; what could be read was kept.")
    return data
