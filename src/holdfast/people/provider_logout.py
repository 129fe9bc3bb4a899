"""Signing out together with the company's identity provider, in both directions.

It tells us that somebody signed out there (OpenID Connect Back-Channel Logout 1.0), and then exactly their sessions
end. Who signs out here is led there (OpenID Connect RP-Initiated Logout 1.0), where it has an address for that.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import jwt
import structlog
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from holdfast.guard.cutoff import cutting
from holdfast.kit.clock import now
from holdfast.people.models import ProviderLogout
from holdfast.people.provider import Away, the_provider

EVENT = "http://schemas.openid.net/event/backchannel-logout"
OLDEST = timedelta(minutes=5)
"""How long after it was issued a word of the provider counts."""
_SKEW = timedelta(seconds=60)
_REMEMBERED = timedelta(days=1)  # longer than a session lasts, and than a sign-in takes
_LONGEST = 16_384  # characters of a token
_KEPT, _ON_THE_WAY = "provider", "leaving"

log = structlog.get_logger(__name__)


class Invalid(Exception):  # noqa: N818 - a judgement on what was sent
    """This is no word of the provider's that counts. `sentence` says why; nothing was done."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Told:
    """Who signed out there: one session (`sid`), or all of somebody (`sub`)."""

    issuer: str
    jti: str
    sub: str
    sid: str
    issued_at: datetime


def hear(token: str) -> int:
    """End the sessions that a logout token means, and their streams; return how many there were. Raises `Invalid`.

    A token counts once, unless what it asked for was not done. The row is written before sessions are looked for, and
    a session before its row (`note`), so one that begins at this moment is found by one of the two.
    """
    told = _read(token)
    digest = _digest(told.issuer, told.jti)
    meant = {"sub": _digest(told.issuer, told.sub) if told.sub else b"", "sid": _sid(told.issuer, told.sid)}
    ProviderLogout.objects.filter(at__lt=now() - _REMEMBERED).delete()
    row, _ = ProviderLogout.objects.get_or_create(
        digest=digest, defaults={**meant, "issued_at": told.issued_at, "at": now()}
    )
    if row.done_at is not None:
        raise Invalid("This logout token was used before.")
    keys = [session for session, provided in _provided() if _is_meant(provided, told)]
    ended = Session.objects.filter(pk__in=keys).delete()[0]
    ProviderLogout.objects.filter(pk=digest).update(done_at=now())
    cutting.tell()
    log.info("people.signed_out_at_the_provider", sessions=ended)
    return ended


def note(request: HttpRequest, *, claims: dict[str, Any], raw: str) -> bool:
    """Keep in a new session who it is at the provider. False: they signed out there meanwhile, so it must not begin."""
    issuer, sub, sid = (str(claims.get(name, "")) for name in ("iss", "sub", "sid"))
    request.session[_KEPT] = {"iss": issuer, "sub": sub, "sid": sid, "hint": raw}
    try:
        request.session.save()
    except UpdateError:  # it was found by `hear` already
        return False
    ended = Q(sid=_sid(issuer, sid)) if sid else Q(pk__in=[])
    issued = datetime.fromtimestamp(int(claims.get("iat", 0)), UTC)
    of_all = Q(sid=b"", sub=_digest(issuer, sub), issued_at__gte=issued)
    return not ProviderLogout.objects.filter(ended | of_all).exists()


def way_out(request: HttpRequest) -> dict[str, str] | None:
    """Return what signing out there takes, for `leave` after the session is gone. `None`: there is nothing to do.

    A provider that cannot be asked does not keep anybody from signing out here.
    """
    provided = request.session.get(_KEPT)
    if not provided:
        return None
    try:
        address = the_provider().end_session
    except Away:
        return None
    if not address:
        return None
    state = secrets.token_urlsafe(24)
    query = {
        "id_token_hint": provided["hint"],
        "client_id": settings.OIDC_CLIENT_ID,
        "post_logout_redirect_uri": f"{settings.PUBLIC_URL}{reverse('people:signed-out')}",
        "state": state,
    }
    return {"url": f"{address}{'&' if '?' in address else '?'}{urlencode(query)}", "state": state}


