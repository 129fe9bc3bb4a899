"""Why something about an audience did not happen."""

from __future__ import annotations


class AudienceError(Exception):
    """Anything a verb of this room can answer instead of doing it."""


class NotFound(AudienceError):  # noqa: N818 - part of the room's language
    """There is no such group, audience or call on this incident."""


class Refused(AudienceError):  # noqa: N818 - part of the room's language
    """It makes no sense here. `sentence` says why, to the person who asked."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
