"""The house's side of witnesses: whose cosignatures it takes, keeping them, and how old the last one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from holdfast.guard.ledger import acts, notes
from holdfast.guard.ledger.models import Checkpoint, Cosignature, Witness
from holdfast.guard.ledger.notes import BadNote, Line, VerifierKey
from holdfast.kit.clock import now

LATE_AFTER = timedelta(seconds=120)
"""A witness comes every minute; twice that without one is told on the page and by the metric."""
_AHEAD = timedelta(seconds=60)  # so far a witness's clock may be in front of ours


class NotTaken(Exception):
    """A witness or a cosignature is not taken. The text is a sentence."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A witness, its keys, when it last signed, and how much."""

    name: str
    vkeys: tuple[str, ...]
    last_at: datetime | None
    last_size: int | None
    late: bool


@dataclass(frozen=True, slots=True)
class Pushed:
    """A witness that waits for checkpoints: where, whether that may be a private address, what it signed last."""

    name: str
    url: str
    inside: bool
    last_size: int


def trust(vkey: str, *, actor_id: int | None = None) -> None:
    """Take cosignatures by this key from now on. Raises `NotTaken`."""
    try:
        key = VerifierKey.parse(vkey)
    except BadNote as error:
        raise NotTaken(str(error)) from error
    if key.type == notes.ED25519:
        raise NotTaken("This is the key of a log. The key of a witness is what `holdfast guard witness --show` prints.")
    try:
        with transaction.atomic():
            Witness.objects.create(vkey=str(key), name=key.name, added_at=now())
            acts.record(kind="witness_trusted", actor_id=actor_id, details=f"{key.name} {key.id.hex()}")
    except IntegrityError:
        if not Witness.objects.filter(vkey=str(key)).exclude(removed_at=None).update(removed_at=None):
            raise NotTaken(f"The key of {key.name} is trusted already.") from None


def distrust(name: str, *, actor_id: int | None = None) -> int:
    """Take none of this witness any more; what it signed stays. Raises `NotTaken` when there is no such witness."""
    with transaction.atomic():
        count = Witness.objects.filter(name=name, removed_at=None).update(removed_at=now())
        if not count:
            raise NotTaken(f"There is no witness named {name}.")
        acts.record(kind="witness_removed", actor_id=actor_id, details=name)
    return count


def push_to(name: str, url: str, *, inside: bool = False, actor_id: int | None = None) -> None:
    """Push checkpoints to this witness at `url` from now on, or no more when that is empty. Raises `NotTaken`.

    `inside`: it may stand at a private address.
    """
    if url and not (url.startswith(("https://", "http://")) and len(url) <= 300):
        raise NotTaken("The address of a witness begins with https:// and has 300 signs at most.")
    with transaction.atomic():
        if not Witness.objects.filter(name=name, removed_at=None).update(url=url, inside=inside):
            raise NotTaken(f"There is no witness named {name}. Trust its key first.")
        acts.record(kind="witness_pushed_to", actor_id=actor_id, details=f"{name} {url}".strip())


def pushed() -> list[Pushed]:
    """Return every trusted witness that is pushed to, by name."""
    rows = Witness.objects.filter(removed_at=None).exclude(url="").order_by("name")
    found = rows.values("name", "url", "inside").annotate(last_size=Max("cosignatures__checkpoint_id"))
    return [Pushed(row["name"], row["url"], row["inside"], row["last_size"] or 0) for row in found]


def take(*, size: int, text: str) -> int:
    """Keep the cosignatures in `text` (one signature line each) on the checkpoint of that size; return how many.

    Lines by keys that are not trusted are left aside. Raises `NotTaken` when none is good, or one is wrong.
    """
    row = Checkpoint.objects.filter(size=size).first()
    if row is None:
        raise NotTaken(f"No checkpoint of size {size} is kept here.")
    checkpoint = notes.Checkpoint.parse(row.body)
    known = {(key.name, key.id): (witness, key) for witness, key in _trusted()}
    kept = 0
    try:
        for line in map(Line.parse, text.splitlines()[:16]):
            if (line.name, line.id) in known:
                witness, key = known[line.name, line.id]
                kept += _keep(row, witness, line, notes.verify(checkpoint, line, key))
    except BadNote as error:
        raise NotTaken(str(error)) from error
    if not kept:
        raise NotTaken("None of these signatures is by a witness that is trusted here.")
    return kept


def standings() -> list[Standing]:
    """Return every trusted witness by name, with its keys and the time of its last cosignature by any of them."""
    rows = Witness.objects.filter(removed_at=None).annotate(
        last_at=Max("cosignatures__at"), last_size=Max("cosignatures__checkpoint_id")
    )
    by_name: dict[str, list[Any]] = {}
    for row in rows.order_by("name", "id"):
        by_name.setdefault(row.name, []).append(row)
    return [_standing(name, keys) for name, keys in by_name.items()]


def _standing(name: str, keys: Sequence[Any]) -> Standing:
    last_at = max((key.last_at for key in keys if key.last_at), default=None)
    last_size = max((key.last_size for key in keys if key.last_size is not None), default=None)
    late = last_at is None or now() - last_at > LATE_AFTER
    return Standing(name, tuple(key.vkey for key in keys), last_at, last_size, late)


def _trusted() -> list[tuple[Witness, VerifierKey]]:
    return [(row, VerifierKey.parse(row.vkey)) for row in Witness.objects.filter(removed_at=None)]


def _keep(row: Checkpoint, witness: Witness, line: Line, moment: int | None) -> int:
    at = datetime.fromtimestamp(moment or 0, UTC)
    if at > now() + _AHEAD:
        raise NotTaken(f"The clock of {witness.name} is more than a minute ahead of ours; set both by a time server.")
    if Cosignature.objects.filter(witness=witness, at__gt=at, checkpoint_id__gte=row.size).exists():
        return 1  # an older one, played again: there is nothing new in it
    Cosignature.objects.update_or_create(
        checkpoint=row, witness=witness, defaults={"line": str(line), "at": at, "received_at": now()}
    )
    return 1
