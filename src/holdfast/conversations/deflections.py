"""First answers that a playbook gives while a posture is in force: told once per conversation, the place in line kept.

A deflection answers nobody by itself: the customer goes on standing in line. Only their own "that answers it" ends it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q

from holdfast.conversations.changes import done, locked
from holdfast.conversations.closures import shut
from holdfast.conversations.messages import system_line
from holdfast.conversations.models import Conversation, Deflection
from holdfast.guard.watching import canaries
from holdfast.intake import receipts
from holdfast.intake.queries import BY_DEFLECTION
from holdfast.kit.clock import now

_Outcome = Deflection.Outcome
_STEM = 4  # letters; a shorter word stands for itself alone
_READ = 20_000  # characters


@dataclass(frozen=True, slots=True)
class Told:
    """A conversation that is told the text of `word` now."""

    conversation_id: UUID
    word: str


@dataclass(frozen=True, slots=True)
class Counted:
    """How many were told the text of one word, and what they said of it. The rest said nothing and stand in line."""

    word: str
    told: int
    answered: int
    person: int


def word_in(text: str, deflections: Mapping[str, str]) -> str | None:
    """Return the word or phrase of `deflections` that `text` is about: the longest one in it, `None` without any.

    Case and line breaks do not count. A last word of four letters or more also stands for those up to three letters
    longer ("transfer" for "transfers", "transferred").
    """
    said = " ".join(text[:_READ].casefold().split())
    found = [word for word in deflections if (pattern := _pattern(word)) and pattern.search(said)]
    return max(found, key=len, default=None)


def record(told: Sequence[Told]) -> None:
    """Inside the caller's transaction: note who is told what. The caller asked `deflected` before."""
    moment = now()
    Deflection.objects.bulk_create(
        [Deflection(conversation_id=each.conversation_id, word=each.word, at=moment) for each in told],
        ignore_conflicts=True,
    )


def deflected(conversation_ids: Collection[UUID]) -> set[UUID]:
    """Return those conversations that were told a text before."""
    rows = Deflection.objects.filter(conversation_id__in=list(conversation_ids))
    return set(rows.values_list("conversation_id", flat=True))


def waits_for_word(conversation_id: UUID) -> bool:
    """Tell whether a conversation was told a text and its customer said nothing of it yet."""
    return Deflection.objects.filter(conversation_id=conversation_id, outcome=_Outcome.NONE).exists()


def was_answered(conversation_id: UUID) -> bool:
    """Tell whether a conversation was closed by its customer's word that a text answered it, and is still closed."""
    rows = Deflection.objects.filter(conversation_id=conversation_id, outcome=_Outcome.ANSWERED)
    return rows.filter(conversation__state=Conversation.State.CLOSED).exists()


def person_asked(conversation_ids: Collection[UUID]) -> int:
    """Note that these customers want a person after all; return how many had been told a text. They stand in line."""
    if not conversation_ids:
        return 0
    open_ones = Deflection.objects.filter(conversation_id__in=list(conversation_ids), outcome=_Outcome.NONE)
    return open_ones.update(outcome=_Outcome.PERSON, settled_at=now())


@transaction.atomic
def answered(*, conversation_id: UUID) -> bool:
    """Take a customer's word that the text answered it: the matter closes and its place is given up. Tell whether.

    Nothing happens when they were told nothing, said so before or asked for a person. Where a person has the case it
    is noted for them, and they close it. Raises `NotFound`, `Refused`.
    """
    conversation = locked(conversation_id)
    told = Deflection.objects.filter(conversation=conversation, outcome=_Outcome.NONE)
    if not told.update(outcome=_Outcome.ANSWERED, settled_at=now()):
        return False
    system_line(conversation, kind="deflection_answered", text="The customer said that the first text answered it.")
    if conversation.assignee_id is None and conversation.state != Conversation.State.CLOSED:
        receipts.settle_conversation(conversation.pk, state="answered", reason=BY_DEFLECTION)
        shut(conversation, by=None)
    done(conversation, kind="state")
    return True


@transaction.atomic
def wants_person(*, conversation_id: UUID) -> bool:
    """Take a customer's word that they want a person after a text; tell whether it was news. They stand in line.

    Raises `NotFound`, `Refused`.
    """
    conversation = locked(conversation_id)
    if not person_asked([conversation.pk]):
        return False
    system_line(conversation, kind="deflection_person", text="The first text did not answer it: they want a person.")
    done(conversation, kind="line")
    return True


def counts(*, since: datetime) -> list[Counted]:
    """Return for each word how many were told its text since then, and what came of it; the most told first."""
    real = Deflection.objects.filter(at__gte=since).exclude(conversation__customer_id__in=canaries.everybody())
    rows = real.values("word").order_by()
    counted = rows.annotate(
        told=Count("pk"),
        answered=Count("pk", filter=Q(outcome=_Outcome.ANSWERED)),
        person=Count("pk", filter=Q(outcome=_Outcome.PERSON)),
    )
    return sorted((Counted(**row) for row in counted), key=lambda each: (-each.told, each.word))


@lru_cache(maxsize=512)
def _pattern(word: str) -> re.Pattern[str] | None:
    parts = word.casefold().split()
    if not parts:
        return None
    longer = r"\w{0,3}" if len(parts[-1]) >= _STEM else ""
    return re.compile(rf"(?<!\w){re.escape(' '.join(parts))}{longer}(?!\w)")
