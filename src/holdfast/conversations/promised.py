"""What becomes of a booked callback when something happens to its conversation. Only verbs call this, inside theirs."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F

from holdfast.conversations.line import HELD, PROMISED
from holdfast.conversations.models import Callback, Place
from holdfast.kit.clock import now


def settle(conversation_id: UUID, *, state: Callback.State, by: int | None = None) -> None:
    """End the booked callback of a locked conversation. Without one nothing changes."""
    booked = Callback.objects.filter(conversation_id=conversation_id, state=Callback.State.BOOKED)
    booked.update(state=state, settled_at=now(), by_id=by)


def carry(*, source: UUID, target: UUID) -> None:
    """Let the target of a merge keep what the source was promised; a promise of its own comes first."""
    booked = Callback.objects.filter(state=Callback.State.BOOKED)
    if booked.filter(conversation_id=target).exists():
        booked.filter(conversation_id=source).update(state=Callback.State.CANCELLED, settled_at=now())
    else:
        booked.filter(conversation_id=source).update(conversation_id=target)


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
