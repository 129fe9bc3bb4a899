"""What a turn does between its look and its word: an action, a second look, a language model. In no transaction.

Every call to a connector or a model is a step, and before each the conversation is looked at again (`speaking.step`).
Whatever fails here, a person takes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import structlog

from holdfast.assistant import composing, speaking
from holdfast.assistant.acting_steps import Acting, Step
from holdfast.assistant.contract import (
    WITHOUT_ARTICLE,
    Action,
    Answer,
    Clarify,
    ForAssistant,
    HandOver,
    Later,
    Reason,
    Work,
)
from holdfast.assistant.details import answer_details
from holdfast.assistant.respond import respond
from holdfast.assistant.speaking import Given, Reply, Silenced, next_step
from holdfast.assistant.turn_rows import Claimed
from holdfast.knowledge import unanswered
from holdfast.operations.registry import action_named
from holdfast.people.queries import standing_of

log = structlog.get_logger(__name__)


class Acts(Protocol):
    """Begins actions and goes on with them, over the network. May take long, and may raise anything."""

    def begin(self, action: str, text: str, *, who: Acting, locale: str) -> Step: ...
    def go_on(self, pending: Mapping[str, Any], text: str, *, who: Acting, locale: str) -> Step: ...


def do(turn: Claimed, *, acts: Acts) -> None:
    """Do one turn to its end: a word to the customer, a person, or silence."""
    given = speaking.look(turn)
    if given is None:
        return
    try:
        found = _work(given, acts)
    except Silenced:
        return
    except Exception as error:
        log.exception("turn_failed", turn=str(turn.id), work=turn.work, error=type(error).__name__)
        found = HandOver(Reason.FAULT, "The assistant failed here.", given.locale)
    if isinstance(found, Reply):
        speaking.say(given, found)
    else:
        speaking.give(given, found)


def _work(given: Given, acts: Acts) -> Reply | HandOver:
    turn = given.turn
    if turn.work == Work.BEGIN:
        return _begin(given, acts, str(turn.arguments.get("action", "")), given.locale)
    if turn.work == Work.GO_ON and given.held.pending is not None:
        return _go_on(given, acts, given.held.pending)
    return _look_again(given, acts)


def _look_again(given: Given, acts: Acts) -> Reply | HandOver:
    """Go through the steps of an answer once more, with what has been said since."""
    asked = ForAssistant(
        conversation_id=given.turn.conversation_id,
        text=given.text,
        locale=given.locale,
        channel=given.channel,
        held=given.held,
    )
    outcome = composing.instead_of(respond(asked), given)
    match outcome:
        case Answer():
            return Reply(outcome.text, outcome.locale, answer_details(outcome), answered=True)
        case Clarify():
            return Reply(outcome.text, outcome.locale, options=outcome.options)
        case Action(name=name):
            return _begin(given, acts, name, outcome.locale or given.locale)
        case Later(work=Work.BEGIN, arguments=arguments):
            return _begin(given, acts, str(arguments.get("action", "")), outcome.locale or given.locale)
        case Later():
            return HandOver(Reason.NOT_SURE, "Not a clear match.", given.locale)
        case HandOver(reason=reason, locale=locale) if reason in WITHOUT_ARTICLE and locale:
            unanswered.note_later([(given.text, locale)], where="assistant")
            return outcome
        case _:
            return outcome


def _begin(given: Given, acts: Acts, action: str, locale: str) -> Reply | HandOver:
    next_step(given)
    return _said(acts.begin(action, given.text, who=_who(given), locale=locale), locale)


def _go_on(given: Given, acts: Acts, pending: Mapping[str, Any]) -> Reply | HandOver:
    next_step(given)
    return _said(acts.go_on(pending, given.text, who=_who(given), locale=given.locale), given.locale)


def _said(step: Step, locale: str) -> Reply | HandOver:
    if step.give_up or not step.say:
        return HandOver(Reason.GAVE_UP, step.give_up or "There was nothing to say.", locale, said=step.say)
    pending = step.pending.dump() if step.pending else None
    return Reply(step.say, locale, _details(step), pending=pending, did=_did(step), acts=True)


def _details(step: Step) -> dict[str, Any]:
    """Keep what a step did, so that it can be said to the customer in their language."""
    if step.done is not None:
        return {"act": {"action": step.done.action, "at": step.done.at}}
    return {"code_sent": True} if step.pending and step.pending.asks == "code" else {}


def _did(step: Step) -> str:
    """Say for whoever takes over what a step did; empty for a question."""
    if step.done is not None:
        action = action_named(step.done.action)
        return f"{action.title if action else step.done.action}: done at {step.done.at}."
    return "Sent a one-time code to a channel on file." if step.pending and step.pending.asks == "code" else ""


def _who(given: Given) -> Acting:
    customer_id = given.customer_id
    reference = standing_of([customer_id])[customer_id][0] if customer_id else None
    return Acting(given.turn.conversation_id, customer_id, reference, given.level)
