"""Handing conversations over to people: the story for who takes it, one word for the customer, and who has the word.

A person's way to them is here and in `conversations`; no model and no connector is asked on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from holdfast.assistant import holding
from holdfast.assistant.acknowledging import ToTell, acknowledgements
from holdfast.assistant.contract import NOTHING_HELD, HandOver, Held, Reason, Word
from holdfast.assistant.story import as_details, story, tried_for_agent, tried_for_customer, tried_in
from holdfast.assistant.turn_rows import end_turns
from holdfast.conversations.answers import Line, say_many
from holdfast.conversations.machine import said_by_customer

_NO_DELIVERY = "in_line"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToHand:
    """A conversation that has just been given a place in the line of `queue_id`.

    `text` is what the customer said since they were last answered, at the beginning all of it; `first` is a playbook's
    text they get for its `word`.
    """

    conversation_id: UUID
    queue_id: int
    channel: str
    locale: str
    outcome: HandOver
    text: str
    level: int = 0
    held: Held = NOTHING_HELD
    is_new: bool = False
    first: str = ""
    word: str = ""


def hand_over_many(handed: Sequence[ToHand]) -> list[UUID]:
    """Hand locked conversations over; return the ids of the messages that leave by mail. Events are the caller's.

    Whatever was under way there ends. The customer is told once until a person has spoken or it is handed back.
    """
    if not handed:
        return []
    end_turns([each.conversation_id for each in handed if each.held.busy], outcome="handed_over")
    begun = [each.conversation_id for each in handed if each.held.turns or each.held.busy]
    tried = tried_in(begun) if begun else {}
    said = said_by_customer(begun) if begun else {}
    say_many(
        [
            _story(each, tried.get(each.conversation_id, []), said.get(each.conversation_id) or [each.text])
            for each in handed
            if _tells_a_story(each)
        ]
    )
    telling = [each for each in handed if each.first or not each.held.acknowledged]
    told = say_many(acknowledgements([_to_tell(each, tried.get(each.conversation_id, [])) for each in telling]))
    heard = {message.conversation_id for message in told}
    holding.keep_many({each.conversation_id: _after(each, told=each.conversation_id in heard) for each in handed})
    return [message.pk for message in told if message.details.get("kind") != _NO_DELIVERY]


def _tells_a_story(each: ToHand) -> bool:
    return each.held.word is Word.ASSISTANT and bool(each.outcome.summary)


def _story(each: ToHand, tried: Sequence[Mapping[str, Any]], said: Sequence[str]) -> Line:
    outcome = each.outcome if each.outcome.locale else replace(each.outcome, locale=each.held.language or each.locale)
    details = {
        "kind": "handover",
        "reason": str(outcome.reason),
        "locale": outcome.locale,
        "topic": outcome.topic,
        "lines": as_details(story(outcome, said=said, level=each.level, tried=tried_for_agent(tried))),
    }
    return Line(
        conversation_id=each.conversation_id, author="system", text=outcome.summary, internal=True, details=details
    )


def _to_tell(each: ToHand, tried: Sequence[Mapping[str, Any]]) -> ToTell:
    locale = each.locale or each.held.language
    return ToTell(
        conversation_id=each.conversation_id,
        queue_id=each.queue_id,
        channel=each.channel,
        locale=locale,
        text=each.first,
        word=each.word,
        says_so=each.outcome.reason is Reason.PERSON_ASKED or bool(each.held.turns) or each.held.busy,
        times=each.is_new,
        tried=tuple(tried_for_customer(tried, locale=locale)),
    )


def _after(each: ToHand, *, told: bool) -> Held:
    held = holding.handed_over(each.held, language=each.outcome.locale)
    return replace(held, acknowledged=held.acknowledged or told, busy=False)
