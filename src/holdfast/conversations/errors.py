"""Why a verb did not happen."""

from __future__ import annotations


class ConversationError(Exception):
    """Anything a verb on a conversation can answer instead of doing it."""


class NotFound(ConversationError):  # noqa: N818 - part of the room's language
    """There is no such conversation, or none that the asker may see: the two are not told apart."""


class Stale(ConversationError):  # noqa: N818 - part of the room's language
    """Somebody acted first. `current_version` is the conversation's version now."""

    def __init__(self, current_version: int) -> None:
        super().__init__(f"Somebody acted first; the conversation is at version {current_version}.")
        self.current_version = current_version


class Refused(ConversationError):  # noqa: N818 - part of the room's language
    """The verb makes no sense here. `sentence` says why, to the person who asked."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
