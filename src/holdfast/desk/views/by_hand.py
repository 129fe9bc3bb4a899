"""A person who opens values quicker than by hand is asked once more. At the desk only: programs have rates."""

from __future__ import annotations

from datetime import timedelta

from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.http import HttpRequest

from holdfast.guard.gate import session_mark
from holdfast.guard.whereabouts import by_hand

_LASTS = timedelta(seconds=60)
_SIGNER = TimestampSigner(salt="by-hand")


def is_too_quick(request: HttpRequest) -> bool:
    """Tell whether to ask once more before something opens; not again from who confirmed it for this address."""
    hurried = by_hand.note(request.session.session_key or "")
    return hurried and not _is_confirmed(request)


def confirmation(request: HttpRequest) -> str:
    """Return what the form carries that asks once more: good for this session and address, after a moment, a minute."""
    return _SIGNER.sign(_for(request))


def _is_confirmed(request: HttpRequest) -> bool:
    said = request.POST.get("unhurried", "")
    try:
        meant = _SIGNER.unsign(said, max_age=_LASTS)
    except BadSignature:
        return False
    return meant == _for(request) and not _is_younger(said, by_hand.THOUGHT)


def _is_younger(signed: str, than: timedelta) -> bool:
    try:
        _SIGNER.unsign(signed, max_age=than)
    except SignatureExpired:
        return False
    return True


def _for(request: HttpRequest) -> str:
    return f"{session_mark(request.session.session_key or '')} {request.path}"
