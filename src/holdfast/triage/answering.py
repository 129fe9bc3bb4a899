"""Who answers: the assistant, once and first, or a person. Whatever goes wrong in between, it is a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from holdfast.assistant.contract import Answer, Citation, ForAssistant, HandOver, Outcome
from holdfast.assistant.respond import respond_many
from holdfast.conversations.to_thread import Threaded, ToThread

log = structlog.get_logger(__name__)

_CITED = tuple(each.name for each in fields(Citation))
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

    @property
    def spoken(self) -> list[ToThread]:
        """What a customer said, without the machines' reports."""
        return [item for item in self.items if not item.is_machine]

    @property
    def text(self) -> str:
        """What the matter is about: its subject and the words of this batch."""
        words = [item.text for item in self.spoken or self.items]
        subject = next((item.subject for item in self.items if item.subject), "")
        return "\n".join(filter(None, [subject, *words]))[:_READ]

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
    def may_be_answered(self) -> bool:
        """Whether the assistant may try: nobody has spoken yet, and nobody asked for a person."""
        kinds = {item.kind for item in self.items}
        last = self.last
        silent = last.person_wrote or last.assistant_wrote or last.repeated or self.deflected_before
        return not (self.needs_nobody or self.has_somebody or silent or kinds & {"person_request", "unreadable"})

    @property
    def answer(self) -> Answer | None:
        """The assistant's answer, if it gave one."""
        return self.outcome if isinstance(self.outcome, Answer) else None

    @property
    def hint(self) -> str:
        """The queue the assistant would choose."""
        return self.outcome.topic if isinstance(self.outcome, HandOver) else ""


def matters(items: Sequence[ToThread], threaded: Sequence[Threaded]) -> list[Matter]:
    """Gather the batch by conversation, in the order of its contacts."""
    found: dict[UUID, Matter] = {}
    for item, went in zip(items, threaded, strict=True):
        matter = found.setdefault(went.conversation_id, Matter(went.conversation_id, went))
        matter.items.append(item)
    return list(found.values())


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
        )
        for matter in eligible
    ]
    try:
        with transaction.atomic():  # a fault in one of its queries must not spoil the batch's transaction
            outcomes = respond_many(questions)
        if len(outcomes) != len(eligible):
            raise ValueError("The assistant did not answer for each question.")
    except Exception as error:
        log.exception("assistant_failed", conversations=len(eligible), error=type(error).__name__)
        return
    for matter, outcome in zip(eligible, outcomes, strict=True):
        matter.outcome = outcome


def answer_details(answer: Answer) -> dict[str, Any]:
    """Return what is kept of an answer beside its words."""
    return {
        "citations": [{name: getattr(citation, name) for name in _CITED} for citation in answer.citations],
        "confidence": answer.confidence,
        "locale": answer.locale,
    }


def hand_over_details(outcome: HandOver) -> Mapping[str, Any]:
    """Return what is kept of a hand-over beside its summary."""
    return {"kind": "handover", "reason": str(outcome.reason), "locale": outcome.locale, "topic": outcome.topic}
