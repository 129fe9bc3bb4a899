"""Who has a case: one agent at a time. Every change raises the epoch; grants to ask for values come and go with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction

from holdfast.conversations.changes import check_epoch, done, locked
from holdfast.conversations.errors import Refused
from holdfast.conversations.line import handed_out, lock_next
from holdfast.conversations.messages import system_line
from holdfast.conversations.models import Assignment, Conversation, Transfer
from holdfast.conversations.places import move, open_place, step_in, step_out
from holdfast.conversations.promised import hold
from holdfast.guard.grants import NotGiven, close_grants, open_grant
from holdfast.kit.clock import now
from holdfast.people.queries import answers

SUMMARY_LIMIT = 280


@transaction.atomic
def assign(*, conversation_id: UUID, to: int | None, by: int | None, epoch: int | None = None) -> Assignment | None:
    """Give the case to an agent, or with `None` back to its line, where it keeps the time it has waited.

    Assigning to who has it already changes nothing. `epoch` is what the asker saw: another one is `Stale`.
    Raises `NotFound`, `Stale`, `Refused`.
    """
    conversation = locked(conversation_id)
    check_epoch(conversation, epoch)
    if conversation.state == Conversation.State.CLOSED:
        raise Refused("This conversation is closed. Reopen it first.")
    if conversation.assignee_id == to:
        return Assignment.objects.filter(conversation=conversation, ended_at=None).first()
    if to is not None and not answers(to):
        raise Refused("That person does not answer customers at the moment.")
    release(conversation)
    assignment = _hand_to(conversation, agent_id=to, by=by, picked=by == to) if to is not None else None
    if to is None:
        step_in(conversation)
        hold(conversation.pk)
    done(conversation, kind="assignment")
    _grant(conversation)
    return assignment


@transaction.atomic
def to_line(*, conversation_id: UUID, queue_id: int, epoch: int | None = None) -> None:
    """Take the case from whoever has it into a line, where it stands by when its customer began to wait.

    One that waits for nothing now, or is snoozed, stands there when it next has to. Raises `NotFound`, `Stale`,
    `Refused`.
    """
    conversation = locked(conversation_id)
    check_epoch(conversation, epoch)
    if conversation.state == Conversation.State.CLOSED:
        raise Refused("This conversation is closed. Reopen it first.")
    release(conversation)
    conversation.queue_id = queue_id
    step_in(conversation)
    hold(conversation.pk)
    done(conversation, kind="assignment")


@transaction.atomic
def take_next(
    *,
    agent_id: int,
    queue_ids: Sequence[int],
    priorities: Mapping[int, int] | None = None,
    most_cases: int | None = None,
) -> Conversation | None:
    """Give the agent the case that is next in these lines; `None` when nobody waits.

    `priorities` by queue: higher goes first. `most_cases`: with so many that wait for an answer in hand nobody gets
    another. Cases that somebody else takes at this moment are skipped, so two agents never get the same one.
    Raises `Refused`.
    """
    if not answers(agent_id):
        raise Refused("Your account does not answer customers.")
    if most_cases is not None and _in_hand(agent_id) >= most_cases:
        raise Refused(f"You have {most_cases} cases that wait for you, the most at one time for now. Answer one first.")
    passed: list[UUID] = []
    while (chosen := lock_next(queue_ids, passed=passed, priorities=priorities)) is not None:
        conversation = Conversation.objects.get(pk=chosen.conversation_id)
        passed.append(chosen.conversation_id)
        # The place was read before the lock; it may have ended in between.
        if open_place(chosen.conversation_id) is None or conversation.assignee_id is not None:
            continue
        handed_out(chosen)
        _hand_to(conversation, agent_id=agent_id, by=agent_id)
        done(conversation, kind="assignment")
        _grant(conversation)
        return conversation
    return None


@transaction.atomic
def transfer(
    *, conversation_id: UUID, by: int, summary: str, to_queue: int | None = None, to_agent: int | None = None
) -> Transfer:
    """Hand a case on, to a line or to a person, with the line that spares the customer from explaining again.

    In the new line it keeps the time it has waited. Raises `NotFound`, `Refused`.
    """
    summary = " ".join(summary.replace("\x00", "").split())
    if not summary or len(summary) > SUMMARY_LIMIT:
        raise Refused(f"Say in one line, at most {SUMMARY_LIMIT} characters, what the next person needs to know.")
    if (to_queue is None) == (to_agent is None):
        raise Refused("Choose either a queue or a person.")
    conversation = locked(conversation_id)
    if conversation.state == Conversation.State.CLOSED:
        raise Refused("This conversation is closed. Reopen it first.")
    if to_agent is not None and (to_agent == conversation.assignee_id or not answers(to_agent)):
        raise Refused("That person already has it, or does not answer customers at the moment.")
    handed_on = Transfer.objects.create(
        conversation=conversation,
        by_id=by,
        from_queue_id=conversation.queue_id,
        to_queue_id=to_queue,
        to_agent_id=to_agent,
        summary=summary,
        at=now(),
    )
    release(conversation)
    if to_agent is not None:
        _hand_to(conversation, agent_id=to_agent, by=by)
    elif to_queue is not None:
        _hand_to_queue(conversation, queue_id=to_queue)
    line = system_line(conversation, kind="transfer", text=summary, details={"transfer": handed_on.pk, "by": by})
    line.agent_id = by
    line.save(update_fields=["agent"])
    done(conversation, kind="assignment")
    _grant(conversation)
    return handed_on


def release(conversation: Conversation) -> None:
    """Inside a verb: end the assignment of a locked conversation and what its agent may ask for."""
    if conversation.assignee_id is None:
        return
    Assignment.objects.filter(conversation=conversation, ended_at=None).update(ended_at=now())
    close_grants(conversation_id=conversation.pk)
    conversation.assignee_id = None
    conversation.epoch += 1


def _in_hand(agent_id: int) -> int:
    """Count the agent's open cases in which a customer waits for an answer."""
    held = Conversation.objects.filter(assignee_id=agent_id, state=Conversation.State.OPEN)
    return held.filter(waiting_since__isnull=False).count()


def _hand_to(conversation: Conversation, *, agent_id: int, by: int | None, picked: bool = False) -> Assignment:
    step_out(conversation, because="assigned")
    conversation.assignee_id = agent_id
    conversation.epoch += 1
    return Assignment.objects.create(
        conversation=conversation,
        agent_id=agent_id,
        epoch=conversation.epoch,
        by_id=by,
        picked=picked,
        started_at=now(),
    )


def _grant(conversation: Conversation) -> None:
    """Once a case is stored with whoever has it now: let them ask for its customer's values. Raises `Refused`."""
    if conversation.assignee_id is None:
        return
    try:
        open_grant(
            agent_id=conversation.assignee_id, conversation_id=conversation.pk, customer_id=conversation.customer_id
        )
    except NotGiven as refused:
        raise Refused(refused.sentence) from refused


def _hand_to_queue(conversation: Conversation, *, queue_id: int) -> None:
    """A transferred case stands in line: somebody there has to look at it. A snoozed one stands when it wakes."""
    if conversation.state == Conversation.State.OPEN:
        move(conversation, queue_id=queue_id, at=conversation.waiting_since or now())
        hold(conversation.pk)
    conversation.queue_id = queue_id
