"""One published update answers everybody who asks about the incident, each where and in the language they wrote.

A person orders it; a job does it in chunks, each one transaction. What was answered is written beside the link and in
the conversation under one key, so that a worker that dies loses nothing and says nothing twice. Whoever a person has
is left to that person, and a callback that was promised is still kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils import timezone

from holdfast.conversations import crowds
from holdfast.incidents.changes import held, note, tell
from holdfast.incidents.contract import ENDED_STATES, UpdateView
from holdfast.incidents.errors import NotFound, Refused
from holdfast.incidents.models import Answering, Incident, Link, Update
from holdfast.incidents.shown import update_view
from holdfast.incidents.thanks import ending_line
from holdfast.incidents.words.next_word import with_next
from holdfast.kit.clock import now
from holdfast.notify.deliveries import enqueue_many

CHUNK = 300


@dataclass(frozen=True, slots=True)
class Order:
    """A standing order to answer with an update."""

    update: UpdateView
    incident: int
    by: int


@transaction.atomic
def begin(*, update_id: UUID, by: int) -> None:
    """Order that an update answers everybody linked to its incident, and whoever is linked until the next update.

    Ordering it twice changes nothing. Raises `NotFound`, and `Refused` when it is not the newest public word.
    """
    row = Update.objects.filter(pk=update_id).first()
    if row is None:
        raise NotFound(update_id)
    incident = held(row.incident_id)
    newest = _newest(incident.pk)
    if newest is None or newest.pk != update_id:
        raise Refused("Only the newest published update answers everybody.")
    if newest.status == Incident.Status.POSTMORTEM:
        raise Refused("A review stands on the page. Whoever is open by now has something else to say.")
    _, new = Answering.objects.get_or_create(update=newest, defaults={"begun_at": now(), "by_id": by})
    if new:
        note(incident.pk, kind="answering", what=f"Update {newest.number} answers everybody linked.", by=by)
        tell(incident.pk, kind="answering", update=newest.pk)


def answer_due(*, stop: Callable[[], bool] = lambda: False) -> int:
    """Answer whoever waits for the newest update of an incident and return how many were answered.

    Several workers may do so at once. `stop` is asked between chunks.
    """
    return sum(_answer_all(order, stop=stop) for order in _orders())


def _orders() -> list[Order]:
    """Return the orders that somebody still waits for, in two queries. One is over with the next word."""
    said = Update.objects.filter(incident=OuterRef("update__incident"), state=Update.State.PUBLISHED, holding=False)
    behind = Q(answered=None) | ~Q(answered=OuterRef("update"))
    waiting = Link.objects.filter(behind, incident=OuterRef("update__incident"), unlinked_at=None)
    rows = Answering.objects.annotate(newest=Subquery(said.order_by("-number").values("pk")[:1]))
    found = rows.filter(Exists(waiting), update=F("newest")).select_related("update__incident").order_by("begun_at")
    return [
        Order(update_view(row.update), row.update.incident.number, row.by_id)
        for row in found.prefetch_related("update__texts")
    ]


def _newest(incident_id: UUID) -> Update | None:
    """Return the newest public word that a person wrote; holding texts answer nobody."""
    rows = Update.objects.filter(incident_id=incident_id, state=Update.State.PUBLISHED, holding=False)
    return rows.order_by("-number").first()


def _answer_all(order: Order, *, stop: Callable[[], bool]) -> int:
    answered, last = 0, 0
    while not stop():
        seen = _waiting(order.update.id, order.update.incident_id, last, CHUNK)
        if not seen:
            break
        last = seen[-1][0]
        answered += _chunk(order, [conversation_id for _, conversation_id in seen])
    return answered


def _waiting(update_id: UUID, incident_id: UUID, after: int, limit: int) -> list[tuple[int, UUID]]:
    rows = Link.objects.filter(incident_id=incident_id, unlinked_at=None, pk__gt=after).exclude(answered_id=update_id)
    return list(rows.order_by("pk").values_list("pk", "conversation_id")[:limit])


@transaction.atomic
def _chunk(order: Order, conversation_ids: Sequence[UUID]) -> int:
    links = Link.objects.select_for_update(skip_locked=True).filter(
        conversation_id__in=conversation_ids, incident_id=order.update.incident_id, unlinked_at=None
    )
    due = {each.conversation_id: each for each in links.exclude(answered_id=order.update.id).order_by("pk")}
    free = crowds.hold_free(list(due))
    if not free:
        return 0
    messages = crowds.answer_many(
        [
            crowds.CrowdAnswer(
                conversation_id=each.id,
                text=_text(order.update, each.locale),
                key=f"update:{order.update.id}",
                details={"kind": "update", "incident": order.incident, "update": order.update.number},
            )
            for each in free
        ],
        by=order.by,
        reason=f"Answered by update {order.update.number} of incident {order.incident}.",
    )
    enqueue_many(messages)
    moment = now()
    closing = [each.id for each in free if not each.promised] if order.update.status in ENDED_STATES else []
    crowds.close_many(closing, by=order.by)
    done = Link.objects.filter(pk__in=[due[each.id].pk for each in free])
    done.update(answered_id=order.update.id, answered_at=moment)
    done.filter(conversation_id__in=closing).update(closed_at=moment)
    tell(order.update.incident_id, kind="answered")
    return len(free)


def _text(update: UpdateView, locale: str) -> str:
    text = update.text_in(locale, default=settings.LANGUAGE_CODE)
    spoken = next((key for key, said in update.texts.items() if said == text), settings.LANGUAGE_CODE)
    if update.status not in ENDED_STATES:
        due, zone = update.next_update_due, timezone.get_default_timezone()
        return with_next(text, locale=spoken, due=due, zone=zone) if due is not None else text
    return f"{text}\n\n{ending_line(spoken)}"
