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


class Question(StrEnum):
    """What a survey asks. The measures are those of the glossary: CSAT, NPS, CES."""

    EFFORT = "effort"
    SATISFACTION = "satisfaction"
    RECOMMENDATION = "recommendation"
    OPEN = "open"
    """Anything else: a thumb under an article, a line for words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """Read by the rooms; each field says who reads it. The defaults are calm."""

    friction: str = "none"
    """Shield: the strongest step of the ladder that may be taken (`shield.evidence.Friction`)."""
    room: str = "first_come"
    """Shield: the order of the line, `first_come` or `by_need`."""
    callbacks: bool = False
    """Conversations: whether times to be called or written back are offered by themselves (`callbacks.offer`)."""
    deflections: Mapping[str, str] = field(default_factory=dict)
    """Triage: a word or phrase to the text whoever writes about it gets first; they stand in line all the same."""
    queue_priority: Mapping[str, int] = field(default_factory=dict)
    """Desk: queue slug to a number; higher is served first by `next in line`."""
    surveys: Surveys = Surveys.USUAL
    """Whoever asks customers what they think: `current.may_ask`."""
    cases_per_agent: int | None = None
    """Desk: open cases at one time; `None` keeps each agent's own number."""
    update_minutes: int | None = None
    """Broadcast: the longest silence towards the public, in minutes."""


CALM = Effects()
