"""Why something about words did not happen. Every sentence is for the person who asked."""

from __future__ import annotations


class WordsError(Exception):
    """Anything a verb of this room can answer instead of doing it."""


class NotFound(WordsError):  # noqa: N818 - part of the room's language
    """There is no such template, version, approval or forbidden statement."""


class Stale(WordsError):  # noqa: N818 - part of the room's language
    """Somebody saved a version first. `current` is its number; nothing of either text is lost."""

    def __init__(self, current: int) -> None:
        super().__init__("Somebody saved a version in the meantime. Your words are still here; look at both.")
        self.current = current


class Refused(WordsError):  # noqa: N818 - part of the room's language
    """It makes no sense, or not yet. `sentence` says what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
