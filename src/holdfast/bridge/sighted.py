"""Whose cases a list on the bridge put before its reader: noted like the lists of the desk, for a blast radius."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.conversations.lookups import cases_numbered
from holdfast.guard.radius import sightings
from holdfast.guard.radius.sightings import How


def note(*, agent_id: int, numbers: Iterable[int | None]) -> None:
    """Note the cases with these numbers, `None` among them for lines without one.

    One query finds whose they are, another one notes those that this reader was not shown before today; none without
    numbers.
    """
    listed = {number for number in numbers if number is not None}
    if listed:
        sightings.note(agent_id=agent_id, how=How.LISTED, cases=cases_numbered(listed))
