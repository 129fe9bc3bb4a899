"""What can be wrong with what somebody asks of this room."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - carries the sentence for the person
    """Not this way. `sentence` says why, and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
