"""Why something about goodwill did not happen."""

from __future__ import annotations


class GoodwillError(Exception):
    """Anything a verb of this room can answer instead of doing it."""


class NotFound(GoodwillError):  # noqa: N818 - part of the room's language
    """There is no such offer, or no such code."""


class Refused(GoodwillError):  # noqa: N818 - part of the room's language
    """It makes no sense here. `sentence` says why, to the person who asked."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Used(Refused):
    """The code was redeemed before, by another request."""


class Over(Refused):
    """The offer has ended, or its time is over."""
