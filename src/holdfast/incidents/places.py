"""Where the law runs a clock on an incident: told by the room that knows, plugged in while the house starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A jurisdiction: its short word (`EU`, `US-CA`), its name, the codes that fall under it, and which clocks run."""

    code: str
    name: str
    codes: tuple[str, ...]
    titles: tuple[str, ...]


Source = Callable[[UUID], Sequence[Place]]
_plugged: list[Source] = []


def plug(source: Source) -> None:
    """Take places from `source`, by incident."""
    _plugged[:] = [source]


def places_of(incident_id: UUID) -> Sequence[Place]:
    """Return where clocks were started on an incident; nowhere when nobody knows."""
    return _plugged[0](incident_id) if _plugged else ()


def codes_by_place(incident_id: UUID) -> dict[str, tuple[str, ...]]:
    """Return the codes that fall under each place, by its short word."""
    return {each.code: each.codes for each in places_of(incident_id)}
