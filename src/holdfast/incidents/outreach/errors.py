"""Why something about a call did not happen."""

from __future__ import annotations


class OutreachError(Exception):
    """Anything a verb of this room can answer instead of doing it."""


class NotFound(OutreachError):  # noqa: N818 - part of the room's language
    """There is no such outreach on this incident, or no such customer."""


class Refused(OutreachError):  # noqa: N818 - part of the room's language
    """It makes no sense here. `sentence` says why, to the person who asked."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
