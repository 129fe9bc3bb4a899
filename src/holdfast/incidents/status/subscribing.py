"""Asking to be told, agreeing to it by a mailed link (double opt-in), changing it, and ending it.

Asking gives the same answer whether or not an address is known; what really happens is only seen in its mailbox, or on
its telephone (`texting.py`). Webhooks that nobody's mail address stands behind prove themselves (`hooking.py`).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from holdfast.guard.fields import NOTHING
from holdfast.guard.keys import blind_index, normalise
from holdfast.incidents import queries
from holdfast.incidents.status.models import Code, Link, Subscriber
from holdfast.incidents.status.words import words_of
from holdfast.kit.addresses import NotReached, reached
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7
from holdfast.notify import letters
from holdfast.notify.campaigns.adding import usable

WORDS = "2026-11-29"
"""Version of what people agree to; a new one with every change of those words."""
CONFIRM_LASTS, MANAGE_LASTS = timedelta(hours=48), timedelta(hours=1)
LETTERS_AN_HOUR = 3
"""Links mailed to one address, so that nobody's mailbox is filled by somebody else."""
Channel = Subscriber.Channel
_KINDS: Mapping[str, str] = {
    Channel.EMAIL: "email",
    Channel.SMS: "phone",
}  # kinds of blind indexes, as campaigns have them
_SIGNER = Signer(salt="holdfast.status.unsubscribe")


