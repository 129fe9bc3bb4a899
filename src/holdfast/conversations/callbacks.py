"""Callbacks: a window with people behind it is promised, the place in line is kept, and the promise is kept or broken.

Until the window the place is held: nobody is handed it. When the window begins it stands before everybody.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from holdfast.conversations import promised
from holdfast.conversations.callback_windows import LENGTH, Window, capacity, windows
from holdfast.conversations.callback_words import booked_words, cancelled_words
from holdfast.conversations.changes import announce, done, locked
from holdfast.conversations.errors import NotFound, Refused
from holdfast.conversations.line import HELD, PROMISED
from holdfast.conversations.messages import system_line
from holdfast.conversations.models import Callback, Conversation, Message, Place
from holdfast.conversations.places import open_place
from holdfast.kit.clock import now
from holdfast.posture.current import current

_BOOKING = 0x63616C6C  # an advisory lock per queue: two people cannot have the last place of a window
_BATCH = 500


class OfferTaken(Refused):
    """An offer that can be taken once was taken before."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A callback as screens show it. No customer in it."""

    id: int
    conversation_id: UUID
    number: int
    queue_id: int
    how: str
    starts_at: datetime
    ends_at: datetime
    state: str


def offer(*, conversation_id: UUID, limit: int = 4) -> list[Window]:
    """Return windows to offer to this case by itself: only while the posture's `callbacks` says so.

    This is the one rule for every channel. What was booked stays booked when the posture changes, and can be given up.
    """
    return openings(conversation_id=conversation_id, limit=limit) if current().effects.callbacks else []


def offer_in(queue_id: int, *, at: datetime, limit: int = 4) -> list[Window]:
    """Return windows to offer to those who just joined the line of a queue, as `offer` does."""
    return windows(queue_id, at=at, limit=limit) if current().effects.callbacks else []


def was_offered(conversation_id: UUID) -> bool:
    """Tell whether times were offered to a conversation in writing, which is done once."""
    return Message.objects.filter(conversation_id=conversation_id, details__times__gt=0).exists()


def openings(*, conversation_id: UUID, limit: int = 4) -> list[Window]:
    """Return windows that this case, which stands in line, could be promised. None where nobody is on duty.

    Not the one it has: that is no change.
    """
    place = open_place(conversation_id)
    if place is None:
        return []
    booked = _booked(conversation_id)
    found = windows(place.queue_id, at=now(), limit=limit + 1)
    return [each for each in found if booked is None or each.starts_at != booked.starts_at][:limit]


@transaction.atomic
def book(*, conversation_id: UUID, starts_at: datetime, how: str | None = None, offer: str | None = None) -> Promise:
    """Promise to call or write back in the window that begins at `starts_at`; another one that was booked is given up.

    Without `how` whoever came by phone is called, and everybody else is written to where they wrote. The window that
    is booked already is promised as it was. `offer` names an offer that can be taken once (at most 64 characters).
    Raises `NotFound`, `OfferTaken`, and `Refused` when the case does not stand in line or the window has no room any
    more.
    """
    conversation = locked(conversation_id)
    place = open_place(conversation_id)
    if place is None:
        raise Refused("Only who stands in line can be called back.")
    moment, booked = now(), _booked(conversation_id)
    if booked is not None and booked.starts_at == starts_at:
        return _shown(booked, conversation.number)
    if offer is not None and Callback.objects.filter(offer=offer).exists():
        raise OfferTaken("This offer was taken before. Choose a time on your own page.")
    how = how or (Callback.How.CALL if conversation.channel == "phone" else Callback.How.WRITE)
    _take_room(place.queue_id, starts_at, at=moment)
    promised.settle(conversation_id, state=Callback.State.CANCELLED)
    callback = Callback.objects.create(
        conversation=conversation,
        queue_id=place.queue_id,
        how=Callback.How(how),
        starts_at=starts_at,
        ends_at=starts_at + LENGTH,
        booked_at=moment,
        offer=offer,
    )
    promised.made(callback)
    place.band, place.fair_at = HELD, place.joined_at
    place.save(update_fields=["band", "fair_at"])
    words = booked_words(conversation.locale, timezone.localtime(starts_at), timezone.localtime(callback.ends_at), how)
    _say(conversation, words)
    return _shown(callback, conversation.number)


@transaction.atomic
def cancel(*, conversation_id: UUID) -> None:
    """Give a booked callback up: the case stands in line again where it stood. Without one nothing changes."""
    conversation = locked(conversation_id)
    callback = _booked(conversation_id)
    if callback is None:
        return
    promised.settle(conversation_id, state=Callback.State.CANCELLED)
    Place.objects.filter(conversation=conversation, left_at=None).update(band=0, fair_at=F("joined_at"))
    _say(conversation, cancelled_words(conversation.locale))


