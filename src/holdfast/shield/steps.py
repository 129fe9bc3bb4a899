"""Steps of the friction ladder as rows: planned when a contact is judged, taken once, answered or not."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import models, transaction

from holdfast.kit.clock import now
from holdfast.shield.evidence import Challenge, Friction
from holdfast.shield.models import Assessment, Step

_NO = re.compile(r"\s*(no|nope|tidak|bukan|enggak|nggak|não|nao)\b", re.IGNORECASE)
QUESTIONS = (Friction.CONFIRM_TOPIC, Friction.CONFIRM_CHANNEL)


@dataclass(frozen=True, slots=True)
class Planned:
    """A step that the judgement of a contact asks for."""

    contact_id: UUID
    conversation_id: UUID
    kind: Friction


def plan(steps: Sequence[Planned]) -> None:
    """Remember steps to take. One that a conversation was asked before is not asked again."""
    moment = now()
    Step.objects.bulk_create(
        [
            Step(contact_id=each.contact_id, conversation_id=each.conversation_id, kind=each.kind, planned_at=moment)
            for each in steps
        ],
        ignore_conflicts=True,
    )


def hear(said: Mapping[UUID, tuple[UUID, datetime, str]]) -> None:
    """Take what customers said since they were asked what it is about, as its answer.

    `said` is, by contact: its conversation, when it came, and its text. Whoever goes on talking has an interest of
    their own in it; "no" is a no.
    """
    conversations = {conversation_id for conversation_id, *_ in said.values()}
    asked = {
        step.conversation_id: step
        for step in Step.objects.filter(
            conversation_id__in=conversations, kind=Friction.CONFIRM_TOPIC, answer="", asked_at__isnull=False
        )
    }
    for contact_id, (conversation_id, at, text) in said.items():
        step = asked.get(conversation_id)
        if step is not None and step.contact_id != contact_id and step.asked_at is not None and at > step.asked_at:
            answer(step, came="fail" if _NO.match(text) else "pass")
            del asked[conversation_id]


def answer(step: Step, *, came: Challenge) -> None:
    """Note what came of a step. The first answer holds."""
    # Held before the step, as whoever assesses it does: two who wait for each other would wait in vain.
    Assessment.objects.select_for_update().filter(pk=step.contact_id).first()
    open_one = Step.objects.filter(pk=step.pk, answer="")
    if open_one.update(answer=came, answered_at=now()):
        challenge(contact_id=step.contact_id, came=came)


def challenge(*, contact_id: UUID, came: str) -> None:
    """Note what came of a question asked of a contact (`pass` or `fail`), and have it assessed once more."""
    for row in Assessment.objects.select_for_update().filter(pk=contact_id, challenge=""):
        row.challenge, row.asked_score, row.assessed_at = came, row.score, None
        row.save(update_fields=["challenge", "asked_score", "assessed_at"])


@transaction.atomic
def expire() -> int:
    """Write down where nothing came in time; return how many. It is counted, and changes nothing for anybody."""
    over = Step.objects.filter(answer="", expires_at__lte=now())
    questions = list(over.filter(kind__in=QUESTIONS).values_list("contact_id", flat=True))
    silent = Assessment.objects.filter(pk__in=questions, challenge="", asked_score=None)
    silent.update(asked_score=models.F("score"))
    return over.update(answer=Step.Answer.NONE, answered_at=now())


def drop(conversation_ids: Collection[UUID]) -> None:
    """Ask nothing more of these conversations."""
    Step.objects.filter(conversation_id__in=list(conversation_ids), answer="").update(
        answer=Step.Answer.NONE, answered_at=now()
    )


def drop_one(step: Step) -> None:
    """Do not take a planned step."""
    Step.objects.filter(pk=step.pk, answer="").update(answer=Step.Answer.NONE, answered_at=now())
