"""Subscribing a webhook that no mail address stands behind: it proves that it has the secret it was given.

Whoever enters an address is shown a secret once. Their server has to answer a challenge with it (`notify/challenges`),
as often as they press the button, until it does. Nothing else is posted before. A second proof of the same address
takes the place of the first: who can sign with a new secret has the server.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from holdfast.guard.keys import blind_index
from holdfast.incidents.status.models import Subscriber
from holdfast.incidents.status.subscribing import Refused, chosen, may_post_to
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7
from holdfast.notify import challenges
from holdfast.notify.challenges import Proof

TRIES = 20
"""How often one address may be asked for its proof."""
_AT_MOST = timedelta(seconds=30)  # a try that takes longer has died with its worker
_SIGNER = Signer(salt="holdfast.status.hook")


class Stands(Enum):
    """How far a webhook is."""

    NEW = "new"
    ASKED = "asked"
    FAILED = "failed"
    PROVED = "proved"


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook on its way to being proved. `failed` names a sentence."""

    locale: str
    stands: Stands
    failed: str


@sensitive_variables()
def ask(
    *, url: str, locale: str, components: Collection[str], incident_id: UUID | None, network: str
) -> tuple[str, str]:
    """Note a webhook; return the ticket for its page and the secret, which nobody can read again.

    Raises `Refused`: `no_webhook` when the address is not https or leads into a private network.
    """
    url = url.strip()
    if not may_post_to(url):
        raise Refused("no_webhook")
    fields = chosen(locale=locale, components=components, incident_id=incident_id, network=network)
    row = Subscriber(id=uuid7(), channel=Subscriber.Channel.WEBHOOK, index=blind_index("url", url), **fields)
    secret = secrets.token_urlsafe(32)
    row.address, row.webhook_secret = url, secret
    row.save(force_insert=True)
    return _SIGNER.sign(row.pk.hex).replace(":", "."), secret


def look(ticket: str) -> Hook | None:
    """Return how far a webhook is; `None`: no such ticket, or it was ended."""
    row = Subscriber.objects.filter(pk=_of(ticket), ended_at=None).first()
    if row is None:
        return None
    if row.confirmed_at is not None:
        stands = Stands.PROVED
    elif _waits(row):
        stands = Stands.ASKED
    else:
        stands = Stands.FAILED if row.proof_failed else Stands.NEW
    return Hook(row.locale, stands, row.proof_failed)


@transaction.atomic
def want_proof(ticket: str) -> UUID | None:
    """Return which webhook is to be asked for its proof now; `None` when one is under way, or none is needed.

    Raises `Refused`: `no_link` for no such ticket, `tries` after too many.
    """
    row = Subscriber.objects.select_for_update().filter(pk=_of(ticket), ended_at=None).first()
    if row is None:
        raise Refused("no_link")
    if row.confirmed_at is not None or _waits(row):
        return None
    if row.proof_tries >= TRIES:
        raise Refused("tries")
    row.proof_asked_at, row.proof_tries = now(), row.proof_tries + 1
    row.save(update_fields=["proof_asked_at", "proof_tries"])
    return row.pk


def prove(subscriber_id: UUID) -> None:
    """Ask a webhook for its proof, and begin to tell it if it has one. Not inside a transaction: it may take long."""
    row = Subscriber.objects.filter(pk=subscriber_id, confirmed_at=None, ended_at=None).first()
    if row is None or row.channel != Subscriber.Channel.WEBHOOK:
        return
    came = challenges.asked(id=uuid7(), url=row.address, secret=row.webhook_secret)
    moment = now()
    with transaction.atomic():
        # All that name this address, in one order, so that two proofs at once wait for each other.
        same = Subscriber.objects.filter(index=row.index, channel=Subscriber.Channel.WEBHOOK, ended_at=None)
        held = list(same.select_for_update().order_by("pk").values_list("pk", flat=True))
        if came is Proof.GIVEN and subscriber_id in held:
            same.exclude(pk=subscriber_id).filter(confirmed_at__isnull=False).update(ended_at=moment)
            same.filter(pk=subscriber_id).update(confirmed_at=moment, proof_tried_at=moment, proof_failed="")
        else:
            same.filter(pk=subscriber_id).update(proof_tried_at=moment, proof_failed=came.value)


def _waits(row: Subscriber) -> bool:
    asked, tried = row.proof_asked_at, row.proof_tried_at
    return asked is not None and (tried is None or tried < asked) and asked > now() - _AT_MOST


def _of(ticket: str) -> UUID:
    """Return whose ticket it is; an id that nobody has for one that we did not make."""
    try:
        return UUID(_SIGNER.unsign(ticket.replace(".", ":")))
    except (BadSignature, ValueError):
        return UUID(int=0)
