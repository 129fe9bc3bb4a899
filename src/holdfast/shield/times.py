"""Links to one time each, in the mail that offers them. Opening one shows a page; only its button books, and once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

_SALT = "time"
_LIVES = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Offered:
    """A time that was offered to a conversation. `key` is the offer's own: it is taken once."""

    conversation_id: UUID
    starts_at: datetime
    key: str


def time_link(conversation_id: UUID, starts_at: datetime) -> str:
    """Return the address of the page on which somebody takes one time they were offered."""
    token = signing.dumps([conversation_id.hex, int(starts_at.timestamp())], salt=_SALT)
    return f"{settings.PUBLIC_URL}{reverse('shield:time', args=[token])}"


def offered(token: str) -> Offered | None:
    """Return what a link offers; `None` when it was made up or is a day old."""
    try:
        conversation, start = signing.loads(token, salt=_SALT, max_age=_LIVES)
        return Offered(
            UUID(conversation), datetime.fromtimestamp(start, UTC), hashlib.sha256(token.encode()).hexdigest()
        )
    except (signing.BadSignature, ValueError, TypeError):
        return None
