"""Addresses, identifiers and dates as they stand in mail headers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from holdfast.channels import mail_headers

MAX_ADDRESSES = 1_000
MAX_REFERENCES = 1_000

_BARE = re.compile(r"[^\s<>()\[\],;:\"@]{1,128}@[^\s<>()\",;:@]{1,255}")
_QUOTED_LOCAL = re.compile(r'"[^"]{1,128}"@[^\s<>()",;:@]{1,255}\Z')
_BRACKETED_ID = re.compile(r"<([^<>]{1,2000})>")
_SPACES = re.compile(r"\s+")


def addresses(value: str) -> list[tuple[str, str]]:
    """Read an address list as (name, address) pairs; entries without an address are left out. Never raises."""
    found = [pair for entry in _entries(value[: mail_headers.MAX_VALUE]) if (pair := _one(entry))[1]]
    if not found and "=?" in value:
        # Some writers encode the whole field, address and all.
        decoded = mail_headers.decode_words(value)
        found = [pair for entry in _entries(decoded) if (pair := _one(entry))[1]]
    return found[:MAX_ADDRESSES]


def _entries(value: str) -> list[str]:
    """Split at commas and semicolons outside quotes, comments and angle brackets."""
    entries: list[str] = []
    current: list[str] = []
    quoted = angled = escaped = False
    comment = 0
    for char in value:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"' and not comment:
            quoted = not quoted
        elif not quoted and char == "(":
            comment += 1
        elif not quoted and char == ")":
            comment = max(0, comment - 1)
        elif not quoted and not comment and char in "<>":
            angled = char == "<"
        elif not (quoted or comment or angled) and char in ",;":
            entries.append("".join(current))
            current = []
            continue
        current.append(char)
    if quoted and not entries:
        # A quote that never closes swallowed the list.
        return value.replace('"', " ").split(",")
    return [*entries, "".join(current)]


def _one(entry: str) -> tuple[str, str]:
    entry = entry.strip()
    angle = entry.rfind("<")
    if angle >= 0:
        inside = entry[angle + 1 :].partition(">")[0]
        address = _address(inside)
        if address:
            return _name(entry[:angle]), address
    bare = _BARE.search(entry)
    if bare is None:
        return "", _address(entry)
    comment = re.search(r"\(([^()]*)\)", entry)
    before = entry[: bare.start()].rpartition(":")[2] if angle < 0 else entry[: bare.start()]
    return _name(comment.group(1) if comment else before.strip(" <")), _address(bare.group())


def _address(text: str) -> str:
    """An addr-spec with its domain in lower case, or an empty string."""
    text = mail_headers.one_line(text).removeprefix("mailto:").strip("<>'")
    if text.startswith("@") and ":" in text:  # An obsolete source route, RFC 5322 4.4.
        text = text.partition(":")[2]
    if text.startswith('"'):
        matched = _QUOTED_LOCAL.match(text)
        if not matched:
            return ""
    else:
        text = text.replace(" ", "")
        if not _BARE.fullmatch(text):
            return ""
    local, _, domain = text.rpartition("@")
    domain = domain.strip(".").lower()
    return f"{local}@{domain}" if domain else ""


def _name(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    return mail_headers.one_line(mail_headers.decode_words(text)).strip("\"' ")[:300]


def message_ids(value: str) -> list[str]:
    """Every identifier in a field, without angle brackets, order kept and repeats removed."""
    found = [_SPACES.sub("", one) for one in _BRACKETED_ID.findall(value)]
    if not found and "<" not in value and "@" in value:
        found = value.split()
    # The first and the newest ones matter for threading; a list longer than this is not one.
    ids = mail_headers.unique(one.strip("<>,;") for one in found)
    return ids if len(ids) <= MAX_REFERENCES else ids[:1] + ids[1 - MAX_REFERENCES :]


def message_id(value: str) -> str | None:
    """The identifier in a Message-ID field, also without its angle brackets or its at sign; None when absent."""
    found = message_ids(value)
    if found:
        return found[0]
    return _SPACES.sub("", value).strip("<>")[:998] or None


def date(value: str) -> datetime | None:
    """A Date field as an aware datetime that converts to UTC without overflow; None when it cannot be read."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(value.strip())
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            if not 2 <= moment.astimezone(UTC).year <= 9998:
                continue
        except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
            continue
        return moment
    return None


def date_warning(moment: datetime, reference: datetime) -> str | None:
    """A sentence when the sender's clock is more than a year away from `reference`, when the mail was taken in."""
    if abs(moment.astimezone(UTC) - reference.astimezone(UTC)) > timedelta(days=366):
        return f"The date of the mail ({moment.date().isoformat()}) is more than a year off."
    return None
