"""Taking the planned steps: a message in the customer's language, with a page of their own and a way to appeal.

Only while the posture allows it and the model sees a flood. A step is asked once, in its own transaction; one that
nobody answers is never held against anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from holdfast.conversations import callbacks
from holdfast.conversations.errors import ConversationError
from holdfast.conversations.lookups import queues_in_line, spoken_in
from holdfast.conversations.messages import post_system
from holdfast.kit.clock import now
from holdfast.posture.current import current
from holdfast.shield import published, steps
from holdfast.shield.appeals import appealed
from holdfast.shield.assess import LADDER
from holdfast.shield.evidence import Friction
from holdfast.shield.models import Step
from holdfast.shield.words import asking

Deliver = Callable[[Sequence[UUID]], None]
"""Has messages leave by mail where the customer is reached so; `notify` does it, the worker wires it."""

VALID = timedelta(hours=4)
_BATCH = 100
_SALT = "place"
_LINK_LIVES = timedelta(days=7)


def take_some(*, deliver: Deliver, limit: int = _BATCH) -> int:
    """Take planned steps; return how many were looked at. Those that make no sense any more are dropped."""
    steps.expire()
    allowed = LADDER.index(Friction(current().effects.friction))
    if not allowed or published.model().alarm != "flood":
        return 0
    planned = Step.objects.filter(asked_at=None, answer="").order_by("planned_at")[:limit]
    found = list(planned)
    standing = queues_in_line({step.conversation_id for step in found})
    exempt = appealed(standing)
    for step in found:
        fits = step.conversation_id in standing and step.conversation_id not in exempt
        if not fits or LADDER.index(Friction(step.kind)) > allowed or not _take(step, deliver):
            steps.drop_one(step)
    return len(found)


@transaction.atomic
def _take(step: Step, deliver: Deliver) -> bool:
    """Ask one step; tell whether it was asked."""
    held = Step.objects.select_for_update(skip_locked=True).filter(pk=step.pk, asked_at=None, answer="").first()
    spoken = spoken_in(step.conversation_id)
    kind = _fitting(Friction(step.kind), by_chat=spoken is not None and spoken.channel == "chat")
    if held is None or spoken is None:
        return held is None  # another process asks it
    if kind != held.kind and Step.objects.filter(conversation_id=held.conversation_id, kind=kind).exists():
        return False
    if kind is Friction.CALLBACK and not _can_offer(step.conversation_id):
        return False
    text = asking(kind, locale=spoken.locale, link=link(step.conversation_id))
    try:
        message = post_system(
            conversation_id=step.conversation_id, kind="step", text=text, details={"step": kind}, internal=False
        )
    except ConversationError:
        return False
    held.kind, held.asked_at, held.expires_at = kind, now(), now() + VALID
    held.save(update_fields=["kind", "asked_at", "expires_at"])
    deliver([message.pk])
    return True


def _can_offer(conversation_id: UUID) -> bool:
    """Tell whether times are to be offered: the posture says so, somebody can keep them, and it was not done before."""
    return bool(callbacks.offer(conversation_id=conversation_id, limit=1)) and not callbacks.was_offered(
        conversation_id
    )


def _fitting(kind: Friction, *, by_chat: bool) -> Friction:
    """A click proves a mailbox only where the link went there by mail; in a chat the topic is asked instead."""
    return Friction.CONFIRM_TOPIC if by_chat and kind is Friction.CONFIRM_CHANNEL else kind


def link(conversation_id: UUID) -> str:
    """Return the address of the page on which somebody sees their place, answers and appeals."""
    return f"{settings.PUBLIC_URL}{reverse('shield:line', args=[token_of(conversation_id)])}"


def token_of(conversation_id: UUID) -> str:
    """Return the token that opens somebody's own page; it lives a week."""
    return signing.dumps(str(conversation_id), salt=_SALT)


def conversation_of(token: str) -> UUID | None:
    """Return the conversation a page's token names; `None` when it was made up or is a week old."""
    try:
        return UUID(signing.loads(token, salt=_SALT, max_age=_LINK_LIVES))
    except (signing.BadSignature, ValueError, TypeError):
        return None


def question_of(conversation_id: UUID) -> Step | None:
    """Return the question a conversation has been asked and not answered."""
    asked = Step.objects.filter(conversation_id=conversation_id, answer="", asked_at__isnull=False)
    return asked.filter(kind__in=[Friction.CONFIRM_TOPIC, Friction.CONFIRM_CHANNEL]).order_by("asked_at").first()


@transaction.atomic
def answer(*, conversation_id: UUID, yes: bool) -> None:
    """Take the answer given on the page. Without an open question nothing changes."""
    step = question_of(conversation_id)
    if step is not None:
        steps.answer(step, came="pass" if yes else "fail")
