"""What callers hand in and get back. Frozen, and never a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from holdfast.guard.fields import Sealed


class NotFound(Exception):
    """There is no such campaign."""


class Refused(Exception):
    """It cannot be done as things stand; the text is a sentence for the person who asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One person and where a campaign reaches them.

    `person_key` names the person without any personal value (`customer:<id>`, `subscriber:<id>`): one campaign writes
    to it once. `address` is a mail address, a telephone number, an https address, or for chat the id of the
    conversation. `values` fill the variables of texts and of the unsubscribe address; a webhook's `secret` signs it.
    Sealed ones are opened and sealed again for the recipient's own row.
    """

    person_key: str
    channel: str
    address: Sealed | str
    locale: str
    segment: str = ""
    values: Mapping[str, Sealed | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Words for one language and segment; variables are written `{name}`."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Added:
    """How many were added, how many were there already, and how many had no usable address or key."""

    added: int
    already: int
    unusable: int


@dataclass(frozen=True, slots=True)
class Count:
    """How many recipients are reached over a channel, in a language, with the words for a segment.

    `text_locale` is the language of the words they get, which may be another when theirs has none.
    """

    channel: str
    locale: str
    segment: str
    text_locale: str
    number: int


@dataclass(frozen=True, slots=True)
class Excluded:
    """How many are left out for one reason, and some of them by key."""

    reason: str
    number: int
    some: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """A message as one of its recipients will read it, with their values under their masks."""

    channel: str
    locale: str
    segment: str
    subject: str
    body: str
    person_key: str


@dataclass(frozen=True, slots=True)
class Cost:
    channel: str
    number: int
    each: float
    total: float


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would happen if it were started now. Nothing is sent or changed by looking."""

    total: int
    reached: int
    counts: Sequence[Count]
    excluded: Sequence[Excluded]
    samples: Sequence[Sample]
    costs: Sequence[Cost]
    currency: str

    @property
    def left_out(self) -> int:
        return self.total - self.reached


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a campaign is. The counts add up to `total`; `rate` is messages a second lately."""

    state: str
    total: int
    sent: int
    failed: int
    unknown: int
    suppressed: int
    cancelled: int
    waiting: int
    rate: float
    eta: timedelta | None
    why: str
    resting_until: datetime | None = None

    @property
    def handled(self) -> int:
        return self.total - self.waiting


@dataclass(frozen=True, slots=True)
class Letter:
    """What a carrier hands over: opened, put into words, for one recipient. Lives only while it is being sent."""

    id: UUID
    attempts: int
    address: str
    subject: str
    body: str
    locale: str
    secret: str = ""
    unsubscribe: str = ""

    def __repr__(self) -> str:  # it holds a person's values
        return f"Letter({self.id})"
