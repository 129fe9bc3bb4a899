"""The model chooses one of the commands the house allows this turn. Whatever else it says is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import structlog
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from holdfast.assistant.llm import prompts
from holdfast.assistant.llm.client import Reply, endpoint
from holdfast.assistant.llm.contract import (
    STEPS,
    AllowedAction,
    AnswerFrom,
    AskQuestion,
    Command,
    DoAction,
    GiveToPerson,
    LlmTurn,
    Proposed,
)
from holdfast.assistant.llm.scrub import PLACEHOLDER, Scrubber

log = structlog.get_logger(__name__)

_FENCED = re.compile(r"```(?:json)?\s*(.*?)\s*```", re.DOTALL)
_THOUGHT = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)

Value = Annotated[str, Field(max_length=500)] | int | float | bool


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Answer(_Closed):
    command: Literal["answer"]
    passages: list[str] = Field(min_length=1, max_length=3)


class _Act(_Closed):
    command: Literal["act"]
    action: str
    arguments: dict[str, Value] = Field(default_factory=dict, max_length=20)


class _Ask(_Closed):
    command: Literal["ask"]
    question: int


class _HandOver(_Closed):
    command: Literal["hand_over"]


_COMMANDS: TypeAdapter[_Answer | _Act | _Ask | _HandOver] = TypeAdapter(
    Annotated[_Answer | _Act | _Ask | _HandOver, Field(discriminator="command")]
)


def propose(turn: LlmTurn) -> Proposed:
    """Return what the model would do next, or no command: then take the embedded path in the same turn.

    Never raises. No command without an endpoint, beyond the step budget, at the deadline, while the breaker is open or
    all places are taken, at the conversation's limit of cost, and for an answer that is none of the commands allowed.
    """
    try:
        return _proposed(turn)
    except Exception as error:  # the house's own fault must not cost the customer an answer either
        log.warning("language_model_failed", why=type(error).__name__)
        return Proposed(None)


def only_json(text: str) -> str:
    """Return `text` without the thoughts and the code fence that models like to put around JSON."""
    text = without_thought(text)
    fenced = _FENCED.fullmatch(text)
    return fenced[1] if fenced else text


def without_thought(text: str) -> str:
    """Return `text` without what a model thought aloud before it."""
    return _THOUGHT.sub("", text, count=1).strip()


def _proposed(turn: LlmTurn) -> Proposed:
    model = endpoint()
    if model is None or not 1 <= turn.step <= STEPS or not turn.text.strip():
        return Proposed(None)
    scrubber = Scrubber(known=turn.known)
    text = scrubber.scrubbed(prompts.ends(turn.text))
    own = _OwnWords(text, scrubber.placeholders)
    results = [scrubber.scrubbed(each) for each in turn.results]
    prompt = prompts.choose(turn, text=text, results=results)

    def read(answer: str) -> Command | None:
        return _allowed(answer, turn, own, scrubber)

    reply: Reply[Command] = model.ask(prompt, read=read, so_far=turn.so_far, within=turn.within)
    return Proposed(reply.value, reply.spent)


@dataclass(frozen=True, slots=True)
class _OwnWords:
    """The customer's scrubbed text and the placeholders in it: the only source of arguments."""

    text: str
    placeholders: frozenset[str]

    def hold(self, value: str) -> bool:
        """Whether `value` stands in these words, with placeholders of these words only."""
        given = set(PLACEHOLDER.findall(value)) <= self.placeholders
        wanted = r"\s+".join(map(re.escape, value.split()))
        return bool(given and wanted and re.search(rf"(?<!\w){wanted}(?!\w)", self.text, re.IGNORECASE))


def _allowed(answer: str, turn: LlmTurn, own: _OwnWords, scrubber: Scrubber) -> Command | None:
    """Return the command if it is one of those this turn allows."""
    try:
        chosen = _COMMANDS.validate_json(only_json(answer))
    except ValidationError:
        return None
    match chosen:
        case _Answer(passages=ids):
            given = {passage.id for passage in turn.passages}
            return AnswerFrom(tuple(dict.fromkeys(ids))) if given.issuperset(ids) else None
        case _Ask(question=number):
            return AskQuestion(turn.questions[number - 1]) if 1 <= number <= len(turn.questions) else None
        case _Act(action=name, arguments=arguments):
            action = next((each for each in turn.actions if each.name == name and name not in turn.done), None)
            return _begun(action, arguments, own, scrubber) if action else None
        case _:
            return GiveToPerson()


def _begun(action: AllowedAction, arguments: dict[str, Value], own: _OwnWords, scrubber: Scrubber) -> DoAction | None:
    """Return the action with its arguments, if each is known to it, fits, and comes from the customer's own words."""
    fields = action.arguments.model_json_schema().get("properties", {})
    taken: dict[str, Any] = {}
    for name, value in arguments.items():
        if name not in fields:
            return None
        restored = value if isinstance(value, bool) else _from_own_words(value, fields[name], own, scrubber)
        if restored is None:
            return None
        taken[name] = restored
    try:
        action.arguments.model_validate(taken)
    except ValidationError as error:
        if any(fault["type"] != "missing" for fault in error.errors(include_input=False, include_context=False)):
            return None  # what is missing is asked for, as without a model
    return DoAction(action.name, taken)


def _from_own_words(value: Value, field: dict[str, Any], own: _OwnWords, scrubber: Scrubber) -> Value | None:
    if isinstance(value, str) and value in field.get("enum", ()):
        return value
    if not own.hold(str(value)):
        return None
    return scrubber.restored(value) if isinstance(value, str) else value
