"""Subscribing by text message: a code to the number, entered on the page (double opt-in), and again for every change.

A code is six digits, lasts ten minutes and five tries, and is bound to the one it was made for. A number that said STOP
gets none: whoever has it sends START first, as carriers want it.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.views.decorators.debug import sensitive_variables

from holdfast.incidents.status.models import Code, Link, Subscriber
from holdfast.incidents.status.subscribing import Refused, link_for
from holdfast.incidents.status.words import words_of
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7
from holdfast.notify import text_messages
from holdfast.notify.campaigns.stopping import has_stopped

LASTS, TRIES = timedelta(minutes=10), 5
CODES_AN_HOUR = 3
"""Codes sent to one number, so that nobody's telephone is filled by somebody else."""
ALL_AN_HOUR = 300
"""Codes sent to all numbers together: each costs, and entering other people's numbers is somebody's trade."""
_SIGNER = TimestampSigner(salt="holdfast.status.code")


def ticket(subscriber_id: UUID) -> str:
    """Return what stands for a subscriber in the form for the code; it tells nothing and lasts an hour."""
    return _SIGNER.sign(subscriber_id.hex)


@sensitive_variables()
def send_code(subscriber_id: UUID) -> None:
    """Send the code that is owed: to agree, or for who has agreed, to change. At most a few an hour."""
    made_now = Code.objects.filter(made_at__gt=now() - timedelta(hours=1))
    with transaction.atomic():
        found = Subscriber.objects.select_for_update().filter(pk=subscriber_id, ended_at=None)
        row = found.filter(channel=Subscriber.Channel.SMS).first()
        if row is None or has_stopped(bytes(row.index)):
            return
        if made_now.filter(subscriber=row).count() >= CODES_AN_HOUR or made_now.count() >= ALL_AN_HOUR:
            return
        code = f"{secrets.randbelow(1_000_000):06}"
        row.codes.filter(used_at=None).update(used_at=now())  # only the newest is good
        Code.objects.create(subscriber=row, digest=_digest(row.pk, code), made_at=now())
    said = words_of(row.locale)["text"]["code"].format(company=settings.COMPANY, code=code)
    text_messages.send(id=uuid7(), to=row.address, text=said, locale=row.locale)


@sensitive_variables()
def enter(*, ticket: str, code: str) -> str:
    """Take a code. Return nothing when it made somebody agree, or the token of a link with which to change.

    Raises `Refused`: `no_code` when it is wrong, used, too old, or was tried too often.
    """
    try:
        subscriber_id = UUID(_SIGNER.unsign(ticket, max_age=timedelta(hours=1)))
    except (BadSignature, ValueError):
        raise Refused("no_code") from None
    token = _entered(subscriber_id, "".join(each for each in code if each.isdigit()))
    if token is None:
        raise Refused("no_code")
    return token


@transaction.atomic
def _entered(subscriber_id: UUID, code: str) -> str | None:
    """As `enter`, but nothing is raised: a wrong try is counted as well."""
    row = Subscriber.objects.select_for_update().filter(pk=subscriber_id, ended_at=None).first()
    given = (
        row and row.codes.filter(used_at=None, made_at__gt=now() - LASTS, tries__lt=TRIES).order_by("-made_at").first()
    )
    if row is None or not given:
        return None
    given.tries += 1
    right = hmac.compare_digest(bytes(given.digest), _digest(row.pk, code))
    given.used_at = now() if right else None
    given.save(update_fields=["tries", "used_at"])
    if not right:
        return None
    if row.confirmed_at is not None:
        return link_for(row, Link.Purpose.MANAGE)
    row.confirmed_at = now()
    row.save(update_fields=["confirmed_at"])
    return ""


def _digest(subscriber_id: UUID, code: str) -> bytes:
    return salted_hmac("holdfast.status.code", f"{subscriber_id.hex} {code}", algorithm="sha256").digest()
