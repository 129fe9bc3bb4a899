"""The operators of assistants whose signatures the company accepts: kept by leads, known in memory at the door."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from holdfast.intake import jwk
from holdfast.intake.jwk import KeyRefused, PublicKey
from holdfast.intake.models import Operator
from holdfast.intake.web_bot_auth import address_of
from holdfast.kit.clock import now

CHANNEL = "holdfast_operators"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,58}[a-z0-9])?")
_SOONEST_RETRY, _LATEST_RETRY = timedelta(minutes=1), timedelta(minutes=5)
_CLAIM = timedelta(minutes=2)  # so long another worker leaves a directory alone that one is reading

log = structlog.get_logger(__name__)


class OperatorRefused(ValueError):
    """An operator cannot be kept this way. `field` names the input it is about."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Listed:
    """An operator as listed. `fault` says why its directory could not be read last time."""

    id: int
    name: str
    address: str
    enabled: bool
    by_hand: bool
    own_network: bool
    keys: tuple[str, ...]
    """Thumbprints."""
    read_at: datetime | None
    next_read_at: datetime | None
    fault: str
    added_at: datetime
    added_by_id: int | None


@dataclass(frozen=True, slots=True)
class KnownOperator:
    """What the door needs to know of an operator."""

    name: str
    enabled: bool
    keys: Mapping[str, PublicKey] = field(default_factory=dict)

    def key(self, thumbprint: str) -> PublicKey | None:
        """Return the key that has this thumbprint."""
        return self.keys.get(thumbprint)


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory that is due to be read."""

    operator_id: int
    name: str
    address: str
    own_network: bool


class Keyring:
    """The operators as last read. While the database is away they stay as they were."""

    def __init__(self) -> None:
        self._known: Mapping[str, KnownOperator] = {}

    def replace(self, known: Mapping[str, KnownOperator]) -> None:
        """Take over a fresh reading."""
        self._known = known

    def at(self, address: str) -> KnownOperator | None:
        """Return the operator whose keys are published at this address, as `address_of` writes it."""
        return self._known.get(address)


def add(*, name: str, url: str, keys: str = "", own_network: bool = False, by: int | None = None) -> Listed:
    """Accept an operator from now on. With `keys`, a JSON Web Key Set, its directory is never read.

    `own_network` lets the directory stand at a private address; only who has the command line may say so. Raises
    `OperatorRefused`.
    """
    if not _NAME.fullmatch(name):
        raise OperatorRefused("name", "A name has 1 to 60 lower-case letters, digits, dots and hyphens.")
    address = address_of(url.strip())
    if address is None or len(address) > 400:
        raise OperatorRefused("url", "This needs an address that begins with https:// and has no password in it.")
    given = _read(keys) if keys.strip() else []
    moment = now()
    try:
        with transaction.atomic():
            row = Operator.objects.create(
                name=name,
                address=address,
                keys=jwk.in_store(given),
                by_hand=bool(given),
                own_network=own_network,
                read_at=moment if given else None,
                next_read_at=None if given else moment,
                added_at=moment,
                added_by_id=by,
            )
            _tell()
    except IntegrityError:
        taken = "name" if Operator.objects.filter(name=name).exists() else "url"
        what = "name" if taken == "name" else "address"
        raise OperatorRefused(taken, f"There is an operator with this {what} already.") from None
    log.info("intake.operator_added", operator=name, address=address, by=by)
    return _listed(row)


@transaction.atomic
def switch(*, name: str, enabled: bool, by: int | None = None) -> None:
    """Let the signatures of an operator count, or not. Raises `OperatorRefused` when there is no such operator."""
    if not Operator.objects.filter(name=name).update(enabled=enabled):
        raise OperatorRefused("name", f"There is no operator named {name!r}.")
    _tell()
    log.info("intake.operator_switched", operator=name, enabled=enabled, by=by)


@transaction.atomic
def remove(*, name: str, by: int | None = None) -> None:
    """Accept an operator no longer. Its contacts stay as they came in. Raises `OperatorRefused`."""
    if not Operator.objects.filter(name=name).delete()[0]:
        raise OperatorRefused("name", f"There is no operator named {name!r}.")
    _tell()
    log.info("intake.operator_removed", operator=name, by=by)


def listed() -> list[Listed]:
    """List all operators by name."""
    return [_listed(row) for row in Operator.objects.order_by("name")]


def in_force() -> dict[str, KnownOperator]:
    """Read the operators by address, those that are switched off too: who signs for one is told so."""
    known = {}
    for name, address, enabled, kept in Operator.objects.values_list("name", "address", "enabled", "keys"):
        known[address] = KnownOperator(name, enabled, {key.thumbprint: key for key in _usable(kept)})
    return known


@transaction.atomic
def claim_due(limit: int = 20) -> list[Directory]:
    """Take directories that are due to be read, the longest due first, so that no other worker reads them too."""
    rows = list(
        Operator.objects.select_for_update(skip_locked=True)
        .filter(by_hand=False, enabled=True, next_read_at__lte=now())
        .order_by("next_read_at")[:limit]
    )
    Operator.objects.filter(pk__in=[row.pk for row in rows]).update(next_read_at=now() + _CLAIM)
    return [Directory(row.pk, row.name, row.address, row.own_network) for row in rows]


@transaction.atomic
def note_read(*, operator_id: int, keys: Sequence[PublicKey], fresh_for: timedelta, fault: str = "") -> None:
    """Take over what a directory says now: a key that is no longer in it counts no longer."""
    moment = now()
    Operator.objects.filter(pk=operator_id).update(
        keys=jwk.in_store(keys), read_at=moment, next_read_at=moment + fresh_for, failures=0, fault=fault[:300]
    )
    _tell()


def note_away(*, operator_id: int, fault: str) -> None:
    """Note that a directory could not be read. Its keys stay: that it is away says nothing about who signs."""
    row = Operator.objects.filter(pk=operator_id).only("failures").first()
    if row is None:
        return
    pause = min(_SOONEST_RETRY * 2 ** min(row.failures, 8), _LATEST_RETRY)
    Operator.objects.filter(pk=operator_id).update(
        failures=F("failures") + 1, fault=fault[:300], next_read_at=now() + pause
    )


def _read(keys: str) -> list[PublicKey]:
    try:
        found, refused = jwk.read_set(keys)
    except KeyRefused as fault:
        raise OperatorRefused("keys", str(fault)) from None
    if refused:  # a person typed this, and can mend it
        raise OperatorRefused("keys", refused[0])
    return found


def _usable(kept: Sequence[object]) -> list[PublicKey]:
    """Read kept keys. One that an earlier version took and this one does not, counts no longer; the others do."""
    usable = []
    for each in kept:
        with suppress(KeyRefused):
            usable.append(jwk.read(each))
    return usable


def _listed(row: Operator) -> Listed:
    return Listed(
        id=row.pk,
        name=row.name,
        address=row.address,
        enabled=row.enabled,
        by_hand=row.by_hand,
        own_network=row.own_network,
        keys=tuple(key.thumbprint for key in _usable(row.keys)),
        read_at=row.read_at,
        next_read_at=row.next_read_at,
        fault=row.fault,
        added_at=row.added_at,
        added_by_id=row.added_by_id,
    )


def _tell() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
