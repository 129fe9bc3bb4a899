"""What a turn may do in its conversation: look, take a step, speak, hand over. Each looks first, under the lock.

The compare-and-set: a turn knows a version of its conversation. Where that moved for another reason than messages of
the customer's own, or a person has it, the assistant says nothing; and nobody is left waiting for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import F

from holdfast.assistant import holding
from holdfast.assistant.checking import refused, to_a_person
from holdfast.assistant.contract import HandOver, Held, Option, Reason, Word, Work
from holdfast.assistant.handing_over import ToHand, hand_over_many
from holdfast.assistant.models import Turn
from holdfast.assistant.turn_rows import Claimed, ToBegin, begin_many, overdue
from holdfast.conversations import machine
from holdfast.conversations.answers import versions
from holdfast.conversations.machine import Seen
from holdfast.intake.queries import BY_ASSISTANT
from holdfast.kit.clock import now
from holdfast.notify.deliveries import enqueue_many

log = structlog.get_logger(__name__)

_READ = 20_000  # characters of what a customer said that a turn gets
_SWEPT = 100


@dataclass(frozen=True, slots=True)
class Given:
    """What a turn works with. `read` is the newest message it has read, `level` how sure we are who wrote."""

    turn: Claimed
    version: int
    read: int
    text: str
    channel: str
    locale: str
    customer_id: UUID | None
    level: int
    held: Held
    steps: int
    """Steps that were taken before, by an attempt that came to nothing."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the assistant says at the end of a turn, and what it then waits for. `did` is one sentence for an agent."""

    text: str
    locale: str
    details: Mapping[str, Any] = field(default_factory=dict)
    answered: bool = False
    options: tuple[Option, ...] = ()
    pending: Mapping[str, Any] | None = None
    did: str = ""
    acts: bool = False
    """These are the words of a form: a question of its own, what it did, or that it stopped."""


class Silenced(Exception):  # noqa: N818 - no error: somebody else has the word
    """The turn has ended: no call, no word."""


@transaction.atomic
def look(turn: Claimed) -> Given | None:
    """Return what the turn works with; `None` when it has ended."""
    found = _may_go_on(turn, turn.version)
    if found is None:
        return None
    row, seen, held = found
    if not seen.unanswered:  # somebody answered, or the words were moved elsewhere
        _end(row, Turn.Outcome.SILENT)
        return None
    row.version = seen.version
    row.save(update_fields=["version"])
    return Given(
        turn=turn,
        version=seen.version,
        read=seen.unanswered[-1].version,
        text="\n".join(heard.text for heard in seen.unanswered)[:_READ],
        channel=seen.channel,
        locale=held.language or seen.locale,
        customer_id=seen.customer_id,
        level=min(heard.level for heard in seen.unanswered),
        held=replace(held, busy=False),
        steps=row.steps,
    )


@transaction.atomic
def step(given: Given) -> bool:
    """Take one of the turn's steps, before a call to a connector or a model. False: the turn has ended, do not call.

    A turn that wants more steps than it has goes to a person.
    """
    found = _may_go_on(given.turn, given.version)
    if found is None:
        return False
    row, seen, held = found
    if row.steps >= Turn.MOST_STEPS:
        _hand(row, seen, held, HandOver(Reason.GAVE_UP, "It took more steps than the assistant has."))
        return False
    Turn.objects.filter(pk=row.pk).update(steps=F("steps") + 1)
    return True


def next_step(given: Given) -> None:
    """Take a step (`step`). Raises `Silenced` when the turn has ended."""
    if not step(given):
        raise Silenced


@transaction.atomic
def say(given: Given, reply: Reply) -> bool:
    """Say it, if the assistant still has the word; tell whether. What the customer wrote meanwhile gets a turn next.

    Words that break a rule of `reply_lint` bring a person instead.
    """
    found = _may_go_on(given.turn, given.version)
    if found is None:
        return False
    row, seen, held = found
    acts = reply.acts or bool(reply.options)
    if rule := refused(reply.text, locale=reply.locale, cited=bool(reply.details.get("citations")), acts=acts):
        _hand(row, seen, held, to_a_person(rule, locale=reply.locale))
        return False
    details = {**reply.details, "locale": reply.locale, "turn": str(row.pk)}
    details |= {"did": reply.did} if reply.did else {}
    details |= {"options": [option.label for option in reply.options]} if reply.options else {}
    message = machine.answer(seen, read=given.read, text=reply.text, details=details, reason=BY_ASSISTANT)
    enqueue_many([message.pk])
    after = holding.spoken(
        held, language=reply.locale, answered=reply.answered, options=reply.options, pending=reply.pending
    )
    holding.keep(seen.id, replace(after, busy=False))
    _end(row, Turn.Outcome.SAID)
    unread = [heard for heard in seen.unanswered if heard.version > given.read]
    if unread:
        work = Work.ANSWER if reply.pending is None else Work.GO_ON
        version = versions([seen.id])[seen.id]
        next_one = ToBegin(
            conversation_id=seen.id, channel=seen.channel, work=work, version=version, since=unread[0].at
        )
        begin_many([next_one])
    return True


