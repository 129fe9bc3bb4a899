"""Who sent this, and how sure are we? In bulk, and safe when two workers meet the same new sender.

An unproven claim finds a customer but teaches us nothing: a forged sender cannot hang an address of its own on
somebody else's record. Only a verified sender (signed-in session, code to a channel on file) adds identities to a
known customer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from holdfast.guard.data_keys import keys_for
from holdfast.guard.fields import seal
from holdfast.guard.keys import blind_index, normalise
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7
from holdfast.people.models import Customer, Identity

UNKNOWN, CLAIMED, PROVEN = 0, 1, 2

# How a person can be reached comes before what they say about themselves. A proven account comes first of all.
_PREFERENCE = ("email", "phone", "chat", "account", "other")
_PROVEN_PREFERENCE = ("account", "email", "phone", "chat", "other")

# Written as arrays of columns: the ORM's rows cost more than all the rest of identification.
_LEARN = """
INSERT INTO people_identity (id, customer_id, kind, value, index, level, is_machine, created_at)
SELECT *, false, %s FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::bytea[], %s::int[])
ON CONFLICT (kind, index) DO NOTHING RETURNING kind, index
"""
_CREATE = """
INSERT INTO people_customer (id, name, address, birth_date, iban, city, locale, tier, created_at)
SELECT id, name, '', '', '', '', '', '', %s FROM unnest(%s::uuid[], %s::text[]) AS customer (id, name)
"""


@dataclass(frozen=True, slots=True)
class Sender:
    """What a contact says about who sent it: identities by kind, a name, and whether the channel proved them."""

    kind_values: Mapping[str, str]
    name: str = ""
    verified: bool = False
    is_machine: bool = False
    """An assistant sent it, as a signature or a token says."""


@dataclass(frozen=True, slots=True)
class Identified:
    """The customer behind a sender. Without any identity or name there is none, and `customer_id` is `None`."""

    customer_id: UUID | None
    level: int = UNKNOWN
    is_machine: bool = False
    reference: str | None = None


class _Key(NamedTuple):
    kind: str
    digest: bytes


@dataclass(slots=True)
class _Claim:
    """One sender with its identities as blind indexes, best first."""

    sender: Sender
    keys: dict[_Key, str]
    learn: dict[_Key, str] = field(default_factory=dict)
    customer_id: UUID | None = None


def identify(senders: Sequence[Sender]) -> list[Identified]:
    """Return the customer of each sender, in order; senders nobody knows get a customer of their own.

    One query per kind of identity, whatever the number of senders. Equal senders get the equal customer, also when
    another worker identifies them at the same moment: the unique index on identities decides, and the loser reads.
    """
    claims = [_Claim(sender, _keys(sender)) for sender in senders]
    with transaction.atomic():
        known = _look_up(key for claim in claims for key in claim.keys)
        known |= _by_reference(
            {key: value for claim in claims for key, value in claim.keys.items() if key not in known}
        )
        fresh = [claim for claim in claims if not _settle(claim, known)]
        _plan(claims, known)
        learning = [claim for claim in claims if claim.learn]
        keys = keys_for({claim.customer_id for claim in (*fresh, *learning) if claim.customer_id is not None})
        if learning:
            known |= _learn(learning, keys)
        _create_customers(fresh, known, keys)
        return [_identified(claim, known) for claim in claims]


def _keys(sender: Sender) -> dict[_Key, str]:
    preference = _PROVEN_PREFERENCE if sender.verified else _PREFERENCE
    values: dict[str, list[str]] = {}
    for kind, value in sender.kind_values.items():
        value = value.replace("\x00", "").strip()
        if value and kind in preference:
            values.setdefault(kind, []).append(value)
        elif value:
            values.setdefault("other", []).append(f"{kind}:{value}")
    if not sender.verified:
        # An unproven account number is kept as hearsay: it must never sit on the real account's identity.
        values.setdefault("other", []).extend(
            f"account:{normalise('account', value)}" for value in values.get("account", ())
        )
    return {_Key(kind, blind_index(kind, value)): value for kind in preference for value in values.get(kind, ())}


@dataclass(frozen=True, slots=True)
class _Known:
    customer_id: UUID
    level: int
    is_machine: bool
    reference: str | None


def _look_up(keys: Iterable[_Key]) -> dict[_Key, _Known]:
    by_kind: dict[str, set[bytes]] = {}
    for kind, index in keys:
        by_kind.setdefault(kind, set()).add(index)
    found: dict[_Key, _Known] = {}
    for kind, indexes in by_kind.items():
        rows = Identity.objects.filter(kind=kind, index__in=list(indexes)).values_list(
            "index", "customer_id", "level", "is_machine", "customer__reference", "customer__merged_into_id"
        )
        for digest, customer_id, level, is_machine, reference, merged_into in rows:
            found[_Key(kind, bytes(digest))] = _Known(merged_into or customer_id, level, is_machine, reference)
    return found


def _by_reference(keys: Mapping[_Key, str]) -> dict[_Key, _Known]:
    """Find account numbers that are a customer's own reference, where no identity says so."""
    spelled = {normalise("account", value): key for key, value in keys.items() if key.kind == "account"}
    if not spelled:
        return {}
    rows = Customer.objects.filter(reference__in=list(spelled)).values_list("reference", "id", "merged_into_id")
    return {
        spelled[reference]: _Known(merged_into or customer_id, CLAIMED, False, reference)
        for reference, customer_id, merged_into in rows
        if reference is not None
    }


