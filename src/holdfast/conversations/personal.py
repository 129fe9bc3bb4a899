"""Word to one customer by a time, promised by an agent: kept by the next reply, or by saying so.

The ledger of promises is read by everybody at work, so what it says here is the number of the case and nothing else.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from holdfast.conversations.changes import done, locked
from holdfast.conversations.errors import NotFound, Refused
from holdfast.conversations.messages import system_line
from holdfast.conversations.models import Conversation
from holdfast.conversations.promised import of
from holdfast.kit.clock import now
from holdfast.promises import errors as promises
from holdfast.promises import ledger, queries
from holdfast.promises.contract import Kind, PromiseView, State

LONGEST = timedelta(days=31)
WHY = {"not_needed": "Not needed any more.", "mistake": "Promised by mistake."}
"""Why a promise may be given up. Chosen, not typed: nothing about a customer can get into the ledger."""


@transaction.atomic
def promise(*, conversation_id: UUID, by: int, due: datetime) -> UUID:
    """Promise the customer word by `due`; whoever promises owns it. Returns the promise's id.

    Raises `NotFound`; `Refused` for a closed matter, a time that is past or over a month away, and when one is open.
    """
    conversation = locked(conversation_id)
    if conversation.state == Conversation.State.CLOSED:
        raise Refused("This conversation is closed. Reopen it first.")
    if due > now() + LONGEST:
        raise Refused("Promise word within a month.")
    about = f"Word on #{conversation.number}"
    try:
        made = ledger.make(kind=Kind.PERSONAL, subject=of(conversation_id), about=about, due=due, owner=by, by=by)
    except promises.Refused as refused:
        raise Refused(refused.sentence) from None
    _tell(conversation, "Word was promised to the customer.", by=by)
    return made


@transaction.atomic
def keep(*, conversation_id: UUID, by: int) -> State:
    """Write down that the customer has the word, by another way than a reply here. Raises `NotFound` without one."""
    conversation = locked(conversation_id)
    ended = ledger.keep(kind=Kind.PERSONAL, subject=of(conversation_id), by=by)
    if ended is None:
        raise NotFound(conversation_id)
    _tell(conversation, "The customer has the word that was promised.", by=by)
    return ended


@transaction.atomic
def give_up(*, conversation_id: UUID, by: int, why: str) -> None:
    """Give the promise up for one of the reasons in `WHY`. Raises `NotFound` without one that is open."""
    conversation = locked(conversation_id)
    if not ledger.cancel(kind=Kind.PERSONAL, subject=of(conversation_id), why=WHY[why], by=by):
        raise NotFound(conversation_id)
    _tell(conversation, f"The promise was given up. {WHY[why]}", by=by)


def promise_of(conversation_id: UUID) -> PromiseView | None:
    """Return the promise that is open, or was broken and is not mended."""
    subject = of(conversation_id)
    newest = [each for each in queries.history(subject) if each.kind == Kind.PERSONAL][-1:]
    owed = [each for each in newest if each.state == State.OPEN]
    return next(iter(owed or [each for each in newest if each.state == State.BROKEN and each.mended_at is None]), None)


def _tell(conversation: Conversation, words: str, *, by: int) -> None:
    system_line(conversation, kind="promise", text=words, details={"by": by})
    done(conversation, kind="message")
