"""What happened in one play, as plain records: the only thing the score reads. Minutes since the fault began."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Told(StrEnum):
    """What a message to one person said about that person."""

    NOTHING = ""
    AFFECTED = "affected"
    UNAFFECTED = "unaffected"


class By(StrEnum):
    """Whose word it was. `ELSEWHERE`: it was said in truth, but this house did not let it out."""

    TEAM = "team"
    HOLDING = "holding"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word to the public. `answers`: topics about which it says something."""

    at: float
    by: By
    answers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message that reached one person; `key` names the sending, in which nobody is to be reached twice."""

    at: float
    person: int
    key: str
    told: Told = Told.NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One contact. `topic` `None`: it is about something else. `answered_at`: with the incident, where they wrote."""

    at: float
    person: int
    topic: str | None
    answered_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One promise of a next word: kept, late, broken or open.

    As the house's ledger has it at the end; one that was made elsewhere, as the next word came.
    """

    made: float
    due: float
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A text that the house refused: by which rules, and its first sentence."""

    at: float
    rules: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is so in this world, whatever the house believes: who is affected, and how many there are."""

    people: int
    affected: frozenset[int]


@dataclass(slots=True, kw_only=True)
class Timeline:
    """One team's play. `over`: when it was called resolved. `answers`: whether the team answered where people wrote."""

    team: str
    truth: Truth
    minutes: float
    words: list[Word] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    over: float | None = None
    answers: bool = True
    lost: int = 0
    """Contacts that were acknowledged and are nowhere, and messages that count as sent and never arrived."""
