"""Mail to those who owe a word: before it is due, when it is due, and when it was broken. Colleagues, not customers.

What the public or an authority is owed and nobody gave in time goes to everybody who leads as well. The mail names no
customer. A worker that dies between sending and writing that down sends one again.
"""

from __future__ import annotations

import smtplib
from collections.abc import Sequence

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone

from holdfast.notify.deliveries import outgoing_mail_is_set_up
from holdfast.people.queries import addresses_of, leading
from holdfast.promises import notices
from holdfast.promises.contract import NoticeView
from holdfast.promises.queries import ESCALATED

log = structlog.get_logger(__name__)

_SUBJECT = {
    "ahead": "Due at {due}: {about}",
    "due": "It is time: {about}",
    "held": "The prepared text went out: {about}",
    "broken": "Broken: {about}",
}
_TEXT = {
    "ahead": "You promised this for {due}, in {minutes}.",
    "due": "This was promised for {due}, and nothing has happened yet.",
    "held": "This was promised for {due}. Nothing newer was there, so the text that was prepared for this went out.",
    "broken": "This was promised for {due}, and nobody did it. It stays shown as broken; do it now, and say so.",
}


@transaction.atomic
def remind_owners(*, limit: int = 50) -> int:
    """Send the notices that are due to leave; return how many mails were sent. Without outgoing mail, none."""
    if not outgoing_mail_is_set_up():
        return 0
    found = notices.to_mail(limit=limit)
    mails = {each.id: _mail(each) for each in found}
    if not found:
        return 0
    backend = get_connection(fail_silently=False)
    try:
        backend.open()
    except (OSError, smtplib.SMTPException) as error:  # tried again in a few seconds, while the notices are fresh
        log.warning("reminders_wait", notices=len(found), error=type(error).__name__)
        return 0
    try:
        return _sent(found, mails, backend)
    finally:
        backend.close()


def _sent(found: Sequence[NoticeView], mails: dict[int, EmailMessage | None], backend: BaseEmailBackend) -> int:
    left = []
    for notice in found:
        mail = mails[notice.id]
        if mail is None:
            continue
        mail.connection = backend
        try:
            mail.send(fail_silently=False)
        except (OSError, smtplib.SMTPException) as error:  # it is tried again while it is fresh
            log.warning("reminder_not_sent", notice=notice.id, error=type(error).__name__)
        else:
            left.append(notice.id)
    notices.mailed(left)
    return len(left)


def _mail(notice: NoticeView) -> EmailMessage | None:
    to = {notice.promise.owner} if notice.promise.owner is not None else set()
    if notice.kind != "ahead" and notice.promise.kind in ESCALATED:
        to |= set(leading())
    addresses = sorted(addresses_of(to).values())
    if not addresses:
        return None
    words = {
        "about": notice.promise.about,
        "due": f"{timezone.localtime(notice.promise.due):%H:%M on %-d %B}",
        "minutes": _long(notice.minutes),
    }
    link = f"{settings.PUBLIC_URL}/bridge/promises/"
    return EmailMessage(
        subject=_SUBJECT[notice.kind].format(**words)[:180],
        body=f"{words['about']}\n\n{_TEXT[notice.kind].format(**words)}\n\n{link}\n",
        to=addresses,
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},  # RFC 3834
    )


def _long(minutes: int) -> str:
    hours, days = minutes // 60, minutes // (24 * 60)
    if days:
        return f"{days} day{'s' if days != 1 else ''}"
    return f"{hours} hour{'s' if hours != 1 else ''}" if hours else f"{minutes} minutes"
