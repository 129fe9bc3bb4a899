"""Setting a matter aside until a time. It leaves its line, and comes back with the time it had waited."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from holdfast.conversations.changes import done, locked, unanswered_since
from holdfast.conversations.errors import Refused
from holdfast.conversations.models import Conversation, Snooze
from holdfast.conversations.places import step_in, step_out
from holdfast.conversations.promised import hold
from holdfast.kit.clock import now

LONGEST = timedelta(days=366)


@transaction.atomic
def snooze(*, conversation_id: UUID, by: int | None, until: datetime) -> Snooze:
    """Set the matter aside until `until` (aware). A new time replaces an earlier one.

    Raises `NotFound`, and `Refused` for a closed matter, a time that is past or more than a year away.
    """
    conversation = locked(conversation_id)
    if conversation.state == Conversation.State.CLOSED:
        raise Refused("This conversation is closed. Reopen it first.")
    if until.tzinfo is None or not now() < until <= now() + LONGEST:
        raise Refused("Choose a time from now on, at most a year ahead.")
    end_snooze(conversation)
    step_out(conversation, because="snoozed")
    conversation.state = Conversation.State.SNOOZED
    conversation.snoozed_until = until
    conversation.waiting_since = None
    row = Snooze.objects.create(conversation=conversation, by_id=by, at=now(), until=until)
    done(conversation, kind="state")
    return row


@transaction.atomic
def wake(*, conversation_id: UUID, by: int | None = None) -> None:
    """Bring a snoozed matter back. Raises `NotFound`, and `Refused` when it is not snoozed."""
    conversation = locked(conversation_id)
    if conversation.state != Conversation.State.SNOOZED:
        raise Refused("This conversation is not snoozed.")
    _wake(conversation)


def wake_due(*, limit: int = 500) -> int:
    """Bring back what is due and return how many; each in a transaction of its own."""
    due = Conversation.objects.filter(state=Conversation.State.SNOOZED, snoozed_until__lte=now())
    woken = 0
    for conversation_id in due.order_by("snoozed_until").values_list("pk", flat=True)[:limit]:
        with transaction.atomic():
            still = due.select_for_update(skip_locked=True, of=("self",)).filter(pk=conversation_id).first()
            if still is not None:
                _wake(still)
                woken += 1
    return woken


def end_snooze(conversation: Conversation) -> None:
    """Inside a verb: end the snooze of a locked conversation; the caller says what state it has then."""
    if conversation.state == Conversation.State.SNOOZED:
        Snooze.objects.filter(conversation=conversation, ended_at=None).update(ended_at=now())
        conversation.snoozed_until = None


def _wake(conversation: Conversation) -> None:
    end_snooze(conversation)
    conversation.state = Conversation.State.OPEN
    conversation.waiting_since = unanswered_since(conversation.pk)
    step_in(conversation)
    hold(conversation.pk)
    done(conversation, kind="state")
