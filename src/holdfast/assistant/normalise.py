"""The first step: one text, whatever keyboard, program or mischief it came from. Words stay as they were written."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 20_000
"""Characters of a message that are read."""

_HIDDEN = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]"
)
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\n{3,}")


def normalised(text: str) -> str:
    """Return `text` in NFKC without characters that cannot be seen, with plain spaces, cut at `LONGEST`."""
    text = text[:LONGEST]
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    text = _HIDDEN.sub("", text)
    return _LINES.sub("\n\n", _SPACES.sub(" ", text)).strip()


def says_something(text: str) -> bool:
    """Return whether a text has a letter or a digit in any script; pictures and punctuation alone say nothing."""
    return any(map(str.isalnum, text))
