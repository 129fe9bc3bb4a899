"""What the company's identity provider says of itself: name, keys, where one signs out. Read, and kept a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt
import structlog
from django.conf import settings

KEEPS = 300.0
"""Seconds for which what was read counts."""
_AGAIN = 20.0  # seconds before an unknown key has the keys read again: strangers name such keys as well
_PATIENCE = 5.0  # seconds for one answer
_MOST = 256 * 1024  # bytes of one answer
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_SIGNS_WITH = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}
"""Signatures with two halves only: a secret that both know, or none, vouches for nothing here."""

_lock = threading.Lock()
_last: tuple[float, Provider] | None = None

log = structlog.get_logger(__name__)


class Away(Exception):  # noqa: N818 - a state of somebody else's
    """The provider cannot be reached, or what it says is no answer."""


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider as it described itself. `end_session` is empty where it has no address to sign out at."""

    issuer: str
    end_session: str
    keys: Mapping[str, jwt.PyJWK]

    def algorithms(self, key_id: str) -> tuple[str, ...]:
        """Return what a signature by this key may be made with."""
        return _SIGNS_WITH[self.keys[key_id].key_type or ""]


def the_provider(*, with_key: str = "") -> Provider:
    """Return what is known of the provider; read anew when that is old, or knows no key `with_key`.

    Raises `Away`.
    """
    global _last
    with _lock:
        age = time.monotonic() - _last[0] if _last else KEEPS
        if _last and age < KEEPS and (not with_key or with_key in _last[1].keys or age < _AGAIN):
            return _last[1]
        found = _read()
        _last = (time.monotonic(), found)
        return found


def _read() -> Provider:
    base = settings.OIDC_ISSUER
    try:
        with httpx.Client(timeout=_PATIENCE, follow_redirects=False) as client:
            said = _document(client, f"{base}/.well-known/openid-configuration")
            keys = _document(client, _address(said["jwks_uri"]))
        if said["issuer"].rstrip("/") != base:
            raise Away("it calls itself otherwise")
        usable = [_key(each) for each in keys["keys"]]
        end = said.get("end_session_endpoint")
        return Provider(
            issuer=said["issuer"],
            end_session=_address(end) if end else "",
            keys={key.key_id: key for key in usable if key is not None and key.key_id},
        )
    except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("people.provider_away", error=type(error).__name__)
        raise Away(type(error).__name__) from error


def _document(client: httpx.Client, url: str) -> dict[str, Any]:
    with client.stream("GET", url, headers={"Accept": "application/json"}) as answer:
        answer.raise_for_status()
        body = b""
        for part in answer.iter_bytes():
            body += part
            if len(body) > _MOST:
                raise ValueError("too long")
    return dict(httpx.Response(200, content=body).json())


def _address(url: str) -> str:
    """Return an address the provider named, if it is one of the encrypted web, as its own has to be."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
        raise ValueError("not https")
    return url


def _key(said: dict[str, Any]) -> jwt.PyJWK | None:
    """Read a key that is for signatures; `None` for what is for something else, or of a kind unknown here."""
    if said.get("use", "sig") != "sig" or said.get("kty") not in _SIGNS_WITH:
        return None
    try:
        return jwt.PyJWK(said)
    except jwt.PyJWTError:
        return None
