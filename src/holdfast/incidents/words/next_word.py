"""The sentence that names the next update, for channels that print no clock beside a text. Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo

from holdfast.incidents.words.lexicon import LEXICONS, lexicon_of


def with_next(text: str, *, locale: str, due: datetime, zone: tzinfo) -> str:
    """Return `text` with a line that names when the next update comes, unless it says so itself.

    In a language we have no words for, the line is in English.
    """
    words = lexicon_of(locale) or LEXICONS["en"]
    if words.next_said.search(text):
        return text
    return f"{text}\n\n{words.next_line.format(time=f'{due.astimezone(zone):%H:%M %Z}')}"
