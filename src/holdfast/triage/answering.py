"""Who answers: the assistant, once and first, or a person. Whatever goes wrong in between, it is a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction

from holdfast.assistant import composing, holding
from holdfast.assistant.checking import as_it_may_leave
from holdfast.assistant.contract import (
    NOTHING_HELD,
    WITHOUT_ARTICLE,
    Action,
    Answer,
    Clarify,
    ForAssistant,
    HandOver,
    Held,
    Later,
    Outcome,
    Reason,
    Word,
    Work,
)
from holdfast.assistant.respond import respond_many
from holdfast.conversations.to_thread import Threaded, ToThread
from holdfast.knowledge import unanswered

log = structlog.get_logger(__name__)

_READ = 20_000  # characters of a text the assistant gets


@dataclass(frozen=True, slots=True)
class FirstText:
    """A playbook's word or phrase that a matter is about, and the text for it."""

    word: str
    text: str


@dataclass(slots=True)
class Matter:
    """One conversation of the batch, with the batch's contacts in it."""

    conversation_id: UUID
    last: Threaded
    items: list[ToThread] = field(default_factory=list)
    outcome: Outcome | None = None
    """What the assistant said; `None` when it was not asked."""
    deflection: FirstText | None = None
    """What it gets first because a playbook says so; it stands in line all the same."""
    deflected_before: bool = False
    """It got such a text earlier: no machine answers it again."""
    held: Held = NOTHING_HELD
    """What the assistant remembers of it."""

    @property
    def spoken(self) -> list[ToThread]:
        """What a customer said, without the machines' reports."""
        return [item for item in self.items if not item.is_machine]

    @property
    def text(self) -> str:
        """What the matter is about: its subject and the words of this batch."""
        words = [item.text for item in self.spoken or self.items]
        # The subject of what follows only repeats what the matter was called.
        subject = next((item.subject for item in self.items if item.subject), "") if self.is_fresh else ""
        return "\n".join(filter(None, [subject, *words]))[:_READ]

    @property
    def level(self) -> int:
        """How sure we are who wrote: 0 unknown, 1 claimed and matching, 2 proven; the least of the batch's words."""
        levels = [item.details.get("level", 0) for item in self.spoken]
        return min((level for level in levels if isinstance(level, int)), default=0)

    @property
    def since(self) -> datetime:
        """When the customer began to wait."""
        return self.last.waiting_since or min(item.at for item in self.items)

    @property
    def needs_nobody(self) -> bool:
        """Whether only machines spoke."""
        return not self.spoken

    @property
    def has_somebody(self) -> bool:
        """Whether a person has it already, or it stands in line for one."""
        return self.last.assignee_id is not None or self.last.in_line

    @property
    def is_fresh(self) -> bool:
        """Whether it begins here: new, or closed before and opened by what the customer wrote."""
        return self.last.is_new or self.last.reopened

    @property
    def asked_by_button(self) -> bool:
        """Whether the customer pressed the button for a person."""
        return any(item.kind == "person_request" for item in self.items)

    @property
    def may_be_answered(self) -> bool:
        """Whether the assistant may try: it has the word, and nothing speaks for a person at once."""
        unreadable = any(item.kind == "unreadable" for item in self.items)
        had_its_turn = self.held.answered or self.deflected_before
        silent = self.held.word is not Word.ASSISTANT or self.last.repeated or had_its_turn
        return not (self.needs_nobody or self.has_somebody or silent or unreadable or self.asked_by_button)

    @property
    def answer(self) -> Answer | Clarify | None:
        """What the assistant says at once: an answer, or a question back."""
        return self.outcome if isinstance(self.outcome, Answer | Clarify) else None

    @property
    def later(self) -> Later | None:
        """What takes longer than the batch has; until its deadline nobody needs to look."""
        if isinstance(self.outcome, Action):
            arguments = {"action": self.outcome.name, **self.outcome.arguments}
            return Later(Work.BEGIN, arguments, self.outcome.locale)
        return self.outcome if isinstance(self.outcome, Later) else None

    @property
    def hand_over(self) -> HandOver:
        """Why a person takes it."""
        if isinstance(self.outcome, HandOver):
            return self.outcome
        if self.asked_by_button:
            return HandOver(Reason.PERSON_ASKED, "They asked for a person.", self.held.language)
        if self.held.answered and self.held.word is Word.ASSISTANT:
            return HandOver(Reason.CAME_BACK, "They came back after the assistant's answer.", self.held.language)
        if self.needs_nobody or self.deflected_before or self.deflection or self.held.word is not Word.ASSISTANT:
            return HandOver(Reason.WITH_A_PERSON)
        return HandOver(Reason.FAULT, "The assistant could not look at it." if self.may_be_answered else "")

    @property
    def hint(self) -> str:
        """The queue the assistant would choose."""
        if isinstance(self.outcome, Later):
            return str(self.outcome.arguments.get("topic", ""))
        return self.outcome.topic if isinstance(self.outcome, HandOver) else ""


def matters(items: Sequence[ToThread], threaded: Sequence[Threaded]) -> list[Matter]:
    """Gather the batch by conversation, in the order of its contacts."""
    found: dict[UUID, Matter] = {}
    for item, went in zip(items, threaded, strict=True):
        matter = found.setdefault(went.conversation_id, Matter(went.conversation_id, went))
        matter.items.append(item)
    return list(found.values())


def remember(found: Sequence[Matter]) -> None:
    """Read what the assistant holds of known conversations. A matter that begins here begins without it."""
    known = [matter.conversation_id for matter in found if not matter.last.is_new]
    held = holding.read_many(known)
    for matter in found:
        matter.held = held.get(matter.conversation_id, NOTHING_HELD)
        if matter.last.reopened:
            matter.held = holding.begun_anew(matter.held)


def ask_assistant(asked: Sequence[Matter]) -> None:
    """Let the assistant look at each matter that has no first answer yet. When it fails, all of them go to people."""
    eligible = [matter for matter in asked if matter.may_be_answered and matter.deflection is None]
    if not eligible:
        return
    questions = [
        ForAssistant(
            conversation_id=matter.conversation_id,
            text=matter.text,
            locale=next((item.locale for item in matter.items if item.locale), ""),
            channel=matter.items[-1].channel,
            held=matter.held,
        )
        for matter in eligible
    ]
    try:
        with transaction.atomic():  # a fault in one of its queries must not spoil the batch's transaction
            outcomes = [as_it_may_leave(outcome) for outcome in respond_many(questions)]
        if len(outcomes) != len(eligible):
            raise ValueError("The assistant did not answer for each question.")
    except Exception as error:
        log.exception("assistant_failed", conversations=len(eligible), error=type(error).__name__)
        return
    outcomes = composing.turned(outcomes, [question.text for question in questions])
    for matter, outcome in zip(eligible, outcomes, strict=True):
        matter.outcome = outcome
    unanswered.note_later(
        [
            ("\n".join(item.text for item in matter.spoken), outcome.locale)
            for matter, outcome in zip(eligible, outcomes, strict=True)
            if isinstance(outcome, HandOver) and outcome.reason in WITHOUT_ARTICLE and outcome.locale
        ],
        where="assistant",
    )
