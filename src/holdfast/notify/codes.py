"""Sending a one-time code: by mail or text message, to a channel on file, at once. The code is nowhere else.

It is no delivery: a delivery waits in a table, and a code must not. What is on record is the code's row in `people`,
with the time when the mail server, or the gateway for text messages, had taken it.
"""

from __future__ import annotations

import smtplib
from enum import Enum, auto
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.views.decorators.debug import sensitive_variables

from holdfast.channels import email_out
from holdfast.channels.reply_token import reply_address
from holdfast.conversations.lookups import spoken_in
from holdfast.guard.opening import CannotOpen, MachineUse, opened_for_machine
from holdfast.kit.locales import said_in
from holdfast.notify import text_messages
from holdfast.notify.deliveries import outgoing_mail_is_set_up
from holdfast.people import proving
from holdfast.people.proving import BY_MAIL, Issued

log = structlog.get_logger(__name__)


class CodeSent(Enum):
    """What can be told to whoever waits for a code. It is the same whether or not they are on file."""

    ON_ITS_WAY = auto()
    """If there is a channel on file."""
    NO_MORE = auto()
    """This conversation had as many as it may."""
    AWAY = auto()
    """No code can leave just now, to nobody."""


_SUBJECT = {
    "en": "Your code for {company}",
    "id": "Kode Anda untuk {company}",
    "pt": "Seu código para {company}",
}
_TEXT = {
    "en": "Your code: {code}\n\n"
    "Enter it in the conversation you have with us, with nothing else. It works once, for 10 minutes.\n"
    "Nobody from {company} asks you for it by phone, and nobody needs it outside that conversation.\n\n"
    "If you did not ask for a code, you need not do anything: without it nothing is told and nothing is changed.\n",
    "id": "Kode Anda: {code}\n\n"
    "Masukkan kode ini dalam percakapan Anda dengan kami, tanpa kata lain. Kode berlaku sekali, selama 10 menit.\n"
    "Tidak ada orang dari {company} yang memintanya lewat telepon atau di luar percakapan itu.\n\n"
    "Jika Anda tidak meminta kode, Anda tidak perlu melakukan apa pun: tanpa kode ini tidak ada yang diberitahukan "
    "atau diubah.\n",
    "pt": "Seu código: {code}\n\n"
    "Digite-o na conversa que você tem conosco, sem mais nada. Ele vale uma vez, por 10 minutos.\n"
    "Ninguém da {company} pede este código por telefone, nem fora dessa conversa.\n\n"
    "Se você não pediu um código, não precisa fazer nada: sem ele nada é informado e nada é alterado.\n",
}
_SHORT = {
    "en": "{code} is your code for {company}. Enter it only in the conversation you have with us, within 10 minutes. "
    "Nobody from {company} asks you for it by phone.",
    "id": "{code} adalah kode Anda untuk {company}. Masukkan hanya dalam percakapan Anda dengan kami, dalam 10 menit. "
    "Tidak ada orang dari {company} yang memintanya lewat telepon.",
    "pt": "{code} é o seu código para {company}. Digite-o só na conversa que você tem conosco, em até 10 minutos. "
    "Ninguém da {company} o pede por telefone.",
}


def codes_go_to() -> tuple[str, ...]:
    """Return the kinds of channels that codes can be sent to as the house is set up: email, phone, or neither."""
    mail = BY_MAIL if outgoing_mail_is_set_up() else ()
    return (*mail, "phone") if settings.SMS_URL else mail


@sensitive_variables("claimed", "issued")
def send_code(
    *,
    conversation_id: UUID,
    speaker_id: UUID | None,
    locale: str,
    claimed: str = "",
    channel_id: UUID | None = None,
    asked_by: int | None = None,
) -> CodeSent:
    """Send a code that proves who speaks in a conversation; `claimed`, `channel_id`, `asked_by` as for `proving.issue`.

    The mail server is asked first, for everybody, so that neither its absence nor its slowness tells who is on file.
    Not inside a transaction.
    """
    spoken, kinds = spoken_in(conversation_id), codes_go_to()
    if spoken is None or not kinds:
        return CodeSent.AWAY
    # With the dummy backend of a house without outgoing mail this opens nothing and no mail is sent.
    backend = get_connection(fail_silently=False)
    try:
        backend.open()
    except (OSError, smtplib.SMTPException) as error:
        log.warning("code_not_sent", error=type(error).__name__)
        return CodeSent.AWAY
    try:
        issued = proving.issue(
            conversation_id=conversation_id,
            speaker_id=speaker_id,
            began=spoken.since,
            claimed=claimed,
            channel_id=channel_id,
            asked_by=asked_by,
            kinds=kinds,
        )
        if issued is None:
            return CodeSent.NO_MORE
        language = locale or spoken.locale
        if issued.kind == "phone":
            _text(issued, language)
        else:
            _mail(issued, backend, language, conversation_id if spoken.channel == "email" else None)
    finally:
        backend.close()
    return CodeSent.ON_ITS_WAY


@sensitive_variables()
def _text(issued: Issued, locale: str) -> None:
    """Send a code by text message. Why it did not leave is in the log, as for `_mail`."""
    text = said_in(_SHORT, locale).format(code=issued.code, company=settings.COMPANY)
    if issued.to is not None and text_messages.send(id=issued.id, to=issued.to, text=text, locale=locale):
        proving.note_sent(issued.id)


@sensitive_variables()
def _mail(issued: Issued, backend: BaseEmailBackend, locale: str, answered_here: UUID | None) -> None:
    """Mail a code, if there is where to. What goes wrong now would tell who is on file, so only the log hears it."""
    if issued.to is None:
        return
    words = {"code": f"{issued.code[:3]} {issued.code[3:]}", "company": settings.COMPANY}
    try:
        mail = EmailMessage(
            subject=said_in(_SUBJECT, locale).format(**words),
            body=said_in(_TEXT, locale).format(**words),
            to=[opened_for_machine(issued.to, use=MachineUse.DELIVER)],
            headers={
                "Message-ID": f"<{email_out.header_id(issued.id)}>",
                "Auto-Submitted": "auto-generated",  # RFC 3834
                "X-Auto-Response-Suppress": "All",
            },
            # Only a conversation by mail is answered by mail. An answer to this, quoting the code, must not appear in a
            # chat that somebody else may have begun.
            reply_to=[reply_address(answered_here)] if answered_here else None,
            connection=backend,
        )
        mail.send(fail_silently=False)
    except CannotOpen:
        log.warning("code_not_sent", code=str(issued.id), error="CannotOpen")
    except Exception as error:  # of any mail provider; its text may name the address
        log.warning("code_not_sent", code=str(issued.id), error=type(error).__name__)
    else:
        proving.note_sent(issued.id)
