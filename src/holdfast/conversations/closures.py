"""Closing and reopening. A closure is a row with who and when; reopening ends it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from holdfast.conversations import promised
from holdfast.conversations.assignments import release
from holdfast.conversations.changes import done, locked, unanswered_messages
from holdfast.conversations.errors import Refused
from holdfast.conversations.models import Closure, Conversation
from holdfast.conversations.places import step_in, step_out
from holdfast.conversations.snoozes import end_snooze
from holdfast.intake import receipts
from holdfast.kit.clock import now

WITHOUT_REPLY = "Closed without a reply."


@transaction.atomic
def close(*, conversation_id: UUID, by: int | None) -> Closure:
    """Close the matter: it leaves its line and its agent. Closing again changes nothing.

    Receipts that still waited are parked with a reason: closing is not an answer. Raises `NotFound`, `Refused`.
    """
    conversation = locked(conversation_id)
    if conversation.state == Conversation.State.CLOSED:
        return Closure.objects.get(conversation=conversation, reopened_at=None)
    closure = shut(conversation, by=by)
    receipts.settle_conversation(conversation.pk, state="parked", reason=WITHOUT_REPLY)
    done(conversation, kind="state")
    return closure


@transaction.atomic
def reopen(*, conversation_id: UUID, by: int | None) -> None:
    """Open a closed matter again. What was never answered waits again, since it was written.

    Raises `NotFound`, and `Refused` when it is not closed.
    """
    conversation = locked(conversation_id)
    if conversation.state != Conversation.State.CLOSED:
        raise Refused("This conversation is not closed.")
    unshut(conversation, by=by)
    done(conversation, kind="state")


def shut(conversation: Conversation, *, by: int | None) -> Closure:
    """Inside a verb: close a locked conversation."""
    end_snooze(conversation)
    # Who has the case closes it after the call; from the line it is given up.
    promised.closed(conversation.pk, called=conversation.assignee_id is not None, by=by)
    step_out(conversation, because="closed")
    release(conversation)
    conversation.state = Conversation.State.CLOSED
    conversation.waiting_since = None
    return Closure.objects.create(conversation=conversation, by_id=by, at=now())


def unshut(conversation: Conversation, *, by: int | None = None) -> None:
    """Inside a verb: open a locked, closed conversation and let it wait for what was not answered."""
    Closure.objects.filter(conversation=conversation, reopened_at=None).update(reopened_at=now(), reopened_by_id=by)
    conversation.state = Conversation.State.OPEN
    waits_for_what_was_not_answered(conversation)
    step_in(conversation)


def waits_for_what_was_not_answered(conversation: Conversation) -> None:
    """Inside a verb: let the customer of a locked conversation wait for what was not answered, since it was written."""
    unanswered = list(
        unanswered_messages(conversation.pk).order_by("created_at").values_list("created_at", "contact_id")
    )
    conversation.waiting_since = unanswered[0][0] if unanswered else None
    contact_ids = [contact_id for _, contact_id in unanswered if contact_id]
    if contact_ids:
        receipts.settle(contact_ids, state="waiting", conversation_id=conversation.pk)
