"""What becomes of what was promised in a conversation when something happens to it. Only verbs call this, in theirs.

A booked callback, and word to one person by a time ("personal"), stand in the ledger of promises as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from django.db.models import F

from holdfast.conversations.line import HELD, PROMISED
from holdfast.conversations.models import Callback, Place
from holdfast.kit.clock import now
from holdfast.promises import ledger, queries
from holdfast.promises.contract import Kind, State

_GIVEN_UP = "Given up, or the matter was closed."
_ENDS = {
    Callback.State.KEPT: State.KEPT,
    Callback.State.BROKEN: State.BROKEN,
    Callback.State.CANCELLED: State.CANCELLED,
}


def made(callback: Callback) -> None:
    """Write a callback that was just booked into the ledger: its window is over when it is due."""
    about = "Call back" if callback.how == Callback.How.CALL else "Write back"
    subject = _of_callback(callback.pk)
    ledger.make(kind=Kind.CALLBACK, subject=subject, about=about, due=callback.ends_at, owner=None, by=None)


def settle(conversation_id: UUID, *, state: Callback.State, by: int | None = None) -> None:
    """End the booked callback of a locked conversation. Without one nothing changes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE conversations_callback SET state = %s, settled_at = %s, by_id = %s"
            " WHERE conversation_id = %s AND state = %s RETURNING id",
            [state, now(), by, conversation_id, Callback.State.BOOKED],
        )
        ended = [id_ for (id_,) in cursor.fetchall()]
    _mirror(ended, state=state, by=by)


def break_many(callback_ids: Sequence[int]) -> None:
    """Mark booked callbacks as broken whose window is over. Their conversations are locked."""
    Callback.objects.filter(pk__in=callback_ids).update(state=Callback.State.BROKEN, settled_at=now())
    _mirror(callback_ids, state=Callback.State.BROKEN, by=None)


def answered(conversation_id: UUID, *, by: int | None) -> None:
    """Keep what was promised to the customer of a locked conversation: an agent answered."""
    settle(conversation_id, state=Callback.State.KEPT, by=by)
    if queries.owed(kind=Kind.PERSONAL, subject=of(conversation_id)):  # one question; most cases owe nothing
        ledger.keep(kind=Kind.PERSONAL, subject=of(conversation_id), by=by)


def closed(conversation_id: UUID, *, called: bool, by: int | None) -> None:
    """End what was promised in a locked conversation that closes; `called` when somebody who had it closes it."""
    settle(conversation_id, state=Callback.State.KEPT if called else Callback.State.CANCELLED, by=by)
    if queries.owed(kind=Kind.PERSONAL, subject=of(conversation_id)):
        ledger.cancel(kind=Kind.PERSONAL, subject=of(conversation_id), why=_GIVEN_UP, by=by)


def closed_many(conversation_ids: Sequence[UUID], *, by: int | None) -> None:
    """Give up what was promised personally in conversations that close together."""
    subjects = [of(each) for each in conversation_ids]
    ledger.settle_many(kind=Kind.PERSONAL, subjects=subjects, state=State.CANCELLED, by=by, why=_GIVEN_UP)


def carry(*, source: UUID, target: UUID) -> None:
    """Let the target of a merge keep what the source was promised; a promise of its own comes first."""
    booked = Callback.objects.filter(state=Callback.State.BOOKED)
    if booked.filter(conversation_id=target).exists():
        settle(source, state=Callback.State.CANCELLED)
    else:
        booked.filter(conversation_id=source).update(conversation_id=target)
    ledger.move(kind=Kind.PERSONAL, source=of(source), target=of(target))


def hold(conversation_id: UUID) -> None:
    """Let the open place of a locked conversation stand as its booked callback wants it: held, or first when due."""
    booked = Callback.objects.filter(conversation_id=conversation_id, state=Callback.State.BOOKED).first()
    if booked is None:
        return
    place = Place.objects.filter(conversation_id=conversation_id, left_at=None)
    if booked.starts_at > now():
        place.update(band=HELD, fair_at=F("joined_at"))
    else:
        place.update(band=0, fair_at=F("joined_at") - PROMISED)


def of(conversation_id: UUID) -> str:
    """Return what the ledger calls a conversation."""
    return f"conversation:{conversation_id}"


def _of_callback(callback_id: int) -> str:
    return f"callback:{callback_id}"


def _mirror(callback_ids: Sequence[int], *, state: Callback.State, by: int | None) -> None:
    if not callback_ids:
        return
    subjects = [_of_callback(each) for each in callback_ids]
    ledger.settle_many(kind=Kind.CALLBACK, subjects=subjects, state=_ENDS[state], by=by, why=_GIVEN_UP)