@transaction.atomic
def give(given: Given, outcome: HandOver) -> bool:
    """Hand the conversation over, after a last word if there is one; tell whether this turn still could."""
    found = _may_go_on(given.turn, given.version)
    if found is None:
        return False
    row, seen, held = found
    if outcome.said and not refused(outcome.said, locale=outcome.locale, hand_over=True):
        details = {"locale": outcome.locale, "turn": str(row.pk), "did": outcome.summary}
        message = machine.remark(seen, text=outcome.said, details=details)
        enqueue_many([message.pk])
        held = replace(held, turns=held.turns + 1)
    _hand(row, seen, held, outcome)
    return True


def sweep(*, limit: int = _SWEPT) -> int:
    """The dead man's switch: put every conversation in line whose turn is past its deadline; return how many.

    Each is a transaction of its own; one that cannot be locked now is left to the next look.
    """
    ended = 0
    for turn_id in overdue(limit):
        try:
            ended += _give_late(turn_id)
        except Exception as error:  # one that is stuck must not hide the others
            log.exception("late_turn_stuck", turn=str(turn_id), error=type(error).__name__)
    return ended


@transaction.atomic
def _give_late(turn_id: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '3s'")
    conversation_id = Turn.objects.filter(pk=turn_id, ended_at=None).values_list("conversation_id", flat=True).first()
    if conversation_id is None:
        return False
    seen = machine.see(conversation_id)
    row = Turn.objects.select_for_update().filter(pk=turn_id, ended_at=None).first()
    if row is None:
        return False
    held = holding.read(conversation_id)
    if seen is not None and seen.free and held.word is Word.ASSISTANT:
        outcome = HandOver(Reason.TOO_LATE, "The assistant was not done in time.", held.language)
        _hand(row, seen, held, outcome, ended=Turn.Outcome.LATE)
    else:
        _leave(row, seen)
    return True


def _may_go_on(turn: Claimed, version: int) -> tuple[Turn, Seen, Held] | None:
    """Lock the conversation and the turn. `None` when the assistant may not go on: then nobody waits for it either."""
    seen = machine.see(turn.conversation_id)
    open_ = Turn.objects.select_for_update().filter(pk=turn.id, attempt=turn.attempt, ended_at=None)
    row = open_.filter(deadline__gt=now()).first()
    if row is None:  # it ended, another worker has it, or it is late and the switch is about to end it
        return None
    held = holding.read(turn.conversation_id)
    if seen is None or not seen.free or held.word is not Word.ASSISTANT:
        _leave(row, seen)
        return None
    if not seen.only_customer_spoke_since(version):
        _hand(row, seen, held, HandOver(Reason.INTERRUPTED, "Something changed here while the assistant was at work."))
        return None
    return row, seen, held


def _leave(row: Turn, seen: Seen | None) -> None:
    """End a turn without a word. Who waits here, and has nobody, stands in line."""
    _end(row, Turn.Outcome.SILENT)
    if seen is not None and seen.free and seen.unanswered:
        machine.stand_in_line(seen, since=row.since)
        machine.tell(seen.id, kind="line", chat="line")


def _hand(
    row: Turn, seen: Seen, held: Held, outcome: HandOver, *, ended: Turn.Outcome = Turn.Outcome.HANDED_OVER
) -> None:
    _end(row, ended)
    machine.stand_in_line(seen, since=row.since)
    to_hand = ToHand(
        conversation_id=seen.id,
        queue_id=seen.queue_id or 0,
        channel=seen.channel,
        locale=held.language or seen.locale,
        outcome=outcome,
        text="\n".join(heard.text for heard in seen.unanswered)[:_READ],
        level=min((heard.level for heard in seen.unanswered), default=0),
        # A second look is nothing the customer knows of: by mail they are told of a person only if something was said.
        held=replace(held, busy=row.work != Work.ANSWER),
        is_new=bool(row.arguments.get("new")),
    )
    enqueue_many(hand_over_many([to_hand]))
    machine.tell(seen.id, kind="line", chat="line")


def _end(row: Turn, outcome: Turn.Outcome) -> None:
    row.outcome, row.ended_at = outcome, now()
    row.save(update_fields=["outcome", "ended_at"])
