"""A case as the copilot reads it: what waits for an answer, and what was said before. Values stay sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from holdfast.assistant.language import language_of
from holdfast.assistant.normalise import normalised, says_something
from holdfast.assistant.person_request import asks_for_person
from holdfast.conversations.queries import access_conversation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.conversations.models import Conversation, Message
    from holdfast.people.models import Agent

MOST_MESSAGES = 60
LONGEST = 2_000
"""Characters of the customer's words that are looked up; the newest count."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message that both sides see. `by` is customer, agent or assistant."""

    by: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """A case with an unanswered message of the customer."""

    id: UUID
    number: int
    question: str
    """What the customer said since the last answer, without the wish for a person; may be empty."""
    newest: UUID
    """The newest message of the customer."""
    level: int
    """How sure we were who wrote it, 0 to 2."""
    language: str
    """The configured language of the question; empty when it is in none."""
    said: tuple[Said, ...]
    quoted: frozenset[int]
    """Articles the assistant has quoted to this customer already."""
    waiting_since: datetime
    reference: str
    mask: str
    """The customer's name as it is shown."""
    mine: bool
    reads: str
    """The agent's own language."""


def look(agent: Agent, number: int) -> Case | None:
    """Return the case if a suggestion is of use in it: own or nobody's, with an unanswered message.

    Raises `NotFound` for what is out of reach. One query beyond reaching the case.
    """
    found = access_conversation(agent, number)
    mine = found.assignee_id == agent.pk
    if found.waiting_since is None or found.merged_into_id is not None or not (mine or found.assignee_id is None):
        return None
    messages = _messages(found)
    unanswered = [each for each in messages if each.author == "customer" and each.created_at >= found.waiting_since]
    if not unanswered:
        return None
    question = _question(unanswered)
    newest, customer = unanswered[-1], found.customer
    return Case(
        id=found.pk,
        number=number,
        question=question,
        newest=newest.pk,
        level=_level(newest),
        language=language_of(question, hint=found.locale) or "" if question else "",
        said=tuple(Said(each.author, each.text, each.created_at) for each in messages),
        quoted=_quoted(messages),
        waiting_since=found.waiting_since,
        reference=(customer.reference or "") if customer else "",
        mask=str(customer.name or "") if customer else "",
        mine=mine,
        reads=agent.locale or "en",
    )


def _messages(found: Conversation) -> list[Message]:
    rows = found.messages.filter(internal=False, author__in=("customer", "agent", "assistant"))
    rows = rows.only("id", "conversation", "author", "text", "details", "created_at").order_by("-created_at", "-id")
    return list(rows[:MOST_MESSAGES])[::-1]


def _question(unanswered: Sequence[Message]) -> str:
    """Return the matter: who also asks for a person has said nothing about it with that."""
    texts = [normalised(each.text) for each in unanswered]
    texts = [text for text in texts if says_something(text) and not asks_for_person(text)]
    return "\n".join(texts)[-LONGEST:]


def _level(message: Message) -> int:
    level = message.details.get("level")
    return level if isinstance(level, int) and "other_sender" not in message.details else 0


def _quoted(messages: Sequence[Message]) -> frozenset[int]:
    said = [each.details.get("citations") or () for each in messages if each.author == "assistant"]
    return frozenset(one["article_id"] for each in said for one in each if isinstance(one.get("article_id"), int))
