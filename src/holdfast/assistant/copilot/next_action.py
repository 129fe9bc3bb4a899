"""What could be done next, from what the customer asks and what the company's systems say. Never done by itself.

What is asked for is told as the assistant tells it (`intents.py`), by words alone: an agent decides here. A card
opens the desk's own question whether to do it; other records become a sentence for the reply, for a customer who is
proven.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse

from holdfast.assistant.acting_words import language as spoken
from holdfast.assistant.copilot.reading import Case
from holdfast.assistant.intents import clearly_asked_for
from holdfast.assistant.telling import record_line
from holdfast.operations.action import PROVEN
from holdfast.operations.client import OperationsUnavailable, UnknownRecord, operations
from holdfast.operations.facts import Card, Overview
from holdfast.operations.registry import action_named

_TROUBLED = {
    "transfer_status": ("transfers", frozenset({"held", "returned", "failed"})),
    "refund_status": ("refunds", frozenset({"expected", "failed"})),
    "payment_lookup": ("payments", frozenset({"declined"})),
}
_ABOUT_A_FROZEN_CARD = frozenset({"unfreeze_card", "card_status", "payment_lookup"})


@dataclass(frozen=True, slots=True)
class NextAction:
    """Either `opens`, the address of a question on the desk, or `text` for the reply. `because` names the fact."""

    label: str
    because: str
    opens: str = ""
    text: str = ""


def asked_for(case: Case) -> str:
    """Return the name of the action the customer asks for, or nothing. Milliseconds, no network."""
    if spoken(case.language) is None or not case.question:
        return ""
    return clearly_asked_for(case.question, locale=case.language)


def next_action(case: Case) -> NextAction | None:
    """Return what to do next in the agent's own case. Asks the company's systems: up to their time limit, 2 s."""
    source, asked = operations(), asked_for(case)
    if source is None or not asked or not case.mine or not case.reference:
        return None
    try:
        seen = source.overview(case.reference)
    except (OperationsUnavailable, UnknownRecord):
        return None
    return _for_a_card(case, asked, seen.cards) or _to_tell(case, asked, seen)


def _for_a_card(case: Case, asked: str, cards: Sequence[Card]) -> NextAction | None:
    if asked == "freeze_card":
        return _switch(case, "freeze", _meant(case, (card for card in cards if card.state == "active")))
    if asked in _ABOUT_A_FROZEN_CARD:
        return _switch(case, "unfreeze", _meant(case, (card for card in cards if card.state == "frozen")))
    return None


def _meant(case: Case, cards: Iterable[Card]) -> Card | None:
    """Return the card they name, or the only one: which of two is for the agent to ask."""
    found = list(cards)
    named = [card for card in found if card.last4 in case.question]
    return named[0] if len(named) == 1 else found[0] if len(found) == 1 else None


def _switch(case: Case, act: str, card: Card | None) -> NextAction | None:
    if card is None or action_named(f"{act}_card") is None:
        return None
    return NextAction(
        label=f"{act.capitalize()} the card ending {card.last4}",
        because=f"Card {card.last4} is {card.state}.",
        opens=reverse("desk:card", args=[case.number, card.id]),
    )


def _to_tell(case: Case, asked: str, seen: Overview) -> NextAction | None:
    speaks = spoken(case.language)
    if asked not in _TROUBLED or speaks is None or case.level < PROVEN:
        return None
    kind, states = _TROUBLED[asked]
    records = [record.model_dump(mode="json") for record in getattr(seen, kind) if record.state in states]
    if len(records) != 1:  # which of several is meant is not for a machine to guess
        return None
    line = record_line(speaks, kind, records[0])
    return NextAction(label="Tell them what our systems say", because=line, text=line)
