"""Why something about an incident did not happen. Every sentence is for the person who asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.incidents.contract import Problem


class IncidentError(Exception):
    """Anything a verb of this room can answer instead of doing it."""


class NotFound(IncidentError):  # noqa: N818 - part of the room's language
    """There is no such incident, update, fact, component or commitment."""


class Stale(IncidentError):  # noqa: N818 - part of the room's language
    """Somebody wrote first. `current_version` is the version now; nothing of either text is lost."""

    def __init__(self, current_version: int) -> None:
        super().__init__("Somebody changed this in the meantime. Your words are still here; look at both.")
        self.current_version = current_version


class Refused(IncidentError):  # noqa: N818 - part of the room's language
    """It makes no sense, or not yet. `problems` are the single faults where there are several."""

    def __init__(self, sentence: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.problems = tuple(problems)