class Refused(Exception):
    """It cannot be done; `key` names the sentence in `words.toml`."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Choice:
    """What a subscriber chose. The address is shown under its mask."""

    id: UUID
    channel: str
    shown: str
    locale: str
    components: tuple[str, ...]
    incident_id: UUID | None
    webhook: str = ""


def ask(
    *,
    address: str,
    locale: str,
    components: Collection[str],
    incident_id: UUID | None,
    network: str,
    channel: str = Channel.EMAIL,
) -> UUID:
    """Note that an address asks to be told by mail or text message, and return whom a link or a code is owed.

    Raises `Refused` for what is no address.
    """
    address = _usable(channel, address)
    fields = chosen(locale=locale, components=components, incident_id=incident_id, network=network)
    index = blind_index(_KINDS[channel], address)
    try:
        with transaction.atomic():
            row = Subscriber(id=uuid7(), channel=channel, index=index, **fields)
            row.address = address
            row.save(force_insert=True)
            return row.pk
    except IntegrityError:  # there is one already: theirs, if the link is opened by whoever reads that mailbox
        Subscriber.objects.filter(index=index, ended_at=None, confirmed_at=None).update(**fields)
        return Subscriber.objects.values_list("pk", flat=True).get(index=index, ended_at=None)


def chosen(*, locale: str, components: Collection[str], incident_id: UUID | None, network: str) -> dict[str, Any]:
    """Return what is kept of a wish to be told, besides the address: about what, since when, and from where."""
    known = {str(each.id) for each in queries.components()}
    return {
        "locale": locale,
        "components": sorted(set(components) & known),
        "incident_id": incident_id,
        "asked_at": now(),
        "words": WORDS,
        "asked_from": salted_hmac("status.asked_from", network, algorithm="sha256").digest()[:16],
    }


def ask_to_change(*, address: str, channel: str = Channel.EMAIL) -> UUID | None:
    """Return whom a link or a code for changing is owed; nobody, when it is not known. The page says the same."""
    if channel not in _KINDS:
        return None
    index = blind_index(_KINDS[channel], address.strip())
    return Subscriber.objects.filter(index=index, ended_at=None).values_list("pk", flat=True).first()


def _usable(channel: str, address: str) -> str:
    address = address.strip()
    if channel == Channel.SMS:
        if not settings.SMS_URL:
            raise Refused("no_texts")
        number = normalise("phone", address)
        # E.164: at most fifteen digits, the country's first. Which country a number without it is in, nobody knows.
        if not address.startswith(("+", "00")) or not 8 <= len(number) - 1 <= 15:
            raise Refused("no_number")
        return number
    try:
        validate_email(address)
    except ValidationError:
        raise Refused("no_address") from None
    return address


def send_link(subscriber_id: UUID) -> None:
    """Mail the link that is owed: to agree, or for who has agreed, to change. At most a few an hour."""
    moment = now()
    with transaction.atomic():
        found = Subscriber.objects.select_for_update().filter(pk=subscriber_id, ended_at=None, channel=Channel.EMAIL)
        row = found.first()
        if row is None or row.links.filter(made_at__gt=moment - timedelta(hours=1)).count() >= LETTERS_AN_HOUR:
            return
        purpose = Link.Purpose.MANAGE if row.confirmed_at else Link.Purpose.CONFIRM
        token = link_for(row, purpose)
    words = words_of(row.locale)["mail"]
    said = {"company": settings.COMPANY, "link": f"{settings.PUBLIC_URL}/status/link/{token}/"}
    letters.send(
        id=uuid7(),
        to=row.address,
        subject=words[f"{purpose}_subject"].format(**said),
        body=words[f"{purpose}_body"].format(**said),
        headers={},
    )


def link_for(row: Subscriber, purpose: str) -> str:
    """Make a link, good once, and return its token, which is kept nowhere."""
    token, lasts = secrets.token_urlsafe(32), MANAGE_LASTS if purpose == Link.Purpose.MANAGE else CONFIRM_LASTS
    Link.objects.create(subscriber=row, purpose=purpose, token=_hash(token), made_at=now(), expires_at=now() + lasts)
    return token


def opened(token: str) -> tuple[str, Choice] | None:
    """Return what a link is for, and whose; nothing is changed by looking. `None`: used, too old, or no such link."""
    link = _standing(token).select_related("subscriber").first()
    return (link.purpose, choice_of(link.subscriber)) if link is not None else None


@transaction.atomic
def agree(token: str) -> Choice:
    """Begin to tell whoever has this link. Raises `Refused`."""
    row = _taken(token, Link.Purpose.CONFIRM)
    row.confirmed_at = row.confirmed_at or now()
    row.save(update_fields=["confirmed_at"])
    return choice_of(row)


@transaction.atomic
def change(token: str, *, components: Collection[str], locale: str, webhook: str = "", drop: bool = False) -> str:
    """Change what somebody is told about, and set or `drop` where it is posted as well.

    Returns the secret that signs what is posted to a new webhook, which nobody can read again; else nothing. Raises
    `Refused`: `no_webhook` when the address is not https or leads into a private network.
    """
    webhook = webhook.strip()
    if webhook and not may_post_to(webhook):
        raise Refused("no_webhook")
    row = _taken(token, Link.Purpose.MANAGE)
    webhook = webhook if row.channel == Channel.EMAIL else ""
    known = {str(each.id) for each in queries.components()}
    row.components, row.locale, secret = sorted(set(components) & known), locale, ""
    row.incident_id = None  # the page for changing speaks of services
    if drop:
        row.webhook = row.webhook_secret = NOTHING
    elif webhook:
        secret = secrets.token_urlsafe(32)
        row.webhook, row.webhook_secret = webhook, secret
    row.save()
    return secret


def may_post_to(url: str) -> bool:
    """Return whether a webhook may stand at `url`. Where it leads is looked up again before each post."""
    if len(url) > 300 or not usable("webhook", url):
        return False
    try:
        reached(url, inside=settings.WEBHOOKS_INSIDE)
    except NotReached:
        return False
    return True


@transaction.atomic
def end_by_link(token: str) -> None:
    """End it from the page for changing. Raises `Refused`."""
    row = _taken(token, Link.Purpose.MANAGE)
    _end(row.pk)


def unsubscribe_token(subscriber_id: UUID) -> str:
    """Return the part of an address that ends this subscription (RFC 8058): signed, so that nothing has to be kept."""
    return _SIGNER.sign(subscriber_id.hex).replace(":", ".")


def unsubscribing(token: str) -> UUID | None:
    """Return whom a token ends; `None` for one that we did not make."""
    try:
        return UUID(_SIGNER.unsign(token.replace(".", ":")))
    except (BadSignature, ValueError):
        return None


def unsubscribe(token: str) -> bool:
    """End it; doing it twice changes nothing. False: we did not make this token."""
    subscriber_id = unsubscribing(token)
    if subscriber_id is not None:
        _end(subscriber_id)
    return subscriber_id is not None


def end_number(index: bytes) -> None:
    """End what a telephone number gets, by its blind index: it answered with STOP."""
    Subscriber.objects.filter(index=index, channel=Channel.SMS, ended_at=None).update(ended_at=now())


def _end(subscriber_id: UUID) -> None:
    Subscriber.objects.filter(pk=subscriber_id, ended_at=None).update(ended_at=now())


def _standing(token: str) -> QuerySet[Link]:
    return Link.objects.filter(token=_hash(token), used_at=None, expires_at__gt=now(), subscriber__ended_at=None)


def _taken(token: str, purpose: str) -> Subscriber:
    if not _standing(token).filter(purpose=purpose).update(used_at=now()):
        raise Refused("no_link")
    return Subscriber.objects.select_for_update().get(links__token=_hash(token))


def choice_of(row: Subscriber) -> Choice:
    """Return what somebody chose."""
    return Choice(
        row.pk, row.channel, str(row.address), row.locale, tuple(row.components), row.incident_id, str(row.webhook)
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def forget_unconfirmed(before: datetime) -> int:
    """Delete those who asked before `before` and never agreed; return how many. It may not have been theirs to give.

    Codes of that age go as well.
    """
    Code.objects.filter(made_at__lt=before).delete()
    gone = Subscriber.objects.filter(confirmed_at=None, asked_at__lt=before).delete()[1]
    return gone.get(Subscriber._meta.label, 0)
