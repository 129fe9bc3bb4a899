"""A word to the old address once somebody's details were changed: whoever did not ask for it hears of it.

It goes to the address that was on file before the conversation in which the change was asked for, names neither the
old nor the new value, and stands in a conversation of its own: an answer to it must not appear where the change was
made, which may be in the hands of somebody else.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from holdfast.channels import email_out
from holdfast.conversations.lookups import spoken_in
from holdfast.conversations.notices import begin_notice
from holdfast.guard.opening import CannotOpen, MachineUse, opened_for_machine
from holdfast.kit import clock
from holdfast.kit.ids import derived
from holdfast.kit.locales import said_in
from holdfast.notify.models import Delivery
from holdfast.operations.queries import Change, changes_done
from holdfast.people.proving import channels_on_file
from holdfast.people.queries import customer_with_reference

log = structlog.get_logger(__name__)

TOLD_OF = ("change_address",)
"""Actions that change how a customer is reached."""
LOOK_BACK = timedelta(days=2)
"""So long after the change a notice still leaves, if nothing could be written before."""

_SUBJECT = {
    "en": "The address of your account at {company} was changed",
    "id": "Alamat akun Anda di {company} telah diubah",
    "pt": "O endereço da sua conta na {company} foi alterado",
}
_TEXT = {
    "en": "The postal address of your account at {company} was changed on {at}, in a conversation with us.\n\n"
    "If you asked for that, you need not do anything.\n\n"
    "If you did not, answer this mail: a person at {company} takes it on and looks at your account with you. "
    "Nobody needs a code or a password from you for that.",
    "id": "Alamat pos akun Anda di {company} diubah pada {at}, dalam percakapan dengan kami.\n\n"
    "Jika Anda yang memintanya, Anda tidak perlu melakukan apa pun.\n\n"
    "Jika bukan Anda, balas e-mail ini: petugas {company} menanganinya dan memeriksa akun Anda bersama Anda. "
    "Untuk itu tidak ada yang memerlukan kode atau kata sandi Anda.",
    "pt": "O endereço postal da sua conta na {company} foi alterado em {at}, em uma conversa conosco.\n\n"
    "Se foi você quem pediu, não precisa fazer nada.\n\n"
    "Se não foi, responda a este e-mail: uma pessoa da {company} cuida disso e olha a sua conta com você. "
    "Ninguém precisa de um código ou de uma senha sua para isso.",
}


def tell_old_addresses() -> int:
    """Write to the old address of everybody whose details were changed lately; return how many. Each change once."""
    number = 0
    for change in changes_done(TOLD_OF, since=clock.now() - LOOK_BACK):
        try:
            number += _tell(change)
        except Exception as error:  # one that cannot be told must not keep the others from hearing
            log.exception("notice_failed", act=str(change.id), error=type(error).__name__)
    return number


@transaction.atomic
@sensitive_variables("recipient")
def _tell(change: Change) -> bool:
    customer = customer_with_reference(change.reference)
    if customer is None:
        return False
    spoken = spoken_in(change.conversation_id) if change.conversation_id else None
    on_file = channels_on_file(customer.id, before=spoken.since if spoken else change.asked_at)
    if not on_file:
        return False
    try:
        recipient = opened_for_machine(on_file[0].value, use=MachineUse.DELIVER)
    except CannotOpen:
        log.warning("notice_not_addressed", act=str(change.id))
        return False
    locale = customer.locale or (spoken.locale if spoken else "")
    words = {"company": settings.COMPANY, "at": f"{change.settled_at:%Y-%m-%d %H:%M} UTC"}
    message = begin_notice(
        id_=derived("changed", str(change.id)),
        customer_id=customer.id,
        channel="email",
        locale=locale,
        subject=said_in(_SUBJECT, locale).format(**words),
        text=said_in(_TEXT, locale).format(**words),
    )
    if message is None:
        return False
    at = clock.now()
    delivery = Delivery(message=message, channel="email", recipient=recipient, not_before=at, created_at=at)
    delivery.header_id = email_out.header_id(delivery.id)
    delivery.save(force_insert=True)
    return True
