"""Deliveries: made in the transaction of the reply, leased, sent, and settled for what is really known.

A crash between handing a mail over and writing that down leaves `sending`; when its lease ends it becomes `unknown`,
is shown to people, and is not sent again by itself.
"""

from __future__ import annotations

import smtplib
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.views.decorators.debug import sensitive_variables

from holdfast.channels import email_out
from holdfast.guard.cutoff.states import cut_off_ids
from holdfast.guard.fields import sealed_token
from holdfast.guard.masks import masked
from holdfast.guard.opening import CannotOpen, MachineUse, opened_for_machine, opened_many_for_machine
from holdfast.kit import clock, outbox
from holdfast.kit.ids import uuid7
from holdfast.notify import held
from holdfast.notify.envelopes import Envelope, addressed, envelopes, mail_for
from holdfast.notify.models import Delivery
from holdfast.notify.outcomes import Kind, Outcome, sorted_out

LEASE = timedelta(minutes=3)
ATTEMPTS = 8
AUTOMATIC_PER_HOUR = 5
log = structlog.get_logger()

# Written as arrays of columns: the ORM's rows cost more than addressing them.
_PLAN = """
INSERT INTO notify_delivery (id, message_id, channel, recipient, state, attempts, not_before, provider_id, header_id,
    error, created_at, settled_at, repeats)
SELECT id, message_id, 'email', recipient, CASE WHEN held THEN 'failed' ELSE 'pending' END, 0, %(at)s, '', header_id,
    CASE WHEN held THEN %(why)s ELSE '' END, %(at)s, CASE WHEN held THEN %(at)s::timestamptz END, 0
FROM unnest(%(ids)s::uuid[], %(messages)s::uuid[], %(recipients)s::text[], %(headers)s::text[], %(held)s::boolean[])
    AS planned (id, message_id, recipient, header_id, held)
ON CONFLICT (message_id, channel) DO NOTHING
"""


def enqueue(message_id: UUID) -> None:
    """Plan the delivery of one message, in the caller's transaction."""
    enqueue_many([message_id])


def enqueue_many(message_ids: Sequence[UUID]) -> None:
    """Plan the delivery of messages whose customer is reached by mail. Planning one twice changes nothing.

    Chat needs no delivery: the customer's screen reads the conversation. An automatic reply over the hourly limit of
    its customer is recorded as held, so that two machines cannot answer each other for ever.
    """
    planned = [(uuid7(), to) for to in addressed(message_ids, automatic_limit=AUTOMATIC_PER_HOUR)]
    if not planned:
        return
    columns: dict[str, Any] = {
        "at": clock.now(),
        "ids": [id_ for id_, _ in planned],
        "messages": [to.message_id for _, to in planned],
        "recipients": [_recipient(id_, to.address) for id_, to in planned],
        "headers": [email_out.header_id(id_) for id_, _ in planned],
        "held": [to.held for _, to in planned],
        "why": "Held: automatic replies to this customer reached their hourly limit.",
    }
    with connection.cursor() as cursor:
        cursor.execute(_PLAN, columns)


@sensitive_variables("address")
def _recipient(delivery_id: UUID, address: str) -> str:
    shown = masked("identity", address)
    return sealed_token(f"notify_delivery.recipient.{delivery_id}", address, shown=shown)


@sensitive_variables("recipients", "recipient")
def send_due(*, limit: int = 50) -> int:
    """Send what is due, at most `limit` mails, and return how many were tried.

    Without outgoing mail set up nothing is tried: the rows stay `pending`, and `holdfast doctor` says so.
    """
    settle_expired()
    held.hold_back()
    if not outgoing_mail_is_set_up():
        return 0
    leased = _lease(limit)
    if not leased:
        return 0
    backend = get_connection(fail_silently=False)
    try:
        backend.open()
    except (OSError, smtplib.SMTPException) as error:
        for envelope in envelopes(leased):
            _later(envelope, f"The mail server could not be reached: {error}")
        return len(leased)
    try:
        due = list(envelopes(leased))
        recipients = opened_many_for_machine([each.delivery.recipient for each in due], use=MachineUse.DELIVER)
        for envelope, recipient in zip(due, recipients, strict=True):
            if held.is_cut_off(envelope.delivery.message.agent_id):
                _row_of(envelope).update(state=Delivery.State.PENDING, leased_until=None)
                continue
            _send(envelope, recipient, backend)
    finally:
        backend.close()
    return len(leased)


def outgoing_mail_is_set_up() -> bool:
    """Return whether replies by mail can leave at all."""
    return bool(settings.EMAIL_BACKEND != "django.core.mail.backends.dummy.EmailBackend")


def settle_expired() -> int:
    """Mark deliveries whose sender vanished mid-way as `unknown`; return how many."""
    ended = Delivery.objects.filter(state=Delivery.State.SENDING, leased_until__lt=clock.now())
    with transaction.atomic():
        found = list(ended.select_for_update(skip_locked=True, of=("self",)).select_related("message").order_by("pk"))
        for delivery in found:
            delivery.state, delivery.settled_at = Delivery.State.UNKNOWN, clock.now()
            delivery.error = "Sending was interrupted. It may have arrived; it is not sent again by itself."
        Delivery.objects.bulk_update(found, ["state", "settled_at", "error"])
        announce(found)
    return len(found)


