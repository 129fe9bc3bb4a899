"""Header fields of a mail or a part, read without trusting them: bounded, unfolded, decoded.

The standard library's header classes raise on some malformed fields and give up at the first odd line; real mail has
both. So fields are split and decoded here (RFC 5322, 2047, 2231), every step linear in what it reads and capped.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from urllib.parse import unquote_to_bytes

from holdfast.channels import mail_charsets

MAX_HEADER_BYTES = 256 * 1024
MAX_FIELDS = 2_000
MAX_VALUE = 32 * 1024

_KNOWN = (
    rb"from|to|cc|subject|date|message-id|in-reply-to|references|reply-to|sender|received|return-path|mime-version|"
    rb"content-type|content-transfer-encoding|content-disposition|content-id|auto-submitted|delivered-to|"
    rb"x-failed-recipients|precedence"
)
_KNOWN_LINE = re.compile(rb"^(?:" + _KNOWN + rb")[ \t]*:", re.I | re.M)
_KNOWN_FIELD = re.compile(rb"^(?:" + _KNOWN + rb")[ \t]*:[^\n]{0,4000}(?:\n[ \t][^\n]{0,1000}){0,50}", re.I | re.M)
_FIELD_NAME = re.compile(rb"([\x21-\x39\x3b-\x7e]{1,200})[ \t]*:")
_BLANK_FIRST = re.compile(rb"\r?(?:\n|\Z)")
_BLANK_LINE = re.compile(rb"\n\r?(?:\n|\Z)")

_ENCODED = re.compile(r"=\?([^?\s]{1,60})\?([bq])\?((?:[^?]|\?(?!=)){0,2000})\?=", re.I)
_BIDI_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile(r"\s+")

_PARAM = re.compile(r';\s*([^\s=;"]{1,100})\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)', re.S)
_EXTENDED = re.compile(r"(.+?)(?:\*(\d{1,3}))?(\*)?\Z", re.S)


@dataclass(frozen=True)
class Headers:
    """The fields of one entity, in order. Names are lower case, values unfolded bytes."""

    fields: list[tuple[str, bytes]] = field(default_factory=list)

    @cached_property
    def _charset_hint(self) -> str | None:
        for name, value in self.fields:
            if name == "content-type":
                return parameters(value.decode("latin-1"))[1].get("charset")
        return None

    def __contains__(self, name: object) -> bool:
        return any(known == name for known, _ in self.fields)

    def all(self, name: str) -> list[str]:
        """Every value of a field as text, encoded words still encoded."""
        return [self._text(value) for known, value in self.fields if known == name]

    def get(self, name: str) -> str:
        """First value of a field as text, encoded words still encoded; empty when absent."""
        return next((self._text(value) for known, value in self.fields if known == name), "")

    def decoded(self, name: str) -> str:
        """First value of a field, encoded words decoded, on one line."""
        return one_line(decode_words(self.get(name)))

    def structured(self, name: str) -> tuple[str, dict[str, str]]:
        """First value of a field such as Content-Type, as (lower-case value, parameters)."""
        return parameters(self.get(name))

    def _text(self, value: bytes) -> str:
        try:
            return mail_charsets.clean(value.decode("utf-8"))
        except UnicodeDecodeError:
            return mail_charsets.clean(mail_charsets.decode(value, self._charset_hint)[0])


def split(raw: bytes) -> tuple[Headers, bytes, list[str]]:
    """Split an entity into its header fields and its body; also plain warnings. Work is bounded by MAX_HEADER_BYTES."""
    warnings: list[str] = []
    blank = _BLANK_FIRST.match(raw) or _BLANK_LINE.search(raw)
    end, start = (blank.start(), blank.end()) if blank else (len(raw), len(raw))
    block = raw[: min(end, MAX_HEADER_BYTES)]
    if end > len(block) and b"\n" in block:
        block = block[: block.rindex(b"\n") + 1]
    fields, used = _fields(block)
    if used < len(block):
        # Not a header any more: the blank line before the body is missing.
        start = used
        if fields:
            warnings.append("A line in the header is not a header field; the text was taken to start there.")
    elif end > len(block):
        warnings.append(f"The header is longer than {MAX_HEADER_BYTES // 1024} kB; the rest of it was skipped.")
        present = {name for name, _ in fields}
        for found in islice(_KNOWN_FIELD.finditer(raw, len(block), end), 200):
            late, _ = _fields(found.group())
            fields += [pair for pair in late if pair[0] not in present][:1]
            present.update(name for name, _ in late)
    if len(fields) > MAX_FIELDS:
        warnings.append(f"The header has more than {MAX_FIELDS} fields; some were skipped.")
        known = [pair for pair in fields[MAX_FIELDS:] if _KNOWN_LINE.match(pair[0].encode("latin-1") + b":")]
        fields = fields[:MAX_FIELDS] + known[:100]
    return Headers(fields), raw[start:], warnings


def _fields(block: bytes) -> tuple[list[tuple[str, bytes]], int]:
    """Read fields from a block; also how many bytes were header. Junk lines are stepped over if fields follow them."""
    fields: list[tuple[str, list[bytes]]] = []
    position = 0
    last_known = max((found.start() for found in _KNOWN_LINE.finditer(block)), default=-1)
    for line in block.splitlines(keepends=True):
        name = _FIELD_NAME.match(line)
        if line[:1] in (b" ", b"\t"):
            if fields:
                fields[-1][1].append(line)
        elif name:
            fields.append((name.group(1).decode("latin-1").lower(), [line[name.end() :]]))
        elif position > last_known and not line.startswith((b"From ", b">From ")) and line.strip():
            return _joined(fields), position
        position += len(line)
    return _joined(fields), position


def _joined(fields: list[tuple[str, list[bytes]]]) -> list[tuple[str, bytes]]:
    joined = []
    for name, lines in fields:
        value = b"".join(lines)[:MAX_VALUE]
        joined.append((name, re.sub(rb"[\r\n]+", b"", value).strip()))
    return joined


def one_line(text: str) -> str:
    """Text for a single line: spaces collapsed, direction overrides and control characters gone."""
    return _SPACES.sub(" ", _BIDI_OVERRIDES.sub("", mail_charsets.clean(text))).strip()


def decode_words(value: str) -> str:
    """Decode RFC 2047 encoded words, also broken ones: characters split between words, spaces inside, in quotes."""
    if "=?" not in value:
        return value
    out: list[str] = []
    pending: list[bytes] = []
    charset = ""
    end = 0

    def flush() -> None:
        if pending:
            out.append(mail_charsets.decode(b"".join(pending), charset)[0])
            pending.clear()

    for word in _ENCODED.finditer(value):
        between = value[end : word.start()]
        if not pending or between.strip():
            flush()
            out.append(between)
        elif word.group(1).lower() != charset:
            flush()
        charset = word.group(1).lower()
        pending.append(_word_bytes(word.group(2).lower(), word.group(3)))
        end = word.end()
    flush()
    return mail_charsets.clean("".join(out) + value[end:])


def _word_bytes(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if encoding == "q":
        return binascii.a2b_qp(raw.replace(b"_", b" "), header=False)
    return base64_bytes(raw)[0]


def base64_bytes(raw: bytes) -> tuple[bytes, bool]:
    """Decode base64 with anything foreign skipped; also whether it was whole (False when cut short)."""
    letters = re.sub(rb"[^A-Za-z0-9+/=]", b"", raw)
    out = bytearray()
    whole = True
    for chunk in letters.replace(b"==", b"=").split(b"="):
        spare = len(chunk) % 4
        if spare == 1:
            whole = False
            chunk = chunk[:-1]
        if chunk:
            out += binascii.a2b_base64(chunk + b"=" * (-len(chunk) % 4))
    if len(letters) % 4:
        whole = False
    return bytes(out), whole


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """Split `type; name=value; ...` with RFC 2231 continuations and charsets. Never raises."""
    value = value[:MAX_VALUE]
    main, _, _ = value.partition(";")
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for found in _PARAM.finditer(value, len(main)):
        name, content = found.group(1).lower(), _unquoted(found.group(2))
        extended = _EXTENDED.match(name)
        if extended and (extended.group(2) or extended.group(3)):
            order = int(extended.group(2) or 0)
            pieces.setdefault(extended.group(1), []).append((order, bool(extended.group(3)), content))
        else:
            plain.setdefault(name, content)
    for name, parts in pieces.items():
        plain[name] = _continued(parts)
    return _SPACES.sub("", main).lower(), plain


def _unquoted(content: str) -> str:
    if content.startswith('"'):
        content = content[1:].removesuffix('"')
        # Only quotes and backslashes are escaped in practice; others are Windows paths.
        return re.sub(r'\\(["\\])', r"\1", content)
    return content.strip()


def _continued(parts: list[tuple[int, bool, str]]) -> str:
    charset: str | None = None
    data = b""
    for order, (_, encoded, content) in enumerate(sorted(parts, key=lambda part: part[0])):
        if encoded:
            if order == 0 and content.count("'") >= 2:
                charset, _, content = content.split("'", 2)
            data += unquote_to_bytes(content)
        else:
            data += content.encode("utf-8", "replace")
    return mail_charsets.clean(mail_charsets.decode(data, charset or "utf-8")[0])


def unique(values: Iterable[str]) -> list[str]:
    """The values without repeats and empties, order kept."""
    return list(dict.fromkeys(value for value in values if value))
