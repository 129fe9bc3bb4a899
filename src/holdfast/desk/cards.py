"""Freezing and unfreezing a customer's card in the company's own system, by whoever has their case."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from holdfast.conversations.errors import NotFound, Refused
from holdfast.conversations.messages import post_system
from holdfast.operations.action import Outcome, Who
from holdfast.operations.client import OperationsClient, OperationsUnavailable, operations
from holdfast.operations.facts import Card
from holdfast.operations.registry import run

if TYPE_CHECKING:
    from holdfast.conversations.models import Conversation
    from holdfast.people.models import Agent

ACTS = {"freeze": "froze", "unfreeze": "unfroze"}
_SWITCHED = {"active": "freeze", "frozen": "unfreeze"}


class NotKnown(Exception):  # noqa: N818 - carries the sentence for the person
    """The company's system did not answer: whether it acted is not known. The same key may be tried again."""


def act_for(card: Card) -> str:
    """What can be done with a card now: `freeze`, `unfreeze` or nothing."""
    return _SWITCHED.get(card.state, "")


def card_of(*, agent: Agent, conversation: Conversation, card_id: str) -> Card:
    """Return a card of the customer of a case that is the agent's own.

    Raises `Refused` for a case that is not theirs, `NotFound` for a card that is not this customer's, and
    `OperationsUnavailable`.
    """
    source, reference = _source(agent, conversation)
    return _card(source, reference, card_id)


def switch(*, agent: Agent, conversation: Conversation, card_id: str, act: str, key: UUID) -> None:
    """Freeze or unfreeze a card, once for each `key`, and write into the case who did it.

    Raises `Refused`, `NotFound`, `OperationsUnavailable` when nothing was asked for yet, and `NotKnown` when it was and
    no answer came; that is written into the case as well.
    """
    source, reference = _source(agent, conversation)
    card = _card(source, reference, card_id)
    # The agent answers for who is asking: they look for themselves, and the case says who did it.
    who = Who(reference=reference, level=_level(conversation), by=f"agent:{agent.pk}", conversation_id=conversation.pk)
    result = run(f"{act}_card", {"card": card.id}, who=who, key=str(key))
    match result.outcome:
        case Outcome.REFUSED:
            raise Refused(result.sentence)
        case Outcome.UNAVAILABLE:
            raise OperationsUnavailable(result.sentence)
        case Outcome.UNKNOWN:
            text = (
                f"{agent.name} asked to {act} the card ending {card.last4}. No answer came: look whether it happened."
            )
            _write(conversation, agent, card, act, key, outcome="unknown", text=text)
            raise NotKnown(f"No answer came. The card may be {_state(act)} already, or not.")
    text = f"{agent.name} {ACTS[act]} the card ending {card.last4}."
    _write(conversation, agent, card, act, key, outcome="done", text=text)


def _source(agent: Agent, conversation: Conversation) -> tuple[OperationsClient, str]:
    source = operations()
    reference = conversation.customer.reference if conversation.customer else None
    if source is None or not reference:
        raise NotFound(conversation.pk)
    if conversation.assignee_id != agent.id:
        raise Refused("Only who has this conversation can do that. Take it first.")
    return source, reference


def _card(source: OperationsClient, reference: str, card_id: str) -> Card:
    card = next((card for card in source.cards(reference) if card.id == card_id), None)
    if card is None:
        raise NotFound(card_id)
    return card


def _level(conversation: Conversation) -> int:
    identities = conversation.customer.identities.all() if conversation.customer else ()
    return max((identity.level for identity in identities), default=0)


def _state(act: str) -> str:
    return "frozen" if act == "freeze" else "unfrozen"


def _write(
    conversation: Conversation, agent: Agent, card: Card, act: str, key: UUID, *, outcome: str, text: str
) -> None:
    """Write it down once for each key and outcome: pressing again is not a second event."""
    details = {"card": card.id, "act": act, "key": str(key), "outcome": outcome, "by": agent.id}
    if not conversation.messages.filter(details__key=str(key), details__outcome=outcome).exists():
        post_system(conversation_id=conversation.pk, kind="card", text=text, details=details)
