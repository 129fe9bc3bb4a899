"""Proof of who somebody is: a one-time code to a channel on file, bound to one conversation and who speaks in it.

Six digits, kept as a keyed hash, for ten minutes, five tries, once. Whoever is not on file is treated as everybody else
until the end: a row like any other, whose code nobody was ever sent. `notify/codes.py` sends them.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.views.decorators.debug import sensitive_variables

from holdfast.guard.fields import Sealed
from holdfast.guard.keys import blind_index, key_ring, normalise
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7
from holdfast.people.identify import CLAIMED
from holdfast.people.models import Identity, Proof, ProofCode

VALID = timedelta(minutes=10)
TRIES = 5
PER_CONVERSATION, PER_CONVERSATION_WITHIN = 3, timedelta(days=1)
PER_CUSTOMER = ((5, timedelta(hours=1)), (10, timedelta(days=1)))
PROOF_LASTS = timedelta(minutes=30)
"""Long enough for an answer by mail and the matter itself, short enough that a chat left open is no open door."""

BY_MAIL: Final = ("email",)
BY_MAIL_OR_TEXT: Final = ("email", "phone")

_SAID = ("email", "phone", "account", "other")


@dataclass(frozen=True, slots=True)
class Issued:
    """A new code and where it goes. `to` is `None` when it goes nowhere, which whoever asked is not told."""

    id: UUID
    code: str = field(repr=False)
    to: Sealed | None
    kind: str = ""
    """Of `to`: email or phone."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel on file, under its mask; `kind` is email or phone."""

    id: UUID
    kind: str
    value: Sealed


class Entered(Enum):
    """What became of a code that somebody typed."""

    PROVEN = auto()
    WRONG = auto()
    OVER = auto()
    """There is no code left to try: used, expired, too many tries, or none was sent."""


@dataclass(frozen=True, slots=True)
class Proven:
    """Whom somebody proved to be in a conversation, and until when that holds."""

    customer_id: UUID
    reference: str | None
    until: datetime


@sensitive_variables("claimed", "code")
def issue(
    *,
    conversation_id: UUID,
    speaker_id: UUID | None,
    began: datetime,
    claimed: str = "",
    channel_id: UUID | None = None,
    asked_by: int | None = None,
    kinds: Collection[str] = BY_MAIL,
) -> Issued | None:
    """Make the code of a conversation, in place of an earlier one; `None` when it had as many as it may.

    It goes to a channel of one of `kinds` on file since before `began`: to `claimed` (an address, a number, or an
    account's reference) if that is on file, else to that of the customer whom the channel takes the speaker for, of
    which `channel_id` chooses one. What only was given in the conversation is never on file. `asked_by` is the agent
    who wants it. Not inside a transaction: a code is on record before it leaves.
    """
    at, code = now(), f"{secrets.randbelow(10**6):06d}"
    with transaction.atomic(durable=True):
        _one_at_a_time(conversation_id)
        earlier = ProofCode.objects.filter(conversation_id=conversation_id, created_at__gt=at - PER_CONVERSATION_WITHIN)
        if earlier.count() >= PER_CONVERSATION:
            return None
        identity = _on_file(speaker_id, claimed, channel_id, _known(began, kinds))
        owner = (identity.customer.merged_into_id or identity.customer_id) if identity else None
        if owner is not None and _too_many(owner, at):
            identity, owner = None, None
        _open(conversation_id).update(outcome=ProofCode.Outcome.REPLACED, settled_at=at)
        row_id = uuid7()
        ProofCode.objects.create(
            id=row_id,
            conversation_id=conversation_id,
            speaker_id=speaker_id,
            customer_id=owner,
            identity=identity,
            asked_by_id=asked_by,
            digest=_digest(row_id, code),
            created_at=at,
            expires_at=at + VALID,
        )
    return Issued(row_id, code, identity.value, identity.kind) if identity else Issued(row_id, code, None)


def note_sent(code_id: UUID) -> None:
    """Write down that a code left."""
    ProofCode.objects.filter(pk=code_id).update(sent_at=now())


