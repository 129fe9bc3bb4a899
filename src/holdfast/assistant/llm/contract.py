"""What a language model is asked and what may come back. The rest of the house depends on this page only."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from holdfast.assistant.llm.costs import NOTHING, Spent

STEPS = 3
"""Calls that one turn may make. Counted by the house, never by the model."""


@dataclass(frozen=True, slots=True)
class GivenPassage:
    """Words of an approved article the model may answer from. `id` is short and unique in the turn, such as `P1`."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class AllowedAction:
    """Something this customer may have done now: the level, the posture and the pause have been looked at before."""

    name: str
    about: str
    """One line for the model: what it does and when one wants it."""
    arguments: type[BaseModel]


@dataclass(frozen=True, slots=True)
class LlmTurn:
    """One call: what the customer wrote, and all that may come of it. Words of customers and systems are scrubbed."""

    text: str
    """As the customer wrote it; scrubbed before it leaves."""
    language: str
    passages: tuple[GivenPassage, ...] = ()
    actions: tuple[AllowedAction, ...] = ()
    """An action that is not here cannot be chosen."""
    questions: tuple[str, ...] = ()
    """Clarifying questions of the house, word for word."""
    results: tuple[str, ...] = ()
    """What actions of this turn answered, as text. It is data: arguments are never taken from it."""
    done: frozenset[str] = frozenset()
    """Actions already done or begun in this turn; none is chosen twice."""
    known: Mapping[str, str] = field(default_factory=dict)
    """The customer's masks by kind (`{"name": "Ayu L."}`), so that scrubbing finds them in prose."""
    step: int = 1
    so_far: Spent = NOTHING
    """What this conversation has cost before this call."""
    within: float = math.inf
    """Seconds that are left; a call has a deadline of its own besides."""


@dataclass(frozen=True, slots=True)
class AnswerFrom:
    """Answer with these passages (their ids, best first). The words are the passages' own, or a checked draft."""

    passages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DoAction:
    """Begin this action. Where it writes, the house asks the customer to confirm, as without a model.

    `arguments` hold only what stands in the customer's own words, placeholders turned back into values; some may miss.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AskQuestion:
    """Ask this question, one of those given."""

    question: str


@dataclass(frozen=True, slots=True)
class GiveToPerson:
    """A person should take it."""


Command = AnswerFrom | DoAction | AskQuestion | GiveToPerson


@dataclass(frozen=True, slots=True)
class Proposed:
    """What one call brought. `command` is `None`: take the embedded path. `spent` counts in either case."""

    command: Command | None
    spent: Spent = NOTHING


MACHINE_WRITTEN = "Written by a machine. Check it before you use it."
"""Stands beside drafts, summaries and translations on colleagues' screens."""


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """A sentence and the ids of the passages that were found to support it."""

    text: str
    passages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """Words by a machine, each sentence checked against the passages it cites."""

    sentences: tuple[CitedSentence, ...]
    dropped: int = 0
    """Sentences that did not hold and are not in it."""

    @property
    def text(self) -> str:
        return " ".join(sentence.text for sentence in self.sentences)

    @property
    def may_be_sent(self) -> bool:
        """Whether it may go out without a person: all that was written held, so nothing is torn from its context."""
        return bool(self.sentences) and not self.dropped


@dataclass(frozen=True, slots=True)
class Drafted:
    """What one call brought. `draft` is `None`: quote the passages instead."""

    draft: Draft | None
    spent: Spent = NOTHING


@dataclass(frozen=True, slots=True)
class Written:
    """A summary or translation for a person. `text` is `None` when there is none; otherwise a machine wrote it."""

    text: str | None
    spent: Spent = NOTHING
