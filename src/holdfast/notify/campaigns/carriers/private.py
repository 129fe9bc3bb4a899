"""Where a subscriber's address really leads: nobody outside makes this server call into the company's own network."""

from __future__ import annotations

import socket
from dataclasses import dataclass

import httpx
from django.conf import settings

from holdfast.kit.addresses import is_public


@dataclass(frozen=True, slots=True)
class Reached:
    """The address to connect to, and the host that certificate and `Host` header are about."""

    url: str
    host: str


def reached(url: str) -> Reached | None:
    """Look `url` up once and pin what was found. `None`: no such host, or one of its addresses is not public.

    All of them count: whoever names a public and a private address hopes for the second. `HOLDFAST_WEBHOOKS_INSIDE`
    allows private ones.
    """
    try:
        parsed = httpx.URL(url)
        found = socket.getaddrinfo(parsed.host, parsed.port or 443, type=socket.SOCK_STREAM)
    except (httpx.InvalidURL, OSError, UnicodeError):
        return None
    addresses = [str(each[4][0]) for each in found]
    if not addresses or not (settings.WEBHOOKS_INSIDE or all(map(is_public, addresses))):
        return None
    return Reached(str(parsed.copy_with(host=addresses[0])), parsed.netloc.decode("ascii"))
