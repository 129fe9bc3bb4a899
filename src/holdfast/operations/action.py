"""What an action is, who may ask for it, and what comes of it. The rest of the house depends on this page only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from holdfast.operations.client import OperationsClient

UNKNOWN, CLAIMED, PROVEN = 0, 1, 2

Facts = Mapping[str, Any]
"""JSON: what a company's system said."""


class Outcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"
    """It was not done, and asking again in the same way will not change that."""
    UNKNOWN = "unknown"
    """It was asked for and no answer came: it may have happened. Only writes end so."""
    UNAVAILABLE = "unavailable"
    """Nothing was asked for: the system is away."""


class Why(StrEnum):
    """Why something was refused, for machines; the sentence says it for people."""

    NO_SUCH_ACTION = "no_such_action"
    ARGUMENTS = "arguments"
    KEY = "key"
    LEVEL = "level"
    NO_RECORD = "no_record"
    COMPANY = "company"


@dataclass(frozen=True, slots=True)
class Who:
    """For whose account, how sure we are that they ask, and who carries the wish.

    `by` is `assistant`, `agent:<id>`, or a channel with whoever speaks there, such as `mcp:<client>`.
    """

    reference: str
    level: int
    by: str
    conversation_id: UUID | None = None

    @property
    def is_person(self) -> bool:
        """A person who has the case asks, and answers for it by name."""
        return self.by.startswith("agent:")


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it. `sentence` is plain English, fit for a screen, without any value of a customer."""

    outcome: Outcome
    sentence: str
    facts: Facts = field(default_factory=dict)
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """Something the company's systems tell or do. Defined once, for every channel, agent and model."""

    name: str
    title: str
    does: str
    """One sentence for people and models: what it does, and when not to use it."""
    arguments: type[BaseModel]
    level: int
    """How sure we must be who the customer is, 0 to 2, when a machine asks."""
    perform: Callable[[OperationsClient, str, Any, str], Facts]
    """`(client, account reference, validated arguments, key)`; raises the client's errors. One change at most."""
    tell: Callable[[Facts], str]
    timeout: float = 4.0
    """Seconds for everything it asks of the company's systems."""
    writes: bool = False
    question: str = ""
    """Asked before a write by whoever has no words of their own."""
    undone_by: str = ""
    undo_with: Callable[[Facts], Facts] = dict
    """The arguments of the action that undoes it, from what it answered."""
    level_for_people: int = UNKNOWN
    """The same when an agent asks who has the case: they look for themselves, up to here."""

    def needs(self, who: Who) -> int:
        """Return the level asked of the customer when `who` carries the wish."""
        return self.level_for_people if who.is_person else self.level
