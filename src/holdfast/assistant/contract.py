"""What the assistant is asked and what it may say. The rest of the house depends on this page only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID


class Word(StrEnum):
    """Who has the word in a conversation."""

    ASSISTANT = "assistant"
    HANDED_OVER = "handed_over"
    """The conversation is on its way to a person, who has not spoken yet."""
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Option:
    """One of two things a customer may have meant. `names` is `article:<id>` or `action:<name>`."""

    label: str
    names: str


@dataclass(frozen=True, slots=True)
class Held:
    """What is remembered of a conversation between two messages. It begins anew when a closed matter is opened."""

    word: Word = Word.ASSISTANT
    language: str = ""
    """The conversation's language once it is known; it stays."""
    pending: Mapping[str, Any] | None = None
    """An action that waits for the customer's next word, as `acting` wrote it; read back, its values are sealed."""
    options: tuple[Option, ...] = ()
    """What the customer is being asked to choose from."""
    asked: bool = False
    """It asked which of two is meant. That is done once."""
    answered: bool = False
    """It gave an answer from an article. Coming back means that it did not help."""
    turns: int = 0
    """How often the assistant spoke."""
    acknowledged: bool = False
    """The customer was told that a person comes. That is done once per hand-over."""
    busy: bool = False
    """Work on an earlier message is under way."""


NOTHING_HELD = Held()


@dataclass(frozen=True, slots=True)
class ForAssistant:
    """One conversation that waits for an answer. `text` is what the customer said since the last one."""

    conversation_id: UUID
    text: str
    locale: str = ""
    channel: str = ""
    assigned: bool = False
    """A person has this conversation, or has written in it: the assistant is silent."""
    person_asked: bool = False
    """The customer used the button; no detection needed."""
    held: Held = NOTHING_HELD


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
    """0 to 1; the calibrated share of such answers that were about the right article. 0 where a model chose them."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do in the company's systems: begun in a turn, since it takes a call over the network."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    locale: str = ""


@dataclass(frozen=True, slots=True)
class Clarify:
    """A question which of at most two things is meant."""

    text: str
    options: tuple[Option, ...]
    locale: str


class Work(StrEnum):
    """What a turn does outside the batch."""

    BEGIN = "begin"
    """Begin an action; `arguments["action"]` names it."""
    GO_ON = "go_on"
    """Go on with the action that waits for the customer's word."""
    ANSWER = "answer"
    """Look again at what the customer said: a conversation was handed back, or they wrote while a turn was running."""


@dataclass(frozen=True, slots=True)
class Later:
    """It takes more than the batch has time for.

    `None` as work: a turn is under way and will read the new message as well.
    """

    work: Work | None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    locale: str = ""


class Reason(StrEnum):
    PERSON_ASKED = "person_asked"
    WITH_A_PERSON = "with_a_person"
    CAME_BACK = "came_back"
    NEEDS_A_PERSON = "needs_a_person"
    NOT_SURE = "not_sure"
    NO_ARTICLE = "no_article"
    UNKNOWN_LANGUAGE = "unknown_language"
    STILL_UNCLEAR = "still_unclear"
    TOO_MANY_TURNS = "too_many_turns"
    GAVE_UP = "gave_up"
    """An action could not be done, or the customer wants it otherwise."""
    TOO_LATE = "too_late"
    """Nothing was sent by the deadline, whatever the cause."""
    INTERRUPTED = "interrupted"
    """Something changed in the conversation while a turn was running."""
    FAULT = "fault"


WITHOUT_ARTICLE = frozenset({Reason.NO_ARTICLE, Reason.NOT_SURE})
"""No article was a clear match."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """A person takes it. `summary` is one line for the agent."""

    reason: Reason
    summary: str = ""
    locale: str = ""
    topic: str = ""
    """Queue slug of the nearest article: a hint for routing, empty when nothing was near."""
    intent: str = ""
    """What it seems to be about, in words; empty when nothing was near."""
    said: str = ""
    """What the assistant says to the customer before a person takes it; empty for the acknowledgement alone."""


Outcome = Answer | Action | Clarify | Later | HandOver
