"""What a posture changes in every room. `CALM` changes nothing, anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Name(StrEnum):
    """The five postures, in the order of the ladder."""

    CALM = "calm"
    WATCH = "watch"
    SURGE = "surge"
    SIEGE = "siege"
    RECOVERY = "recovery"


class Surveys(StrEnum):
    """What may be asked of customers now."""

    USUAL = "usual"
    EFFORT_ONLY = "effort_only"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """Read by the rooms; each field says who reads it. The defaults are calm."""

    friction: str = "none"
    """Shield: the strongest step of the ladder that may be taken (`shield.evidence.Friction`)."""
    room: str = "first_come"
    """Shield: the order of the line, `first_come` or `by_need`."""
    callbacks: bool = False
    """Waiting room: offer to keep the place and call back."""
    deflections: Mapping[str, str] = field(default_factory=dict)
    """Triage: topic word to a text that answers and leaves the way to a person open."""
    queue_priority: Mapping[str, int] = field(default_factory=dict)
    """Desk: queue slug to a number; higher is served first by `next in line`."""
    surveys: Surveys = Surveys.USUAL
    cases_per_agent: int | None = None
    """Desk: open cases at one time; `None` keeps each agent's own number."""
    update_minutes: int | None = None
    """Broadcast: the longest silence towards the public, in minutes."""


CALM = Effects()