def bounced(statuses: Mapping[str, str]) -> int:
    """Mark deliveries as failed that another server gave back: Message-IDs (no brackets) with their status codes.

    In the caller's transaction. Unknown ids and deliveries that failed already are left alone. Returns how many.
    """
    came_back = Delivery.objects.filter(header_id__in=list(statuses)).exclude(state=Delivery.State.FAILED)
    found = list(came_back.select_for_update().select_related("message").order_by("pk"))
    for delivery in found:
        code = f" ({statuses[delivery.header_id]})" if statuses[delivery.header_id] else ""
        delivery.state, delivery.settled_at = Delivery.State.FAILED, clock.now()
        delivery.error = f"It came back: the customer's mail server did not take it{code}."
    Delivery.objects.bulk_update(found, ["state", "settled_at", "error"])
    announce(found)
    return len(found)


def announce(deliveries: Iterable[Delivery]) -> None:
    """Tell the open desks that the state of these deliveries changed, in the caller's transaction."""
    outbox.publish(_event(delivery.message.conversation_id, delivery.message_id) for delivery in deliveries)


def _event(conversation_id: UUID, message_id: UUID) -> tuple[str, dict[str, Any]]:
    return "desk", {"kind": "delivery", "conversation": str(conversation_id), "message": str(message_id)}


def _lease(limit: int) -> list[UUID]:
    now = clock.now()
    with transaction.atomic():
        due = list(
            Delivery.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(state=Delivery.State.PENDING, not_before__lte=now)
            .exclude(message__agent_id__in=cut_off_ids())  # of somebody cut off since they were held back
            .order_by("not_before")
            .values_list("pk", flat=True)[:limit]
        )
        # Committed before anything is handed over: what is `sending` after a crash is exactly what may have left.
        Delivery.objects.filter(pk__in=due).update(
            state=Delivery.State.SENDING, leased_until=now + LEASE, attempts=F("attempts") + 1
        )
    return due


@sensitive_variables("recipient", "to")
def _send(envelope: Envelope, recipient: str | None, backend: BaseEmailBackend) -> None:
    """Send one mail; a recipient that did not open among the others is asked for again, for the reason why."""
    try:
        to = recipient or opened_for_machine(envelope.delivery.recipient, use=MachineUse.DELIVER)
        mail = email_out.build(mail_for(envelope, to))
        mail.connection = backend
        mail.send(fail_silently=False)
    except CannotOpen as error:
        _settle(envelope, Delivery.State.FAILED, str(error))
    except Exception as error:  # also a backend's own exception class; none may stop the batch
        _ended(envelope, sorted_out(error), error)
    else:
        status = getattr(mail, "anymail_status", None)
        _settle(envelope, Delivery.State.SENT, provider_id=str(getattr(status, "message_id", "") or ""))


def _ended(envelope: Envelope, outcome: Outcome, error: Exception) -> None:
    if outcome.kind == Kind.LATER:
        _later(envelope, outcome.sentence)
        return
    log.warning("delivery_ended", delivery=str(envelope.delivery.pk), kind=outcome.kind, error=type(error).__name__)
    state = Delivery.State.UNKNOWN if outcome.kind == Kind.UNKNOWN else Delivery.State.FAILED
    _settle(envelope, state, outcome.sentence)


def _later(envelope: Envelope, sentence: str) -> None:
    if envelope.delivery.attempts >= ATTEMPTS:
        _settle(envelope, Delivery.State.FAILED, sentence)
        return
    wait = timedelta(seconds=min(15 * 2**envelope.delivery.attempts, 3600))
    _row_of(envelope).update(
        state=Delivery.State.PENDING, leased_until=None, not_before=clock.now() + wait, error=sentence[:300]
    )


def _settle(envelope: Envelope, state: Delivery.State, error: str = "", provider_id: str = "") -> None:
    with transaction.atomic():
        _row_of(envelope).update(
            state=state, leased_until=None, settled_at=clock.now(), error=error[:300], provider_id=provider_id[:200]
        )
        # That a reply left is what everybody expects; only who had it sent again watches for it.
        if state != Delivery.State.SENT or envelope.delivery.repeats:
            outbox.publish([_event(envelope.conversation_id, envelope.delivery.message_id)])


def _row_of(envelope: Envelope) -> QuerySet[Delivery]:
    """The delivery as long as it is the one that was leased: a sender that comes back late, after a person had the
    mail sent again, says nothing about the new one."""
    return Delivery.objects.filter(pk=envelope.delivery.pk, repeats=envelope.delivery.repeats)


def waiting_count() -> int:
    """Return how many deliveries wait to be sent."""
    return Delivery.objects.filter(state__in=[Delivery.State.PENDING, Delivery.State.SENDING]).count()
