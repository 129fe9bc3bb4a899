"""Opening a sealed value. Inside `guard` after a logged reveal; for machines only for the purposes listed here."""

from __future__ import annotations

from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.views.decorators.debug import sensitive_variables

from holdfast.guard.fields import VERSION, Sealed, bound_to, decoded
from holdfast.guard.keys import key_ring


class CannotOpen(Exception):  # noqa: N818 - reads as what happened
    """The value is not what it claims to be: moved, altered, or sealed with a key this ring does not hold."""


class MachineUse(StrEnum):
    """Why the system itself needs a value that no person then sees."""

    IDENTIFY = "identify"  # triage finds the customer behind a sender
    DELIVER = "deliver"  # notify addresses a mail
    ACT = "act"  # the assistant goes on with an action that the customer gave it values for


@sensitive_variables()
def opened(sealed: Sealed) -> str:
    """Return the value. Only for this room; others go through `reveals` or `opened_for_machine`.

    Raises `CannotOpen`.
    """
    if not sealed.token:
        return ""
    try:
        version, key_id, closed, mask = sealed.token.split(".")
        if version != VERSION:
            raise ValueError(version)
        data = decoded(closed)
        key = key_ring().derive(key_id, sealed.subject)
        return AESGCM(key).decrypt(data[:12], data[12:], bound_to(sealed.subject, key_id, mask)).decode()
    except (ValueError, KeyError, InvalidTag) as error:
        raise CannotOpen("This value cannot be opened: it was moved, altered, or its key is gone.") from error


def opened_for_machine(sealed: Sealed, *, use: MachineUse) -> str:
    """Return the value for `use`, to code that shows it to nobody. Import contracts list who may call this."""
    return opened(sealed)
