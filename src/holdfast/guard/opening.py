"""Opening a sealed value. Inside `guard` after a logged reveal; for machines only for the purposes listed here."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.views.decorators.debug import sensitive_variables

from holdfast.guard.data_keys import KeyGone, NoSuchKey, key_of, unwrapped, wrapped_keys
from holdfast.guard.encoding import decoded
from holdfast.guard.fields import UNDER_OWNER, UNDER_RING, Sealed, bound_to
from holdfast.guard.keys import key_ring, value_key


class CannotOpen(Exception):  # noqa: N818 - reads as what happened
    """The value is not what it claims to be: moved, altered, or sealed with a key this ring does not hold."""


class Erased(CannotOpen):
    """The customer's key was destroyed: the value is gone for good, as somebody asked for."""


class WrongKey(CannotOpen):
    """The key that sealed this value is not in this deployment's key ring."""


class MachineUse(StrEnum):
    """Why the system itself needs a value that no person then sees."""

    IDENTIFY = "identify"  # triage finds the customer behind a sender
    DELIVER = "deliver"  # notify addresses a mail
    SCRUB = "scrub"  # triage takes what is known of a customer out of what they write
    ACT = "act"  # the assistant goes on with an action that the customer gave it values for


@sensitive_variables()
def opened(sealed: Sealed) -> str:
    """Return the value. Only for this room; others go through `reveals` or `opened_for_machine`.

    Raises `CannotOpen`.
    """
    return opened_with(sealed, None)


@sensitive_variables()
def opened_many_for_machine(values: Sequence[Sealed], *, use: MachineUse) -> list[str | None]:
    """Return many values for `use`, their keys fetched at once; `None` stands for what does not open."""
    owners = {owner for owner in map(owner_of, values) if owner is not None}
    kept = wrapped_keys(owners)
    found: list[str | None] = []
    for sealed in values:
        owner = owner_of(sealed)
        try:
            found.append(opened_with(sealed, kept.get(owner) if owner is not None else None))
        except CannotOpen:
            found.append(None)
    return found


@sensitive_variables()
def opened_with(sealed: Sealed, wrapped: str | None) -> str:
    """Return the value, opened with the customer's key as the gate gave it out; `None` has the key looked up."""
    if not sealed.token:
        return ""
    try:
        version, key_id, closed, mask = sealed.token.split(".")
        data = decoded(closed)
        key = _key(version, key_id, sealed.subject, wrapped)
        return AESGCM(key).decrypt(data[:12], data[12:], bound_to(version, sealed.subject, key_id, mask)).decode()
    except KeyGone as gone:
        raise Erased("This value was erased: the key of its customer was destroyed.") from gone
    except (NoSuchKey, KeyError) as missing:
        raise WrongKey(f"This value cannot be opened: {_missing(missing)}") from missing
    except (ValueError, InvalidTag) as error:
        raise CannotOpen("This value cannot be opened: it was moved, altered, or its key is gone.") from error


def owner_of(sealed: Sealed) -> UUID | None:
    """Return whose key a value is under; `None` for the ring's, and for what is no stored form at all."""
    version, _, rest = sealed.token.partition(".")
    try:
        return UUID(hex=rest.partition(".")[0]) if version == UNDER_OWNER else None
    except ValueError:
        return None


def _key(version: str, key_id: str, subject: str, wrapped: str | None) -> bytes:
    if version == UNDER_OWNER:
        owner = UUID(hex=key_id)
        return value_key(key_of(owner) if wrapped is None else unwrapped(owner, wrapped), subject)
    if version == UNDER_RING:
        return key_ring().derive(key_id, subject)
    raise ValueError(version)


def _missing(missing: Exception) -> str:
    if isinstance(missing, KeyError):
        return f"HOLDFAST_SEAL_KEYS has no key {str(missing.args[0])[:20]!r}; put it back behind the others."
    return str(missing)


def opened_for_machine(sealed: Sealed, *, use: MachineUse) -> str:
    """Return the value for `use`, to code that shows it to nobody. Import contracts list who may call this."""
    return opened(sealed)
