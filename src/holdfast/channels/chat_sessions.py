"""A chat session: a random name the customer's browser keeps, signed so that nobody reads another's conversation."""

from __future__ import annotations

import secrets
from uuid import UUID

from django.core import signing

from holdfast.kit.ids import derived

SOURCE = CHANNEL = "chat"

_SALT = "chat"
_SECONDS = 30 * 24 * 3600


def begin() -> tuple[str, str]:
    """Return a new session's name and its token. The name alone opens nothing."""
    session = secrets.token_urlsafe(16)
    return session, signing.dumps(session, salt=_SALT)


def session_of(token: str) -> str | None:
    """Return the session of a token, or `None` when it is forged or a month old."""
    try:
        session = signing.loads(token, salt=_SALT, max_age=_SECONDS)
    except signing.BadSignature:
        return None
    return session if isinstance(session, str) else None


def contact_key(session: str, key: str) -> str:
    """Return the idempotency key of a message: two sessions may use the same key."""
    return f"{session}:{key}"


def receipt_of(session: str, key: str) -> UUID:
    """Return the receipt that a message with this key has, or will have once it is accepted."""
    return derived(SOURCE, CHANNEL, contact_key(session, key))
