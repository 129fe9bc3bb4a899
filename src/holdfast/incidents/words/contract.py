"""What goes in and out of the check of words, and of the room's reads. Frozen; nothing about a customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum
from uuid import UUID

from django.db.models import TextChoices


class Use(TextChoices):
    """What a template is for."""

    FIRST = "first", "First word"
    UPDATE = "update", "Update"
    HOLDING = "holding", "Holding text: no news at the promised time"
    RESOLVED = "resolved", "Resolved"
    MAINTENANCE = "maintenance", "Maintenance"
    BREACH_AFFECTED = "breach_affected", "Breach: for those affected"
    BREACH_UNAFFECTED = "breach_unaffected", "Breach: for those not affected"
    OUTREACH = "outreach", "Talking points for a call"


class Role(TextChoices):
    """In whose name a text is approved."""

    LEGAL = "legal", "Legal"
    COMMUNICATIONS = "communications", "Communications"
    SECURITY = "security", "Security"
    EXECUTIVE = "executive", "Executive"


class Rule(StrEnum):
    """What a text is looked at for."""

    VARIABLE = "variable"
    FORBIDDEN = "forbidden"
    APPROVAL = "approval"
    FACTS = "facts"
    CAUSE = "cause-named"
    APOLOGY = "apology"
    BLAME = "blame"
    NEXT = "next-said"
    CONSISTENT = "consistent"
    READING = "reading"
    STYLE = "style"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingText:
    """One text as it would leave. `segment` empty: everybody may read it. `channel` empty: all channels carry it."""

    locale: str
    text: str
    segment: str = ""
    channel: str = ""

    @property
    def where(self) -> str:
        """Where a problem with it is shown: `texts:<locale>:<segment>`."""
        return f"texts:{self.locale}:{self.segment}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a text may say: the words of a fact, and moments it stands for that may be named in them."""

    text: str
    moments: Sequence[datetime] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """On what occasion a text leaves.

    `use`: nothing for a list that stands beside other words and owes neither an apology nor the next word.
    `harm`: service, money, data or safety. `severity`: 1 is the worst. `next_due`: when the next word is promised;
    `next_beside`: whether what carries the text prints that itself. `zone`: that of times in the text.
    """

    use: Use | None
    harm: str
    severity: int
    next_due: datetime | None
    next_beside: bool
    zone: tzinfo
    jurisdictions: Sequence[str] = ()
    drill: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with a text, in a sentence. `advice` stops nothing."""

    rule: Rule
    sentence: str
    where: str = ""
    advice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ban:
    """A statement that may not be made, as the check reads it: `pattern` is a phrase, or an expression."""

    id: int
    pattern: str
    is_expression: bool
    why: str
    jurisdiction: str = ""
    locale: str = ""
    until: datetime | None = None
    asked_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Whose approval a text needs; `jurisdiction` empty: anywhere. `waived_alone`: not if nobody holds the role."""

    role: Role
    jurisdiction: str = ""
    waived_alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """An approval that a text lacks; `lapsed`: there was one, and it expired or was revoked."""

    text: OutgoingText
    need: Need
    lapsed: str = ""
    nobody: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """A version of a template in one language; `approved`: by which roles it is approved now, and until when."""

    id: int
    template: str
    locale: str
    number: int
    body: str
    variables: Sequence[str]
    author: str
    at: datetime
    approved: Mapping[str, datetime | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateView:
    """A template with its newest version in each language."""

    slug: str
    title: str
    use: Use
    versions: Mapping[str, VersionView]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskView:
    """A text that waits for an approval."""

    id: UUID
    subject: str
    about: str
    locale: str
    segment: str
    text: str
    role: Role
    jurisdiction: str
    asked_by_id: int
    asked_by: str
    writers: Sequence[int]
    """Who had a hand in the text, by id: neither they nor who asked approves it."""
    at: datetime
    state: str
    answer: str
    decided_by: str
    decided_at: datetime | None
    before: str
    """The text that was approved last for the same reader and subject, to compare with; empty when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatoryView:
    """Who may approve in which role, and where (empty: anywhere)."""

    id: int
    agent_id: int
    name: str
    role: Role
    jurisdiction: str
    since: datetime
