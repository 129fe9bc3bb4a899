"""Opening a sealed value. Inside `guard` after a logged reveal; for machines only for the purposes listed here.

The application cannot read what is stored. A function of the database gives it out, with its customer's wrapped key:
one value after a reveal (`gate`), or up to a thousand of one column for a use of the system itself, noted each time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from enum import StrEnum
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection
from django.views.decorators.debug import sensitive_variables

from holdfast.guard.data_keys import KeyGone, NoSuchKey, batched, unwrapped
from holdfast.guard.encoding import decoded
from holdfast.guard.fields import UNDER_OWNER, UNDER_RING, Sealed, bound_to, stored
from holdfast.guard.keys import key_ring, value_key

_GIVE_OUT = "SELECT %s::text, id, token, wrapped FROM guard_sealed_for(%s, %s, %s::uuid[])"


class CannotOpen(Exception):  # noqa: N818 - reads as what happened
    """The value is not what it claims to be: moved, altered, or sealed with a key this ring does not hold."""


class Erased(CannotOpen):
    """The customer's key was destroyed: the value is gone for good, as somebody asked for."""


class WrongKey(CannotOpen):
    """The key that sealed this value is not in this deployment's key ring."""


class NotGiven(CannotOpen):
    """The database does not give this value out: not for this use, or its row is gone."""


class MachineUse(StrEnum):
    """Why the system itself needs a value that no person then sees. The database has for which columns each is."""

    IDENTIFY = "identify"  # triage finds the customer behind a sender
    DELIVER = "deliver"  # notify addresses a mail
    SCRUB = "scrub"  # triage takes what is known of a customer out of what they write
    ACT = "act"  # the assistant goes on with an action that the customer gave it values for


@sensitive_variables()
def opened(sealed: Sealed) -> str:
    """Return a value that is under the ring itself and whose stored form is at hand. Only for this room.

    Raises `CannotOpen`.
    """
    return opened_with(sealed, None)


@sensitive_variables()
def opened_for_machine(sealed: Sealed, *, use: MachineUse) -> str:
    """Return the value for `use`, to code that shows it to nobody. Import contracts list who may call this.

    Raises `CannotOpen`.
    """
    (found,) = _for_machine([sealed], use)
    if isinstance(found, CannotOpen):
        raise found
    return found


@sensitive_variables()
def opened_all_for_machine(values: Sequence[Sealed], *, use: MachineUse) -> list[str]:
    """Return many values for `use` with one query, noted for each column and thousand. Raises `CannotOpen`."""
    values_or_why = _for_machine(values, use)
    for found in values_or_why:
        if isinstance(found, CannotOpen):
            raise found
    return [found for found in values_or_why if isinstance(found, str)]


@sensitive_variables()
def opened_many_for_machine(values: Sequence[Sealed], *, use: MachineUse) -> list[str | None]:
    """As `opened_all_for_machine`; `None` stands for what does not open."""
    return [None if isinstance(found, CannotOpen) else found for found in _for_machine(values, use)]


@sensitive_variables()
def opened_with(sealed: Sealed, wrapped: str | None) -> str:
    """Return the value of a stored form, opened with its customer's key as the database gave it out with it."""
    if not sealed:
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
    """Return whose key a stored form is under; `None` for the ring's, and for what is no stored form at all."""
    version, _, rest = sealed.token.partition(".")
    try:
        return UUID(hex=rest.partition(".")[0]) if version == UNDER_OWNER else None
    except ValueError:
        return None


@sensitive_variables()
def _for_machine(values: Sequence[Sealed], use: MachineUse) -> list[str | CannotOpen]:
    given = _given_out({sealed.subject for sealed in values if sealed and not _at_hand(sealed)}, use)
    found: list[str | CannotOpen] = []
    for sealed in values:
        try:
            if not sealed or _at_hand(sealed):
                found.append(opened(sealed))
            elif sealed.subject in given:
                token, wrapped = given[sealed.subject]
                found.append(opened_with(stored(token, sealed.subject), wrapped))
            else:
                raise NotGiven("This value is not given out: not for this use, or its row is gone.")
        except CannotOpen as error:
            found.append(error)
    return found


def _at_hand(sealed: Sealed) -> bool:
    """Tell whether a stored form is here that needs no customer's key."""
    return bool(sealed.token) and owner_of(sealed) is None


def _given_out(subjects: Collection[str], use: MachineUse) -> dict[str, tuple[str, str | None]]:
    """Return stored forms and wrapped keys by subject. What the database does not give out is not in it."""
    columns: dict[str, list[UUID]] = defaultdict(list)
    for subject in sorted(subjects):
        column, _, row = subject.rpartition(".")
        try:
            columns[column].append(UUID(row))
        except ValueError:
            continue
    calls = [(column, str(use), column, list(some)) for column, ids in columns.items() for some in batched(ids)]
    if not calls:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([_GIVE_OUT] * len(calls)), [each for call in calls for each in call])
        return {f"{column}.{id_}": (token, wrapped) for column, id_, token, wrapped in cursor.fetchall()}


def _key(version: str, key_id: str, subject: str, wrapped: str | None) -> bytes:
    if version == UNDER_OWNER:
        owner = UUID(hex=key_id)
        if wrapped is None:
            raise NoSuchKey("The key of this customer is not in the database.")
        return value_key(unwrapped(owner, wrapped), subject)
    if version == UNDER_RING:
        return key_ring().derive(key_id, subject)
    raise ValueError(version)


def _missing(missing: Exception) -> str:
    if isinstance(missing, KeyError):
        return f"HOLDFAST_SEAL_KEYS has no key {str(missing.args[0])[:20]!r}; put it back behind the others."
    return str(missing)
