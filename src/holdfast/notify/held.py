"""Replies that whoever is cut off had written and that have not left: held back, for somebody else to look at.

They are never sent as they are. The customer waits again, so that somebody answers, and finds the held words there.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from holdfast.conversations.changes import locked
from holdfast.conversations.models import Conversation, Message
from holdfast.conversations.unsent import take_back
from holdfast.guard.cutoff.queries import pool_of
from holdfast.guard.cutoff.states import everybody_cut_off, state_of
from holdfast.kit.clock import now
from holdfast.notify.models import Delivery, HeldBack
from holdfast.people.queries import name_of

State = Delivery.State


def hold_back(*, limit: int = 500) -> int:
    """Hold back what people who are cut off have not sent yet, the oldest first; return how many replies.

    One quick query while nobody is cut off. Each reply is a transaction of its own.
    """
    out = set(everybody_cut_off())
    if not out:
        return 0
    waiting = Delivery.objects.filter(state=State.PENDING, message__agent_id__in=out).order_by("created_at")
    return sum(_hold(pk, out) for pk in list(waiting.values_list("pk", flat=True)[:limit]))


def is_cut_off(author_id: int | None) -> bool:
    """Tell whether whoever wrote a mail is cut off at this moment: asked of each before it leaves. One quick query."""
    return author_id is not None and state_of(author_id).mode != ""


def waiting_to_be_sent(agent_ids: Collection[int]) -> int:
    """Return how many replies of these people have not left: what a cut-off would hold back now."""
    return Delivery.objects.filter(state=State.PENDING, message__agent_id__in=agent_ids).count()


def not_looked_at() -> int:
    """Return how many held replies still wait for somebody, in matters that are not closed."""
    rows = HeldBack.objects.filter(looked_at=None)
    return rows.exclude(delivery__message__conversation__state=Conversation.State.CLOSED).count()


def looked_at(*, conversation_id: UUID, by: int) -> list[Delivery]:
    """Inside a verb: somebody answers this customer, and by that has looked at what was held back: what is returned."""
    held = Delivery.objects.filter(
        message__conversation_id=conversation_id, held_back__looked_at=None, state=State.HELD
    )
    found = list(held.select_related("message"))
    if found:
        HeldBack.objects.filter(delivery__in=found).update(looked_at=now(), looked_by=by)
    return found


@transaction.atomic
def _hold(delivery_id: UUID, out: Collection[int]) -> bool:
    message = Message.objects.select_related("agent").get(deliveries=delivery_id)
    locked(message.conversation_id)
    # A sender that was quicker has it; it is then told of each mail before it leaves.
    if not Delivery.objects.filter(pk=delivery_id, state=State.PENDING).update(state=State.HELD, settled_at=now()):
        return False
    HeldBack.objects.update_or_create(
        delivery_id=delivery_id, defaults={"at": now(), "looked_at": None, "looked_by": None}
    )
    author = message.agent_id or 0
    name = name_of(author)
    why = f"A reply was held back that had not left: {name} is cut off. Somebody else reads it and answers."
    take_back(message_id=message.pk, from_agents=out, to_queue=pool_of(author), why=why)
    return True
