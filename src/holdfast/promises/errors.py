"""Why a verb did not happen."""

from __future__ import annotations


class PromiseError(Exception):
    """Anything a verb on a promise can answer instead of doing it."""


class NotFound(PromiseError):  # noqa: N818 - part of the room's language
    """There is no such open promise."""


class Refused(PromiseError):  # noqa: N818 - part of the room's language
    """The verb makes no sense here. `sentence` says why, to the person who asked."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
