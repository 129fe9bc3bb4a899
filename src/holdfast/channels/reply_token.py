"""The address a customer's mail programme answers to: it names the conversation, and cannot be guessed.

`support+<token>@<domain>`, where the token is base32 of the conversation's id and 48 bits of HMAC-SHA256. Base32, since
mail systems may change upper and lower case.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from email.utils import parseaddr
from uuid import UUID

from django.conf import settings

_MAC_BYTES = 6


def reply_address(conversation_id: UUID) -> str:
    """Return the address that brings an answer back into this conversation."""
    token = base64.b32encode(conversation_id.bytes + _mac(conversation_id)).decode().rstrip("=").lower()
    return f"support+{token}@{settings.MAIL_DOMAIN}"


def conversation_of(address: str) -> UUID | None:
    """Return the conversation an address names, or `None` when it names none or its token was made up."""
    local = parseaddr(address)[1].rpartition("@")[0]
    _, _, token = local.partition("+")
    try:
        data = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except (binascii.Error, ValueError):
        return None
    if len(data) != 16 + _MAC_BYTES:
        return None
    conversation_id = UUID(bytes=data[:16])
    return conversation_id if hmac.compare_digest(data[16:], _mac(conversation_id)) else None


def _mac(conversation_id: UUID) -> bytes:
    key = b"reply-token:" + settings.SECRET_KEY.encode()
    return hmac.digest(key, conversation_id.bytes, "sha256")[:_MAC_BYTES]
