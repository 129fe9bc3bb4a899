"""Why a posture or a playbook was not changed."""

from __future__ import annotations

from collections.abc import Sequence


class Stale(Exception):  # noqa: N818 - part of the room's language
    """Somebody changed it first. `current_version` is the version now."""

    def __init__(self, current_version: int) -> None:
        super().__init__(f"Somebody changed the posture first; it is at version {current_version}.")
        self.current_version = current_version


class Refused(Exception):  # noqa: N818 - part of the room's language
    """It makes no sense. `sentence` says why, to the person who asked."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class PlaybookError(Exception):
    """A playbook cannot be read. `faults` are sentences, each naming its place."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = tuple(faults)
