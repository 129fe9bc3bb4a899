"""What callers get of goodwill: frozen, and never a model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """What a code was good for. `repeat`: the same request had redeemed it before. `trial`: a test, it cost nothing."""

    offer: str
    amount: Decimal
    currency: str
    at: datetime
    repeat: bool
    trial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalView:
    by: str
    limit: Decimal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    at: datetime
    by: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What became of the people an offer was drawn for. `offered` = `given` + those with no code yet.

    `given` = `redeemed` + `open` while it runs; once it has ended, those that were not redeemed are `lapsed`.
    """

    eligible: int
    held_out: int
    offered: int
    given: int
    redeemed: int
    open: int
    lapsed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferView:
    id: UUID
    incident_id: UUID
    name: str
    state: str
    label: str
    amount: Decimal
    currency: str
    budget: Decimal
    promised: Decimal
    spent: Decimal
    expires_at: datetime
    whom: str
    hold_out: int
    seed: int
    by_id: int
    by: str
    at: datetime
    tried_at: datetime | None
    handed_at: datetime | None
    campaign_id: UUID | None
    ended_at: datetime | None
    approvals: tuple[ApprovalView, ...]
    second_look: str
    sums: Sums

    @property
    def left(self) -> Decimal:
        """What of the budget no code stands for yet."""
        return self.budget - self.promised

    @property
    def whole(self) -> Decimal:
        """What it takes to give everybody whom it is offered to their amount."""
        return self.amount * self.sums.offered


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitView:
    agent_id: int
    name: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Shares of two groups and the 95 % interval of their difference, offered minus held out."""

    what: str
    offered: int
    held_out: int
    low: float
    high: float
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What those with an offer and those without did since: how many of each there are, and who did what at least once.

    Everybody is counted where they were drawn, also who never got the mail.
    """

    since: datetime
    until: datetime
    offered: int
    held_out: int
    differences: tuple[Difference, ...]
