"""What strangers typed, before it is kept for those who write: no numbers, no addresses, one line."""

from __future__ import annotations

import re

from holdfast.guard.redaction import redact

_LINK = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
# A date, an amount, a house, an account: of no use for an article, and often somebody's own. `2FA` and `24/7` stay.
_NUMBER = re.compile(r"(?<!\w)[+#(]?\w{0,8}\d[\d.,:/-]*\d\w{0,8}")
_PLACEHOLDER = re.compile(r"\[(?:email|iban|card|phone|cut)\]")
_KEPT_NUMBERS = frozenset({"24/7", "2fa", "3ds", "3d"})


def scrubbed(text: str, *, longest: int) -> str:
    """Return `text` in one line of at most `longest` characters, with numbers, mail addresses and links replaced.

    Names in prose are not found: those who read this may see customers' conversations anyway.
    """
    line = " ".join(redact(_LINK.sub("[link]", text.replace("\0", " ")[: longest * 4])).split())
    return _NUMBER.sub(_without, line)[:longest].rstrip()


def is_empty(line: str) -> bool:
    """Whether a scrubbed line says nothing but what was replaced."""
    return not any(map(str.isalpha, _PLACEHOLDER.sub("", line).replace("[link]", "").replace("[number]", "")))


def _without(found: re.Match[str]) -> str:
    return found.group() if found.group().lower() in _KEPT_NUMBERS else "[number]"
