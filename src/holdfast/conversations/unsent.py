"""A reply that never left is no answer: its customer waits again, by when they began to, and somebody else reads it."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from holdfast.conversations.assignments import release
from holdfast.conversations.changes import done, locked, preview_of
from holdfast.conversations.closures import unshut, waits_for_what_was_not_answered
from holdfast.conversations.messages import system_line
from holdfast.conversations.models import Conversation, Message
from holdfast.conversations.places import step_in
from holdfast.conversations.promised import hold, of
from holdfast.conversations.snoozes import end_snooze
from holdfast.kit.clock import now
from holdfast.promises import errors as promises
from holdfast.promises import ledger
from holdfast.promises.contract import Kind

WORD_WITHIN = timedelta(hours=1)
"""By when whoever waits again is to have word. In the ledger of promises, so that nobody is forgotten."""


@transaction.atomic
def take_back(*, message_id: UUID, from_agents: Collection[int], to_queue: int | None, why: str) -> None:
    """Make a reply that has not left a note again, and let its customer wait for an answer.

    Whoever of `from_agents` has the case loses it; it then stands in the line of `to_queue`, or its own. A closed or
    snoozed matter opens. `why` is the line in the thread. Raises `NotFound`, `Refused` as every verb.
    """
    message = Message.objects.get(pk=message_id)
    conversation = locked(message.conversation_id)
    Message.objects.filter(pk=message_id).update(internal=True)
    _show_what_was_said(conversation)
    if conversation.assignee_id in from_agents:
        release(conversation)
    if conversation.assignee_id is None and to_queue is not None:
        conversation.queue_id = to_queue
    if conversation.state == Conversation.State.CLOSED:
        unshut(conversation)
    else:
        end_snooze(conversation)
        conversation.state = Conversation.State.OPEN
        waits_for_what_was_not_answered(conversation)
    # Nothing of theirs may be unanswered, where a second reply was on its way: somebody looks at it all the same.
    conversation.waiting_since = conversation.waiting_since or message.created_at
    step_in(conversation)
    hold(conversation.pk)
    system_line(conversation, kind="held", text=why, details={"message": str(message_id)})
    with suppress(promises.Refused):  # word is promised to them already
        ledger.make(
            kind=Kind.PERSONAL,
            subject=of(conversation.pk),
            about=f"Word on #{conversation.number}",
            due=now() + WORD_WITHIN,
            owner=None,
            by=None,
        )
    done(conversation, kind="message")


def _show_what_was_said(conversation: Conversation) -> None:
    newest = Message.objects.filter(conversation=conversation, internal=False).order_by("-created_at", "-id").first()
    if newest is not None:
        conversation.last_message_at, conversation.last_author = newest.created_at, newest.author
        conversation.preview = preview_of(newest.text)
