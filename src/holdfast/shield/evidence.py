"""What is known of one contact, what is decided of it, and what one minute looked like: the shield's words.

Everything here is plain data. What is unknown is `None`, and what is unknown is never held against anyone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

BANDS = 12
"""Bands of the waiting room, 0 first. Calm knows band 0 only."""

Challenge = Literal["pass", "fail"]


class Friction(StrEnum):
    """What is asked of a contact before a person is spent on it, mildest first."""

    NONE = "none"
    CONFIRM_TOPIC = "confirm_topic"
    CONFIRM_CHANNEL = "confirm_channel"
    CALLBACK = "callback"
    ASYNCHRONOUS = "asynchronous"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One contact as the shield sees it. Only `id`, `at`, `channel` and `text` are always known."""

    id: str
    at: datetime
    channel: str
    text: str
    account: str | None = None
    verification: int = 0
    """0 unknown, 1 claimed and matching, 2 proven."""
    operator: str | None = None
    """The assistant's operator, when its signature was verified; `None` for a person, or an unsigned machine."""
    source: str | None = None
    """Carrier, network or door it came through."""
    region: str | None = None
    tenure_days: int | None = None
    open_case: bool | None = None
    need: bool | None = None
    """Whether the company's own data explains this contact (a failed payment, an affected account)."""
    challenge: Challenge | None = None
    """What came of a question asked before; `None` when none was asked."""
    intent: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredTopic:
    """A matter the company itself declared, such as an incident: contacts about it are explained.

    `words`: any of these in a text names the topic. `accounts`: who is affected, empty for everybody.
    """

    id: str
    words: tuple[str, ...]
    accounts: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Where a contact stands and why. `score` is log-odds of not being explained; 0 and below is nothing special."""

    id: str
    band: int
    score: float
    friction: Friction
    reasons: tuple[str, ...]
    model: int = 0
    """Version of the model that decided; the same traits and model give the same decision again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MinuteReport:
    """One closed minute. `expected` is the baseline's contacts per minute, `flood_share` a share of what arrived."""

    minute: datetime
    rate: float
    expected: float
    surge: bool
    flood_share: float
    reasons: tuple[str, ...] = ()
    low: float = 0.0
    """Of the flood's share: one in ten chance of less."""
    high: float = 0.0
    details: Mapping[str, float] = field(default_factory=dict)
