"""What a verb of this room says instead of doing something."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - a decision, not a fault
    """The verb said no. `sentence` is for the person who asked."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
