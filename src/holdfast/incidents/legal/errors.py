"""Why something about a legal clock did not happen."""

from __future__ import annotations


class LegalError(Exception):
    """Anything a verb of this room can answer instead of doing it."""


class NotFound(LegalError):  # noqa: N818 - part of the room's language
    """There is no such act or clock on this incident."""


class Refused(LegalError):  # noqa: N818 - part of the room's language
    """It makes no sense here. `sentence` says why, to the person who asked."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
