"""The one way to act in the company's systems, for the assistant, agents and every channel.

Each write is on record before it is asked for. The same key never acts twice, and what is not known is said so.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from typing import Any

import structlog
from pydantic import BaseModel, ValidationError

from holdfast.guard.keys import blind_index
from holdfast.operations import records
from holdfast.operations.action import Action, Outcome, Result, Who, Why
from holdfast.operations.actions import ACTIONS
from holdfast.operations.client import (
    OperationsClient,
    OperationsRefused,
    OperationsUnavailable,
    OutcomeUnknown,
    UnknownRecord,
    operations,
)
from holdfast.operations.models import Act
from holdfast.operations.records import Recorded, Standing

log = structlog.get_logger(__name__)

AWAY = "The company's systems do not answer just now, so nothing was changed."
NOT_KNOWN = "It was asked for and no answer came: it may have happened, or not."
_KEY = re.compile(r"[\x21-\x7e]{1,100}")
_LOOK_EVERY = 0.05  # seconds


def run(name: str, arguments: Mapping[str, Any], *, who: Who, key: str = "") -> Result:
    """Run an action and say what came of it; never raises for what the outside does or says.

    A write needs `key`, the same for a repeat, and must have been confirmed by whoever it is for. Not to be called
    inside a transaction: the record of a write is committed before the call.
    """
    action = ACTIONS.get(name)
    if action is None:
        return _refused(Why.NO_SUCH_ACTION, "There is no such action.")
    try:
        given = action.arguments.model_validate(arguments)
    except ValidationError as error:
        return _refused(Why.ARGUMENTS, _what_is_wrong(error))
    if not who.reference:
        return _refused(Why.LEVEL, "It is not known whose account this is about.")
    if who.level < action.needs(who):
        return _refused(Why.LEVEL, "This needs more proof of who is asking.")
    if action.writes and not _KEY.fullmatch(key):
        return _refused(Why.KEY, "A change needs a key of 1 to 100 letters, digits or signs, the same for a repeat.")
    source = operations()
    if source is None:
        return Result(Outcome.UNAVAILABLE, "No system of the company is connected.")
    return _write(source, action, given, who, key) if action.writes else _read(source, action, given, who)


def undo(key: str, *, who: Who, new_key: str) -> Result:
    """Undo what was done under `key`, by the action that undoes it, as a change of its own."""
    act = Act.objects.filter(key=key, customer_ref=who.reference, state=Act.State.DONE).first()
    action = ACTIONS.get(act.action) if act else None
    if act is None or action is None:
        return _refused(Why.NO_RECORD, "Nothing was done under this key.")
    if not action.undone_by:
        return _refused(Why.NO_SUCH_ACTION, "This cannot be undone.")
    return run(action.undone_by, action.undo_with(act.facts), who=who, key=new_key)


def action_named(name: str) -> Action | None:
    """Return an action by its name."""
    return ACTIONS.get(name)


def actions() -> list[Action]:
    """Return every action there is."""
    return list(ACTIONS.values())


def schemas() -> list[dict[str, Any]]:
    """Return every action as JSON Schema, for whoever offers them elsewhere: MCP, A2A, a model."""
    return [
        {
            "name": action.name,
            "title": action.title,
            "description": action.does,
            "input_schema": action.arguments.model_json_schema(),
            "level": action.level,
            "writes": action.writes,
            "confirm": action.question,
            "undone_by": action.undone_by or None,
            "timeout": action.timeout,
        }
        for action in ACTIONS.values()
    ]


def _read(source: OperationsClient, action: Action, given: BaseModel, who: Who) -> Result:
    try:
        return _performed(source, action, given, who, "")
    except OperationsUnavailable:
        return Result(Outcome.UNAVAILABLE, "The company's systems do not answer just now.")
    except Exception as error:
        log.error("action_failed", action=action.name, error=type(error).__name__)  # its text may hold a value
        return Result(Outcome.UNAVAILABLE, "The company's systems answered something that cannot be read.")


def _write(source: OperationsClient, action: Action, given: BaseModel, who: Who, key: str) -> Result:
    told = json.dumps([action.name, who.reference, given.model_dump(mode="json")], sort_keys=True)
    recorded = records.ask(
        key=key, action=action.name, who=who, digest=blind_index("act", told), timeout=action.timeout
    )
    match recorded.standing:
        case Standing.OTHER:
            return _refused(Why.KEY, "This key was used for something else.")
        case Standing.SETTLED:
            return _known(recorded)
        case Standing.BUSY:
            return _waited_for(recorded, action)
        case Standing.YOURS:
            return _acted(recorded, source, action, given, who, key)


def _acted(
    recorded: Recorded, source: OperationsClient, action: Action, given: BaseModel, who: Who, key: str
) -> Result:
    try:
        result = _performed(source, action, given, who, key)
    except OutcomeUnknown:
        result = Result(Outcome.UNKNOWN, NOT_KNOWN)
    except OperationsUnavailable:
        records.withdraw(recorded)
        return Result(Outcome.UNAVAILABLE, AWAY)
    except Exception as error:
        log.error("action_failed", action=action.name, error=type(error).__name__)  # its text may hold a value
        result = Result(Outcome.UNKNOWN, NOT_KNOWN)
    records.settle(recorded, state=Act.State(result.outcome), facts=result.facts, sentence=result.sentence)
    log.info("acted", action=action.name, outcome=str(result.outcome), by=who.by, act=str(recorded.id))
    return result


def _performed(source: OperationsClient, action: Action, given: BaseModel, who: Who, key: str) -> Result:
    client = source.for_action(action.name, within=action.timeout)
    try:
        facts = action.perform(client, who.reference, given, key)
    except UnknownRecord:
        return _refused(Why.NO_RECORD, "The company's systems know no such record of this account.")
    except OperationsRefused as refused:
        return _refused(Why.COMPANY, str(refused)[:300])
    return Result(Outcome.DONE, action.tell(facts), facts)


def _waited_for(recorded: Recorded, action: Action) -> Result:
    """Somebody asked with this key a moment ago: wait for their answer instead of asking as well."""
    until = time.monotonic() + action.timeout + 0.5
    while time.monotonic() < until:
        time.sleep(_LOOK_EVERY)
        if (found := records.look(recorded.id)) is not None:
            return _known(found)
    return Result(Outcome.UNKNOWN, NOT_KNOWN)


def _known(recorded: Recorded) -> Result:
    why = Why.COMPANY if recorded.state == Act.State.REFUSED else None
    return Result(Outcome(recorded.state), recorded.sentence, recorded.facts, why)


def _refused(why: Why, sentence: str) -> Result:
    return Result(Outcome.REFUSED, sentence, why=why)


def _what_is_wrong(error: ValidationError) -> str:
    """Say in one line what is wrong, without repeating what was given: it may be a customer's."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    known = [fault for fault in faults if fault["type"] != "extra_forbidden"]
    lines = [f"{'.'.join(map(str, fault['loc'])) or 'arguments'}: {fault['msg']}" for fault in known[:3]]
    if len(known) < len(faults):
        lines.append("arguments: there is one that this action does not have")
    return "; ".join(lines) + "."
