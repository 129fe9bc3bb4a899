"""Bearer tokens for machines: made, revoked, listed; and known in memory so that the door never asks the database."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from holdfast.guard.cutoff.states import stands_against
from holdfast.intake.models import ApiToken
from holdfast.kit.clock import now

CHANNEL = "holdfast_tokens"
CONTACTS_WRITE = "contacts:write"
RECEIPTS_READ = "receipts:read"
METRICS_READ = "metrics:read"
ORIGIN_STATE = "origin:state"
GOODWILL_REDEEM = "goodwill:redeem"
LEDGER_READ = "ledger:read"
SCOPES = (CONTACTS_WRITE, RECEIPTS_READ, METRICS_READ, ORIGIN_STATE, GOODWILL_REDEEM, LEDGER_READ)


class TokenError(ValueError):
    """The token cannot be made or revoked. The text is a sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class KnownToken:
    """What the door needs to know of a token."""

    name: str
    digest: bytes
    scopes: frozenset[str]
    expires_at: datetime | None
    customer: str = ""
    """Reference of the one customer it speaks for; empty: for nobody in particular."""
    operator: str = ""

    def expired(self) -> bool:
        """Tell whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now()


@dataclass(frozen=True, slots=True)
class ListedToken:
    """A token as listed: everything but the token."""

    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    customer: str
    operator: str
    employer_id: int | None


def create(
    *,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None = None,
    customer: str = "",
    operator: str = "",
    employer_id: int | None = None,
) -> str:
    """Make a token and return it; it is shown this once and only its SHA-256 is kept.

    With `employer_id` it is for the systems of that employer, and ends when they are cut off; none is made meanwhile.

    With `customer`, an account reference, whoever holds it speaks for that customer, by the assistant of `operator`.
    Raises `TokenError` for an unknown scope, an empty name, or a name that was used before: contacts are told apart by
    the name of the token that brought them, so a name is never given twice.
    """
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise TokenError(f"A token needs scopes out of {', '.join(SCOPES)}; not {', '.join(unknown) or 'none'}.")
    if not name.strip() or len(name) > 60:
        raise TokenError("A token needs a name of 1 to 60 characters.")
    if customer and set(scopes) != {CONTACTS_WRITE}:
        raise TokenError(f"A token that speaks for one customer may have the scope {CONTACTS_WRITE} only.")
    if operator and not customer:
        raise TokenError("Name the customer for whom this operator's assistant may speak.")
    if len(customer) > 40 or len(operator) > 60:
        raise TokenError("A customer's reference has up to 40 characters, an operator's name up to 60.")
    if employer_id is not None and stands_against(scope="vendor", target_id=employer_id):
        raise TokenError(
            "This employer is cut off. A token for their systems can be made when two have let them back in."
        )
    token = f"hf_{secrets.token_urlsafe(32)}"
    try:
        with transaction.atomic():
            ApiToken.objects.create(
                name=name,
                digest=digest_of(token.encode()),
                scopes=sorted(set(scopes)),
                created_at=now(),
                expires_at=expires_at,
                customer=customer,
                operator=operator,
                employer_id=employer_id,
            )
            _tell()
    except IntegrityError:
        raise TokenError(f"There is or was a token named {name!r} already. Choose another name.") from None
    return token


def rotate(*, name: str, scopes: Sequence[str]) -> str:
    """Give a name a new token: an older one of that name ends. Returns the new one. Raises `TokenError`."""
    with transaction.atomic():
        ApiToken.objects.filter(name=name).delete()
        return create(name=name, scopes=scopes)


def revoke(name: str) -> None:
    """End a token; every door hears of it at once. Raises `TokenError` when there is no such token in force."""
    with transaction.atomic():
        if not ApiToken.objects.filter(name=name, revoked_at=None).update(revoked_at=now()):
            raise TokenError(f"There is no token in force named {name!r}.")
        _tell()


def revoke_of(*, employer_id: int) -> int:
    """End every token of an employer's systems for good, in the caller's transaction; return how many there were."""
    ended = ApiToken.objects.filter(employer_id=employer_id, revoked_at=None).update(revoked_at=now())
    _tell()
    return ended


def names_of(*, employer_id: int) -> list[str]:
    """Return the names of the tokens in force that an employer's systems have."""
    rows = ApiToken.objects.filter(employer_id=employer_id, revoked_at=None).order_by("name")
    return list(rows.values_list("name", flat=True))


def listed() -> list[ListedToken]:
    """List all tokens, the newest first."""
    rows = ApiToken.objects.order_by("-created_at").values_list(
        "name", "scopes", "created_at", "expires_at", "revoked_at", "customer", "operator", "employer_id"
    )
    return [
        ListedToken(name, tuple(scopes), made, expires, revoked, customer, operator, employer_id)
        for name, scopes, made, expires, revoked, customer, operator, employer_id in rows
    ]


def in_force() -> dict[bytes, KnownToken]:
    """Read the tokens that are not revoked, by digest."""
    rows = ApiToken.objects.filter(revoked_at=None).values_list(
        "name", "digest", "scopes", "expires_at", "customer", "operator"
    )
    return {
        bytes(digest): KnownToken(name, bytes(digest), frozenset(scopes), expires, customer, operator)
        for name, digest, scopes, expires, customer, operator in rows
    }


def known(secret: str, *, scope: str) -> KnownToken | None:
    """Return the token if it is in force and has `scope`, as the database has it now. For what is asked for seldom."""
    rows = ApiToken.objects.filter(digest=digest_of(secret.encode("utf-8", "replace")), revoked_at=None)
    row = rows.first()
    if row is None:
        return None
    found = KnownToken(row.name, bytes(row.digest), frozenset(row.scopes), row.expires_at, row.customer, row.operator)
    return found if scope in found.scopes and not found.expired() else None


def digest_of(token: bytes) -> bytes:
    """Return the SHA-256 under which a token is kept. Tokens are random, so no salt is needed."""
    return hashlib.sha256(token).digest()


class TokenCache:
    """The tokens in force as last read. While the database is away they stay in force; expiry still counts."""

    def __init__(self) -> None:
        self._known: Mapping[bytes, KnownToken] = {}
        self.loaded = False

    def replace(self, known: Mapping[bytes, KnownToken]) -> None:
        """Take over a fresh reading."""
        self._known = known
        self.loaded = True

    def find(self, token: bytes) -> KnownToken | None:
        """Return the token if it is in force.

        The look-up is by SHA-256, which nobody can steer bit by bit, and ends with a comparison in constant time.
        """
        digest = digest_of(token)
        known = self._known.get(digest)
        if known is None or not hmac.compare_digest(known.digest, digest):
            return None
        return None if known.expires_at is not None and known.expired() else known


def _tell() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