def _settle(claim: _Claim, known: Mapping[_Key, _Known]) -> bool:
    """Take the best known identity's customer. An account number alone beside an unknown address proves nothing."""
    reachable = any(key.kind in {"email", "phone", "chat"} for key in claim.keys)
    for key in claim.keys:
        if key in known and (claim.sender.verified or not reachable or key.kind in {"email", "phone", "chat"}):
            claim.customer_id = known[key].customer_id
            return True
    return False


def _plan(claims: Sequence[_Claim], known: Mapping[_Key, _Known]) -> None:
    """Say which identities each claim adds, in order, so that equal new senders of one batch share a customer."""
    planned: dict[_Key, _Known] = {}
    for claim in claims:
        if claim.customer_id is None:
            _settle(claim, planned)
        taken = claim.customer_id is not None
        if not claim.keys and not claim.sender.name.strip():
            continue
        claim.customer_id = claim.customer_id or uuid7()
        if taken and not claim.sender.verified:
            continue
        for key, value in claim.keys.items():
            if key in known or key in planned or (key.kind == "account" and not claim.sender.verified):
                continue
            claim.learn[key] = value
            planned[key] = _Known(claim.customer_id, UNKNOWN, False, None)


def _learn(claims: Sequence[_Claim], keys: Mapping[UUID, bytes]) -> dict[_Key, _Known]:
    """Store the planned identities and return who has each of them now: we, or whoever was faster."""
    at = now()
    rows: dict[_Key, tuple[UUID, UUID, str, str, bytes, int]] = {}
    for claim in claims:
        if claim.customer_id is None:
            continue
        for key, value in claim.learn.items():
            level = PROVEN if claim.sender.verified else UNKNOWN
            row_id = uuid7()
            owner = claim.customer_id
            subject = f"people_identity.value.{row_id}"
            sealed = seal(subject, value, mask="identity", owner=owner, key=keys[owner])
            rows[key] = (row_id, owner, key.kind, sealed.token, key.digest, level)
    # Sorted, so that two workers with the same senders wait for each other instead of deadlocking.
    ordered = [rows[key] for key in sorted(rows)]
    with connection.cursor() as cursor:
        cursor.execute(_LEARN, [at, *(list(column) for column in zip(*ordered, strict=True))])
        won = {_Key(kind, bytes(index)) for kind, index in cursor.fetchall()}
    mine = {key: _Known(row[1], row[5], False, None) for key, row in rows.items() if key in won}
    return mine | _look_up(key for key in rows if key not in won)


def _create_customers(fresh: Sequence[_Claim], known: Mapping[_Key, _Known], keys: Mapping[UUID, bytes]) -> None:
    """Create the customers that are needed: a claim whose identities all went to somebody faster takes theirs."""
    at = now()
    created: dict[UUID, str] = {}
    for claim in fresh:
        id_ = claim.customer_id
        if id_ is None:
            continue
        needed = not claim.keys or any(known[key].customer_id == id_ for key in claim.learn)
        if needed and id_ not in created:
            created[id_] = claim.sender.name.replace("\x00", "").strip()[:200]
        _settle(claim, known)
    if created:
        names = [_name_token(id_, name, keys[id_]) for id_, name in created.items()]
        with connection.cursor() as cursor:
            cursor.execute(_CREATE, [at, list(created), names])


def _name_token(customer_id: UUID, name: str, key: bytes) -> str:
    return seal(f"people_customer.name.{customer_id}", name, mask="name", owner=customer_id, key=key).token


def _identified(claim: _Claim, known: Mapping[_Key, _Known]) -> Identified:
    if claim.customer_id is None:
        return Identified(None)
    held = [known[key] for key in claim.keys if key in known and known[key].customer_id == claim.customer_id]
    level = PROVEN if claim.sender.verified else min(CLAIMED, max((entry.level for entry in held), default=UNKNOWN))
    reference = next((entry.reference for entry in held if entry.reference), None)
    is_machine = claim.sender.is_machine or any(entry.is_machine for entry in held)
    return Identified(claim.customer_id, level, is_machine, reference)