@sensitive_variables("code")
def enter(code: str, *, conversation_id: UUID, speaker_id: UUID | None) -> Entered:
    """Try a code. The right one works once and proves its customer for `PROOF_LASTS`, in this conversation only, and
    only to who asked for it.

    Every try counts, whatever becomes of the caller: not inside a transaction.
    """
    at = now()
    with transaction.atomic(durable=True):
        row = _open(conversation_id).select_for_update().first()
        if row is None:
            return Entered.OVER
        if row.expires_at <= at:
            _settle(row, ProofCode.Outcome.EXPIRED, at)
            return Entered.OVER
        row.tries += 1
        right = hmac.compare_digest(_digest(row.pk, code), bytes(row.digest)) and row.speaker_id == speaker_id
        if right and row.customer_id is not None:
            _settle(row, ProofCode.Outcome.PROVEN, at)
            Proof.objects.create(
                code=row,
                speaker_id=speaker_id,
                customer_id=row.customer_id,
                conversation_id=conversation_id,
                at=at,
                until=at + PROOF_LASTS,
            )
            return Entered.PROVEN
        if row.tries >= TRIES:
            _settle(row, ProofCode.Outcome.SPENT, at)
            return Entered.OVER
        row.save(update_fields=["tries"])
        return Entered.WRONG


def proven(conversation_id: UUID, *, speaker_id: UUID | None) -> Proven | None:
    """Return whom a speaker proved to be in a conversation, while it holds."""
    at = now()
    rows = Proof.objects.filter(conversation_id=conversation_id, speaker_id=speaker_id, at__lte=at, until__gt=at)
    found = rows.order_by("-until").values_list("customer_id", "customer__reference", "until").first()
    return Proven(*found) if found else None


def said_who(customer_id: UUID) -> bool:
    """Tell whether anything was said about who this is, be it true or not; a chat's own session says nothing."""
    return Identity.objects.filter(customer_id=customer_id, kind__in=_SAID).exists()


def channels_on_file(customer_id: UUID | None, *, before: datetime, kinds: Collection[str] = BY_MAIL) -> list[Channel]:
    """Return where a customer can be reached: their channels on file since `before`, the best proven first."""
    rows = _of(customer_id, _known(before, kinds)) if customer_id is not None else []
    return [Channel(row.pk, row.kind, row.value) for row in rows]


def _on_file(
    customer_id: UUID | None, claimed: str, channel_id: UUID | None, known: QuerySet[Identity]
) -> Identity | None:
    if "@" in claimed:
        return known.filter(index=blind_index("email", claimed)).first()
    if claimed:
        named = normalise("account", claimed)
        of_account = Q(customer__reference=named) | Q(customer__merged_into__reference=named)
        number = Q(kind=Identity.Kind.PHONE, index=blind_index("phone", claimed))
        # Who gave a number wants the code there; the same digits may be somebody's account.
        return known.filter(number).first() or known.filter(of_account).first()
    theirs = _of(customer_id, known) if customer_id is not None else Identity.objects.none()
    return (theirs.filter(pk=channel_id) if channel_id is not None else theirs).first()


def _of(customer_id: UUID, known: QuerySet[Identity]) -> QuerySet[Identity]:
    return known.filter(Q(customer_id=customer_id) | Q(customer__merged_into_id=customer_id))


def _known(began: datetime, kinds: Collection[str]) -> QuerySet[Identity]:
    """Return what codes can go to. Mail comes before text messages: a number is moved to another card more easily."""
    known = Identity.objects.select_related("customer").filter(
        Q(customer__reference__isnull=False) | Q(customer__merged_into__reference__isnull=False),
        kind__in=list(kinds),
        level__gte=CLAIMED,
        is_machine=False,
        created_at__lt=began,
    )
    return known.order_by("-level", "kind", "created_at", "id")


def _too_many(customer_id: UUID, at: datetime) -> bool:
    _one_at_a_time(customer_id)
    sent = ProofCode.objects.filter(customer_id=customer_id)
    return any(sent.filter(created_at__gt=at - within).count() >= most for most, within in PER_CUSTOMER)


def _one_at_a_time(about: UUID) -> None:
    """Make others wait who count the same codes, until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(about.bytes[8:], "big", signed=True)])


def _open(conversation_id: UUID) -> QuerySet[ProofCode]:
    return ProofCode.objects.filter(conversation_id=conversation_id, outcome=ProofCode.Outcome.OPEN)


def _settle(row: ProofCode, outcome: ProofCode.Outcome, at: datetime) -> None:
    row.outcome, row.settled_at = outcome, at
    row.save(update_fields=["tries", "outcome", "settled_at"])


@sensitive_variables("code")
def _digest(row_id: UUID, code: str) -> bytes:
    """HMAC-SHA256 under a key derived for this row: six digits alone would be guessed from a plain hash in no time."""
    ring = key_ring()
    return hmac.digest(ring.derive(ring.current, f"proof-code.{row_id}"), code.encode("utf-8", "replace"), "sha256")
