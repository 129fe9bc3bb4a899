"""Mail to those who sign, when their approval is asked for: how many texts wait and about what, never the words.

A worker that dies between sending and writing that down sends one again.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction

from holdfast.incidents.words import bell
from holdfast.incidents.words.models import Ask
from holdfast.kit.clock import now
from holdfast.notify.deliveries import outgoing_mail_is_set_up
from holdfast.people.queries import addresses_of

FRESH = timedelta(hours=1)
"""What could not leave for so long is seen in the inbox before."""
_log = structlog.get_logger(__name__)


@transaction.atomic
def mail_asks() -> int:
    """Tell by mail whoever can approve what was asked since the last time; return how many mails left."""
    if not outgoing_mail_is_set_up():
        return 0
    fresh = Ask.objects.filter(state=Ask.State.OPEN, mailed_at=None, at__gte=now() - FRESH)
    asks = set(fresh.select_for_update(skip_locked=True).values_list("pk", flat=True))
    if not asks:
        return 0
    waits = {agent: [each for each in found if each.pk in asks] for agent, found in bell.by_signatory().items()}
    addresses = addresses_of([agent for agent, found in waits.items() if found])
    try:
        with get_connection(fail_silently=False) as backend:
            left = backend.send_messages([_mail(to, waits[agent]) for agent, to in addresses.items()]) or 0
    except Exception as error:  # of any mail provider; tried again in a few seconds, while it is fresh
        _log.warning("asks_not_mailed", asks=len(asks), error=type(error).__name__)
        return 0
    Ask.objects.filter(pk__in=asks).update(mailed_at=now())
    return int(left)


def _mail(to: str, asks: list[Ask]) -> EmailMessage:
    number = "A text waits" if len(asks) == 1 else f"{len(asks)} texts wait"
    about = "\n".join(dict.fromkeys(each.about for each in asks))
    return EmailMessage(
        subject=f"{number} for your approval",
        body=f"{number} for your approval:\n\n{about}\n\n{settings.PUBLIC_URL}/incidents/approvals/\n",
        to=[to],
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},  # RFC 3834
    )
