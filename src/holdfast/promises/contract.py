"""What other rooms give and get: kinds and states of promises, and promises as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import models


class Kind(models.TextChoices):
    """What was promised. The subject says to whom: `incident:<id>`, `callback:<id>`, `conversation:<id>`, ..."""

    UPDATE = "update", "next public update"
    CALLBACK = "callback", "callback"
    PERSONAL = "personal", "word to one person"
    COMMITMENT = "commitment", "change that was promised"
    LEGAL = "legal", "notice to an authority or to people"


class State(models.TextChoices):
    """Open, then exactly one of the others, for good."""

    OPEN = "open"
    KEPT = "kept"
    LATE = "late"
    BROKEN = "broken"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class PromiseView:
    """One promise. `first_due` is what was said at first, `due` what holds now: never later than that."""

    id: UUID
    kind: Kind
    subject: str
    about: str
    owner: int | None
    made_at: datetime
    first_due: datetime
    due: datetime
    state: State
    settled_at: datetime | None
    why: str
    mended_at: datetime | None


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice to the owner of a promise. `minutes` before it is due; none when it is due, or was held."""

    id: int
    kind: str
    minutes: int
    at: datetime
    promise: PromiseView


@dataclass(frozen=True, slots=True)
class Tally:
    """How promises stand. Cancelled ones are told apart: they count neither as kept nor as broken."""

    kept: int
    late: int
    broken: int
    open: int
    cancelled: int = 0

    @property
    def settled(self) -> int:
        """How many ended kept, late or broken."""
        return self.kept + self.late + self.broken

    @property
    def kept_share(self) -> float | None:
        """Kept of those that ended kept, late or broken; nothing while none has."""
        return self.kept / self.settled if self.settled else None
