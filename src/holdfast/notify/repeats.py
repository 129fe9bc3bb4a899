"""Sending again what failed, or of which nobody knows whether it arrived. Only a person does that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from holdfast.conversations.changes import done, locked
from holdfast.conversations.errors import NotFound, Refused, Stale
from holdfast.conversations.messages import system_line
from holdfast.kit.clock import now
from holdfast.notify.deliveries import announce
from holdfast.notify.models import Delivery, Repeat
from holdfast.people.queries import leads, name_of

ENDED = (Delivery.State.FAILED, Delivery.State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Ended:
    """A delivery that can be sent again. `seen` is what `send_again` wants back; `before` are earlier repeats."""

    unknown: bool
    error: str
    seen: int
    before: Sequence[tuple[str, datetime]]


def ended(*, message_id: UUID) -> Ended | None:
    """Return how the delivery of a message ended; `None` when there is none that can be sent again."""
    delivery = Delivery.objects.filter(message_id=message_id, state__in=ENDED).first()
    if delivery is None:
        return None
    repeats = Repeat.objects.filter(delivery=delivery).order_by("at").values_list("by__name", "at")
    return Ended(delivery.state == Delivery.State.UNKNOWN, delivery.error, delivery.repeats, list(repeats))


@transaction.atomic
def send_again(*, message_id: UUID, by: int, seen: int) -> None:
    """Let a delivery that failed, or of which nothing is known, leave once more, under the same Message-ID.

    `seen` is the number of repeats the asker saw: of two people at once one gets `Stale`, as does who asks when it is
    on its way or has arrived. Raises `NotFound`, `Refused`, `Stale`.
    """
    planned = Delivery.objects.select_related("message").filter(message_id=message_id).first()
    if planned is None:
        raise NotFound(message_id)
    conversation = locked(planned.message.conversation_id)
    if conversation.assignee_id not in {None, by} and not leads(by):
        raise Refused(
            f"{name_of(conversation.assignee_id)} has this conversation. Ask them or a lead to send it again."
        )
    as_seen = Delivery.objects.select_for_update(of=("self",)).filter(pk=planned.pk, repeats=seen, state__in=ENDED)
    delivery = as_seen.select_related("message").first()
    if delivery is None:
        raise Stale(conversation.version)
    Repeat.objects.create(delivery=delivery, by_id=by, at=now(), was=delivery.state, error=delivery.error)
    why = "it was not known whether it had arrived" if delivery.state == Delivery.State.UNKNOWN else "it was not sent"
    text = f"{name_of(by)} has the reply of {delivery.message.created_at:%d %b, %H:%M} UTC sent again: {why}."
    as_seen.update(
        state=Delivery.State.PENDING,
        attempts=0,
        not_before=now(),
        leased_until=None,
        settled_at=None,
        error="",
        repeats=F("repeats") + 1,
    )
    system_line(conversation, kind="repeat", text=text, details={"message": str(message_id), "by": by})
    done(conversation, kind="note", chat=None)
    announce([delivery])
