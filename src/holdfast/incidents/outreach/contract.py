"""What callers get of outreach: frozen, and never a model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from holdfast.guard.fields import Sealed
from holdfast.promises.contract import PromiseView


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is counted about one person whom an incident touched, and how many of the others stand lower in each.

    `others` is how many people it touched besides. A `segment` that is empty: in no frozen audience.
    """

    customer_id: UUID
    reference: str
    segment: str
    tier: str
    of_tier: int
    since: date | None
    came_later: int
    open_cases: int
    oldest_case: int | None
    oldest_since: datetime | None
    others: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody in the queue, with why they stand there."""

    customer_id: UUID
    name: Sealed
    reference: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Executive:
    """Somebody who may be named for a person; `why`: by role, or as a signatory."""

    id: int
    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    at: datetime
    by: str
    outcome: str
    label: str
    wanted: str
    promised: str
    promise: PromiseView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutreachView:
    """One person with the one executive who talks to them, and what came of it."""

    id: UUID
    incident_id: UUID
    customer_id: UUID
    name: Sealed
    reference: str
    executive_id: int
    executive: str
    taken_at: datetime
    window_from: datetime
    window_until: datetime
    held_until: datetime
    reasons: tuple[str, ...]
    calls: tuple[CallView, ...]
    ended_at: datetime | None
    end: str

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.ended_at is None

    @property
    def promise(self) -> PromiseView | None:
        """The promise that was made last, if any was."""
        return next((each.promise for each in reversed(self.calls) if each.promise is not None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """What may be said in a call. Without approved texts, `lacking` says so and `public` is what everybody may read."""

    texts: dict[str, str]
    lacking: str
    public: dict[str, str]