@transaction.atomic
def keep(*, conversation_id: UUID, by: int) -> Promise:
    """Write down that the customer was called or written back. Raises `NotFound` when nothing was booked."""
    conversation = locked(conversation_id)
    callback = _booked(conversation_id)
    if callback is None:
        raise NotFound(conversation_id)
    promised.settle(conversation_id, state=Callback.State.KEPT, by=by)
    done(conversation, kind="line", chat="line")
    callback.refresh_from_db()
    return _shown(callback, conversation.number)


def callback_of(conversation_id: UUID) -> Promise | None:
    """Return the booked callback of a case."""
    callback = _booked(conversation_id)
    return _shown(callback, callback.conversation.number) if callback is not None else None


def due(*, within: timedelta = timedelta(0), limit: int = 100) -> Sequence[Promise]:
    """Return booked callbacks whose window begins within this long, or has begun, the earliest first."""
    rows = Callback.objects.filter(state=Callback.State.BOOKED, starts_at__lte=now() + within)
    return _all_shown(rows.order_by("starts_at", "id")[:limit])


def broken(*, since: datetime, limit: int = 100) -> Sequence[Promise]:
    """Return the callbacks that were not kept since then, the newest first."""
    rows = Callback.objects.filter(state=Callback.State.BROKEN, settled_at__gte=since)
    return _all_shown(rows.order_by("-settled_at")[:limit])


def counts(*, since: datetime) -> dict[str, int]:
    """Return how many callbacks booked since then are in each state."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, count(*) FROM conversations_callback WHERE booked_at >= %s GROUP BY state", [since]
        )
        return {**{str(state): 0 for state in Callback.State.values}, **dict(cursor.fetchall())}


def numbers_of(callback_ids: Collection[int]) -> dict[int, int]:
    """Return the number of the case of each callback."""
    rows = Callback.objects.filter(pk__in=set(callback_ids)).values_list("id", "conversation__number")
    return dict(rows)


@transaction.atomic
def bring_forward() -> int:
    """Let cases whose window has begun stand before everybody; return how many."""
    begun = Callback.objects.filter(state=Callback.State.BOOKED, released_at=None, starts_at__lte=now())
    held = _locked(begun.order_by("starts_at"))
    _stand_first(held)
    begun.filter(conversation__in=held).update(released_at=now())
    return len(held)


@transaction.atomic
def mark_broken() -> int:
    """Write down which promises were not kept: their window is over. Their cases go on standing before everybody.

    They may not have stood there yet: while nobody looked, a whole window can pass.
    """
    over = Callback.objects.filter(state=Callback.State.BOOKED, ends_at__lte=now())
    held = _locked(over.order_by("ends_at"))
    _stand_first(held)
    promised.break_many(list(over.filter(conversation__in=held).values_list("id", flat=True)))
    return len(held)


def _locked(callbacks: QuerySet[Callback]) -> list[Conversation]:
    ids = list(callbacks.values_list("conversation_id", flat=True)[:_BATCH])
    return list(Conversation.objects.select_for_update().filter(pk__in=ids).order_by("pk"))


def _stand_first(held: Sequence[Conversation]) -> None:
    Place.objects.filter(conversation__in=held, left_at=None).update(band=0, fair_at=F("joined_at") - PROMISED)
    announce(held, kind="line", chat="line")


def _take_room(queue_id: int, starts_at: datetime, *, at: datetime) -> None:
    """Refuse a window that is past, is none of ours, or is full; hold the queue's windows against others."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_BOOKING, queue_id % 2**31])
    if all(window.starts_at != starts_at for window in windows(queue_id, at=at, limit=100)):
        full = capacity(queue_id, at=at) > 0
        raise Refused("That time has been taken. Choose another one." if full else "Nobody can be promised now.")


def _say(conversation: Conversation, words: str) -> None:
    system_line(conversation, kind="callback", text=words, internal=False)
    done(conversation, kind="line", chat="line")


def _booked(conversation_id: UUID) -> Callback | None:
    rows = Callback.objects.filter(conversation_id=conversation_id, state=Callback.State.BOOKED)
    return rows.select_related("conversation").first()


def _all_shown(rows: QuerySet[Callback]) -> list[Promise]:
    return [_shown(row, row.conversation.number) for row in rows.select_related("conversation")]


def _shown(callback: Callback, number: int) -> Promise:
    return Promise(
        callback.pk,
        callback.conversation_id,
        number,
        callback.queue_id,
        callback.how,
        callback.starts_at,
        callback.ends_at,
        callback.state,
    )
