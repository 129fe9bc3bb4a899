"""What the assistant is asked and what it may say. The rest of the house depends on this page only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ForAssistant:
    """One conversation that waits for a first answer. `text` is the customer's newest message."""

    conversation_id: UUID
    text: str
    locale: str = ""
    channel: str = ""
    assigned: bool = False
    """A person has this conversation, or has written in it: the assistant is silent."""
    person_asked: bool = False
    """The customer used the button; no detection needed."""
    answered_before: bool = False
    """The assistant spoke last time. Coming back means that it did not help."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a sentence of an answer stands: article, version, and offsets (characters) into its body."""

    article_id: int
    version: int
    slug: str
    locale: str
    title: str
    url: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Words to send, each fact of which is cited."""

    text: str
    citations: tuple[Citation, ...]
    locale: str
    confidence: float
    """0 to 1; the calibrated share of such answers that were about the right article."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do in the company's systems. Carried out by `operations`; none is offered yet."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


class Reason(StrEnum):
    PERSON_ASKED = "person_asked"
    WITH_A_PERSON = "with_a_person"
    CAME_BACK = "came_back"
    NEEDS_A_PERSON = "needs_a_person"
    NOT_SURE = "not_sure"
    NO_ARTICLE = "no_article"
    UNKNOWN_LANGUAGE = "unknown_language"


@dataclass(frozen=True, slots=True)
class HandOver:
    """A person takes it. `summary` is one line for the agent."""

    reason: Reason
    summary: str = ""
    locale: str = ""
    topic: str = ""
    """Queue slug of the nearest article: a hint for routing, empty when nothing was near."""


Outcome = Answer | Action | HandOver
