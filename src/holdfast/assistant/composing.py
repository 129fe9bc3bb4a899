"""A language model in a turn, where the embedded path is not sure: it chooses, the house acts, and nothing it does can
cost the customer what there was without it.

In: what `respond` said, and the turn. Out: an answer from passages, an action to begin, a question of the house; or
what `respond` said, in the same turn: whenever there is no model, no time, step or money left, or it is of no use.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db import transaction

from holdfast.assistant import speaking, spending
from holdfast.assistant.acting import speaks
from holdfast.assistant.checking import refused
from holdfast.assistant.contract import WITHOUT_ARTICLE, Action, Answer, Clarify, HandOver, Later, Outcome, Work
from holdfast.assistant.llm.client import endpoint
from holdfast.assistant.llm.commands import propose
from holdfast.assistant.llm.contract import (
    AllowedAction,
    AnswerFrom,
    AskQuestion,
    Command,
    DoAction,
    Draft,
    GivenPassage,
    LlmTurn,
)
from holdfast.assistant.llm.costs import Spent
from holdfast.assistant.llm.drafts import draft
from holdfast.assistant.models import Turn
from holdfast.assistant.normalise import normalised, says_something
from holdfast.assistant.quoting import answer_from
from holdfast.assistant.respond import PEOPLE_TOPICS
from holdfast.assistant.speaking import Given, Silenced
from holdfast.assistant.tiers import Tier, tiers
from holdfast.assistant.turn_rows import waiting
from holdfast.kit.clock import now
from holdfast.knowledge import retrieval
from holdfast.knowledge.passages import PassageFound
from holdfast.operations.action import PROVEN
from holdfast.operations.client import operations
from holdfast.operations.registry import actions
from holdfast.people import proving
from holdfast.people.queries import customer

log = structlog.get_logger(__name__)

RESERVE = 1.0  # seconds before a turn's deadline that no call may take: the embedded path's word is said in them
SHORTEST = 0.3  # seconds; in less a call is not worth its price
MOST_PASSAGES = 5

Block = Sequence[PassageFound]
"""Passages of one article that are quoted together or not at all."""


def turned(outcomes: Sequence[Outcome], texts: Sequence[str]) -> list[Outcome]:
    """Return what to do about a batch, with a turn in place of what is not sure: as many as the model's tier has room
    for. Without a model everything stays as it is, and nothing is asked. Never raises."""
    found = list(outcomes)
    unsure = [i for i, text in enumerate(texts) if _is_unsure(found[i], text)] if endpoint() is not None else []
    if unsure:
        for i in unsure[: _room()]:
            found[i] = Later(Work.ANSWER, {"topic": _topic(found[i])}, _locale(found[i]))
    return found


def instead_of(embedded: Outcome, given: Given) -> Outcome:
    """Return what the model would have done in place of `embedded`, or that. Raises `Silenced` when the turn ended.

    Each call is a step of the turn, taken after another look at the conversation.
    """
    if not _is_unsure(embedded, given.text) or endpoint() is None:
        return embedded
    try:
        with tiers.at_most(Tier.MODEL, waiting=waiting()) as place:
            if place.tier is not Tier.MODEL:
                return embedded
            return _asked(embedded, _Calls.of(given, within=place.left)) or embedded
    except Silenced:
        raise
    except Exception as error:  # whatever it was, the customer gets what there was without a model
        log.exception("composing_failed", turn=str(given.turn.id), error=type(error).__name__)
        return embedded


@dataclass
class _Calls:
    """What the calls of one turn have in common: whose they are, how many steps are taken, and when time is over."""

    given: Given
    until: float
    name: str
    steps: int

    @classmethod
    def of(cls, given: Given, *, within: float) -> _Calls:
        own = (given.turn.deadline - now()).total_seconds() - RESERVE
        found = customer(given.customer_id)
        name = str(found.name or "") if found is not None else ""
        return cls(given, time.monotonic() + min(within, own), name, given.steps)

    @property
    def left(self) -> float:
        return self.until - time.monotonic()

    @property
    def conversation_id(self) -> UUID:
        return self.given.turn.conversation_id

    @property
    def known(self) -> dict[str, str]:
        return {"name": self.name} if self.name else {}

    @property
    def so_far(self) -> Spent:
        return spending.spent_on(self.conversation_id)

    def may(self, *, leaving: int = 0) -> bool:
        """Whether there are time and a step for one more call, and `leaving` steps after it."""
        return self.left >= SHORTEST and self.steps + 1 + leaving <= Turn.MOST_STEPS

    def step(self) -> None:
        speaking.next_step(self.given)
        self.steps += 1

    def count(self, spent: Spent) -> None:
        spending.count(self.given.turn.id, spent)


def _asked(embedded: Outcome, calls: _Calls) -> Outcome | None:
    locale, text = _locale(embedded), normalised(calls.given.text)
    blocks = _blocks(text, locale)
    allowed = _allowed(calls.given, locale)
    questions = (embedded.text,) if isinstance(embedded, Clarify) else ()
    if blocks is None or not (blocks or allowed or questions) or not calls.may(leaving=1):
        return None
    calls.step()
    proposed = propose(
        LlmTurn(
            text=calls.given.text,
            language=locale,
            passages=tuple(_passage(number, block) for number, block in enumerate(blocks, 1)),
            actions=allowed,
            questions=questions,
            known=calls.known,
            step=calls.steps,
            so_far=calls.so_far,
            within=calls.left,
        )
    )
    calls.count(proposed.spent)
    log.info("model_chose", turn=str(calls.given.turn.id), command=type(proposed.command).__name__)
    return _outcome_of(proposed.command, embedded, blocks, calls)


def _outcome_of(command: Command | None, embedded: Outcome, blocks: Sequence[Block], calls: _Calls) -> Outcome | None:
    match command:
        case AnswerFrom(passages=ids):
            return _answer([blocks[int(each[1:]) - 1] for each in ids], _locale(embedded), calls)
        case DoAction(name=name):  # its form reads the customer's own words, asks what is missing, and asks for a yes
            return Action(name, locale=_locale(embedded))
        case AskQuestion() if isinstance(embedded, Clarify):
            return embedded
        case _:
            return None


def _answer(chosen: Sequence[Block], locale: str, calls: _Calls) -> Answer:
    """Return a draft of which all held, with the passages it stands on; else these passages in their own words."""
    written = _draft(chosen, locale, calls)
    if written is not None:
        used = {each for sentence in written.sentences for each in sentence.passages}
        cited = [passage for n, block in enumerate(chosen, 1) if f"P{n}" in used for passage in block]
        worded = answer_from(cited, locale=locale, worded=written.text)
        if not refused(worded.text, locale=locale, cited=True):
            return worded
    return answer_from([passage for block in chosen for passage in block], locale=locale)


def _draft(chosen: Sequence[Block], locale: str, calls: _Calls) -> Draft | None:
    if not calls.may():
        return None
    calls.step()
    drafted = draft(
        calls.given.text,
        language=locale,
        passages=[_passage(number, block) for number, block in enumerate(chosen, 1)],
        known=calls.known,
        so_far=calls.so_far,
        within=calls.left,
    )
    calls.count(drafted.spent)
    return drafted.draft if drafted.draft is not None and drafted.draft.may_be_sent else None


def _blocks(text: str, locale: str) -> list[Block] | None:
    """Return what may be answered from; `None` where the nearest is of a matter that is always for a person."""
    found = retrieval.find(text, locale, MOST_PASSAGES)
    if found and found[0].topic in PEOPLE_TOPICS:
        return None
    blocks: list[Block] = []
    for passage in found:
        if passage.topic not in PEOPLE_TOPICS and not any(passage.id == each.id for block in blocks for each in block):
            blocks.append(retrieval.together(passage))
    return blocks


def _passage(number: int, block: Block) -> GivenPassage:
    return GivenPassage(f"P{number}", "\n".join(passage.text for passage in block))


def _allowed(given: Given, locale: str) -> tuple[AllowedAction, ...]:
    """Return what this customer may have done now: nothing that takes more proof than there is."""
    if operations() is None or not speaks(locale):
        return ()
    proven = proving.proven(given.turn.conversation_id, speaker_id=given.customer_id)
    level = PROVEN if proven is not None else given.level
    return tuple(AllowedAction(each.name, each.does, each.arguments) for each in actions() if each.level <= level)


def _room() -> int:
    try:
        with transaction.atomic():  # a fault here must not spoil the batch's transaction
            return tiers.room(Tier.MODEL, waiting=waiting())
    except Exception as error:
        log.exception("composing_failed", error=type(error).__name__)
        return 0


def _is_unsure(outcome: Outcome, text: str) -> bool:
    unsure = isinstance(outcome, Clarify) or (isinstance(outcome, HandOver) and outcome.reason in WITHOUT_ARTICLE)
    return unsure and bool(_locale(outcome)) and says_something(text)


def _topic(outcome: Outcome) -> str:
    return outcome.topic if isinstance(outcome, HandOver) else ""


def _locale(outcome: Outcome) -> str:
    return outcome.locale
