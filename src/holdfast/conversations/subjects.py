"""When two mail subjects are the same matter."""

from __future__ import annotations

import re

# What mail programmes put in front of an answer or a forwarded mail, in the languages met most often.
_MARK = re.compile(
    r"^\s*(?:(?:re|aw|antw|antwort|sv|vs|fw|fwd|wg|tr|rv|enc|res|resp|odp|bls|balas|ha|ynt|回复|答复|转发|回覆)"
    r"(?:\s*[\[(]\d{1,3}[\])]|\s*\^\d{1,3})?\s*[:：]\s*|\[[^\]\s]{1,30}\]\s*)",
    re.IGNORECASE,
)
_LONGEST = 300


def normalised(subject: str) -> str:
    """Return `subject` without answer marks, list tags, case and spacing; empty when nothing is left."""
    subject = subject[:_LONGEST]
    while (mark := _MARK.match(subject)) is not None:
        subject = subject[mark.end() :]
    return " ".join(subject.split()).casefold()