def leave(request: HttpRequest, way: dict[str, str]) -> None:
    """Keep the way out for the next page, in a session without anybody."""
    request.session[_ON_THE_WAY] = dict(way)


def next_step(request: HttpRequest) -> str:
    """Return where somebody who signed out here goes next, once; empty when there is nowhere to go."""
    way = request.session.get(_ON_THE_WAY) or {}
    url: str = way.pop("url", "")
    if url:
        request.session[_ON_THE_WAY] = way
    return url


def is_back(request: HttpRequest) -> bool:
    """Tell whether the provider sent somebody back who went from here (`state`); once."""
    way, said = request.session.get(_ON_THE_WAY) or {}, request.GET.get("state", "")
    back = bool(way) and secrets.compare_digest(way.get("state", "").encode(), said.encode())
    if back:
        request.session.flush()
    return back


def _read(token: str) -> Told:
    """Check a logout token as Back-Channel Logout 1.0, 2.6 says, and that it is typed as one (ASVS 5.0.0, 10.5.5)."""
    if not token or len(token) > _LONGEST:
        raise Invalid("A logout token is missing, or too long.")
    try:
        header = jwt.get_unverified_header(token)
        unproven = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise Invalid("This is no signed token.") from error
    if str(header.get("typ", "")).lower().removeprefix("application/") != "logout+jwt":
        raise Invalid("The token is not of the type logout+jwt.")
    # Looked at before any key is fetched, so that a stranger's token costs the provider nothing.
    if str(unproven.get("iss", "")).rstrip("/") != settings.OIDC_ISSUER:
        raise Invalid("The token is of another issuer.")
    return _told(_verified(token, str(header.get("kid", ""))))


def _verified(token: str, key_id: str) -> dict[str, Any]:
    try:
        provider = the_provider(with_key=key_id)
    except Away as error:
        raise Invalid("The provider's keys cannot be read just now; try again.") from error
    if key_id not in provider.keys:
        raise Invalid("The token is signed with a key that the provider does not have.")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            provider.keys[key_id].key,
            algorithms=provider.algorithms(key_id),
            audience=settings.OIDC_CLIENT_ID,
            issuer=provider.issuer,
            leeway=_SKEW,
            options={"require": ["iss", "aud", "iat", "jti", "events"]},
        )
    except jwt.MissingRequiredClaimError as error:
        raise Invalid(f"The token has no {error.claim}.") from error
    except jwt.InvalidAudienceError as error:
        raise Invalid("The token is for somebody else.") from error
    except jwt.ExpiredSignatureError as error:
        raise Invalid("The token has expired.") from error
    except jwt.PyJWTError as error:
        raise Invalid("The token's signature or claims do not hold.") from error
    return claims


def _told(claims: dict[str, Any]) -> Told:
    events = claims["events"]
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise Invalid("The token does not say that it is about signing out.")
    if "nonce" in claims:
        raise Invalid("A logout token must not have a nonce.")
    sub, sid = (claims.get(name, "") for name in ("sub", "sid"))
    if not all(isinstance(each, str) for each in (sub, sid, claims["jti"])) or not (sub or sid) or not claims["jti"]:
        raise Invalid("The token names neither a session nor a person, or has no name of its own.")
    issued_at = datetime.fromtimestamp(claims["iat"], UTC)
    if not -_SKEW <= now() - issued_at <= OLDEST + _SKEW:
        raise Invalid("The token is not of the last five minutes.")
    return Told(claims["iss"], claims["jti"], sub, sid, issued_at)


def _provided() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the sessions that began at the provider. Reads every session there is, once."""
    for row in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        provided = row.get_decoded().get(_KEPT)
        if provided:
            yield row.pk, provided


def _is_meant(provided: dict[str, str], told: Told) -> bool:
    same = provided["iss"] == told.issuer and (not told.sub or provided["sub"] == told.sub)
    return same and (not told.sid or provided["sid"] == told.sid)


def _sid(issuer: str, sid: str) -> bytes:
    return _digest(issuer, f"sid {sid}") if sid else b""


def _digest(issuer: str, what: str) -> bytes:
    return hashlib.sha256(f"{issuer}\0{what}".encode()).digest()
