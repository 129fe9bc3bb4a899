"""What callers get of audiences: frozen, and never a model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One group as it was counted. `matched` fit its rule; `number` of them fit no earlier group.

    `overlaps` says how many went to which earlier group, by name. `late` became customers after the exposure.
    `unknown` references of its file are nobody's; `some_unknown` are the first of them. `discreet`: who is in it is
    shown to nobody but who leads.
    """

    name: str
    segment: str
    rule: str
    matched: int
    number: int
    overlaps: dict[str, int]
    late: int
    unknown: int
    some_unknown: tuple[str, ...] = ()
    discreet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """An audience on its way into a campaign, or there: `passed` of `total` members were gone through."""

    id: int
    update_id: UUID
    campaign_id: UUID
    state: str
    passed: int
    total: int
    why: str
    added: int
    no_address: int
    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceView:
    """A frozen audience."""

    id: UUID
    version: int
    exposed_at: datetime
    frozen_at: datetime
    frozen_by: str
    total: int
    groups: tuple[Counted, ...]
    languages: tuple[tuple[str, int], ...]
    jurisdictions: tuple[tuple[str, int], ...]
    handed: tuple[Handed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """A rule as it stands. `label` says which words its people read."""

    id: int
    name: str
    segment: str
    label: str
    rule: str
    source: str
    asked_at: datetime | None
    as_of: datetime | None
    stale: bool
    discreet: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderClock:
    """A place in which a legal clock runs, and how many of an audience are known to be there."""

    place: str
    titles: tuple[str, ...]
    number: int
