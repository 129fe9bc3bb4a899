"""One entry of the log: what it says openly, what it only commits to, and its bytes.

The bytes are documented in docs/ledger.md and repeated in `holdfast_verify.py`, which must not import this.
"""

from __future__ import annotations

import base64
import dataclasses
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

VERSION = "e1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WORD = re.compile(r"[a-z0-9_]{1,40}")
_NONE = "-"
_SALT = 16  # bytes


class Kind(StrEnum):
    """What an entry is about. The values stand in the bytes of the log and never change."""

    ASKED = "asked"  # a request to see or compare, granted or denied
    RELEASED = "released"  # a value was opened on a granted request
    ACT = "act"  # anything else that has to be provable: an export, a cut-off, an erasure


@dataclass(frozen=True, slots=True)
class Told:
    """What the salted hashes of an entry stand for. None of it is in the entry's bytes; empty means there is none."""

    actor: str = ""
    session: str = ""
    customer: str = ""
    case: str = ""
    value: str = ""
    grant: str = ""
    reason: str = ""


LABELS = tuple(each.name for each in dataclasses.fields(Told))
OF_THE_ACTOR = frozenset({"actor", "session"})
"""Hidden under the actor's salt; all others under the customer's, which goes when the customer is erased."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something committed that gets an entry. `cites` is the request that a release rests on."""

    kind: Kind
    id: UUID
    at: datetime
    what: str
    field: str = ""
    purpose: str = ""
    cites: UUID | None = None
    told: Told = dataclasses.field(default_factory=Told)


@dataclass(frozen=True, slots=True)
class Salts:
    """Two random salts of an entry. `None` once destroyed: what hung on it can never be shown or guessed again."""

    actor: bytes | None
    customer: bytes | None

    @classmethod
    def fresh(cls) -> Salts:
        """Return new ones, 128 random bits each."""
        return cls(secrets.token_bytes(_SALT), secrets.token_bytes(_SALT))

    def of(self, label: str) -> bytes | None:
        """Return the salt under which the hash with this label stands."""
        return self.actor if label in OF_THE_ACTOR else self.customer


def encoded(*, index: int, sequenced_at: datetime, happening: Happening, salts: Salts) -> bytes:
    """Return the bytes of an entry: seventeen ASCII words with one space (0x20) between them and no line end.

    `e1`, index, microseconds when sequenced, microseconds of the happening, kind, id (32 hex digits), cited id or `-`,
    outcome, field, purpose, then seven salted hashes (43 characters of base64url without padding) or `-`: actor,
    session, customer, case, value, grant, reason. Raises `ValueError` when a salt was destroyed.
    """
    words = [
        VERSION,
        str(index),
        str(microseconds(sequenced_at)),
        str(microseconds(happening.at)),
        str(happening.kind),
        happening.id.hex,
        happening.cites.hex if happening.cites else _NONE,
        _word(happening.what),
        _word(happening.field),
        _word(happening.purpose),
    ]
    for label in LABELS:
        value, salt = getattr(happening.told, label), salts.of(label)
        if value and salt is None:
            raise ValueError(f"The salt of {label} in entry {index} was destroyed.")
        words.append(committed(opening_key(salt, label), value) if value and salt is not None else _NONE)
    return " ".join(words).encode("ascii")


def opening_key(salt: bytes, label: str) -> bytes:
    """Return the key that opens one hash of an entry and no other: HMAC-SHA256 of the label under the salt."""
    return hmac.digest(salt, label.encode(), "sha256")


def committed(key: bytes, value: str) -> str:
    """Return the salted hash of `value`: HMAC-SHA256 under `key`, as base64url without padding."""
    return base64.urlsafe_b64encode(hmac.digest(key, value.encode(), "sha256")).rstrip(b"=").decode()


def microseconds(moment: datetime) -> int:
    """Return whole microseconds since 1970 in UTC."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _word(text: str) -> str:
    """A word of a closed list as it is, nothing as `-`, and whatever somebody typed as `unlisted`."""
    if not text:
        return _NONE
    return text if _WORD.fullmatch(text) else "unlisted"
