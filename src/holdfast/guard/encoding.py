"""How sealed bytes are written: base64url, in one spelling only."""

from __future__ import annotations

import base64


def encoded(data: bytes) -> str:
    """Return `data` in base64url without padding (RFC 4648 section 5)."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decoded(text: str) -> bytes:
    """Return the bytes of `text`. Raises `ValueError` for anything `encoded` would not have written."""
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if encoded(data) != text:
        raise ValueError("Not the one spelling of these bytes.")
    return data
