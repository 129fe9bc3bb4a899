"""Asking a webhook to prove that whoever set it up has the secret it was given.

We post a random challenge, signed as every post; the answer has to be the HMAC-SHA256 of it under the same secret, in
hex (RFC 2104). An address that only repeats what it gets proves nothing, so nobody can subscribe a stranger's server.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from enum import Enum
from uuid import UUID

import httpx
from django.views.decorators.debug import sensitive_variables

from holdfast.guard.fields import Sealed
from holdfast.guard.opening import CannotOpen, MachineUse, opened_all_for_machine
from holdfast.notify.campaigns.carriers.http import webhook
from holdfast.notify.campaigns.contract import Letter

_TIMEOUT = httpx.Timeout(5.0, connect=3.0)
_WHOLE = 10.0  # seconds for all of the answer: one that drips in ends there
_LONGEST = 4_096  # bytes of it that are read


class Proof(Enum):
    """What came of it."""

    GIVEN = "given"
    AWAY = "away"
    """It could not be reached, is inside our own network, or did not say 200."""
    WRONG = "wrong"
    """It answered with something else."""


@sensitive_variables()
def asked(*, id: UUID, url: Sealed, secret: Sealed) -> Proof:  # noqa: A002
    """Ask the webhook at `url` for its proof. `id` is the post's idempotency key."""
    challenge = secrets.token_urlsafe(32)
    try:
        to, key = opened_all_for_machine([url, secret], use=MachineUse.DELIVER)
    except CannotOpen:
        return Proof.AWAY
    body = json.dumps({"type": "challenge", "challenge": challenge})
    post = webhook(Letter(id=id, attempts=0, address=to, subject="", body=body, locale="", secret=key))
    if post is None:
        return Proof.AWAY
    extensions = {"sni_hostname": post.host} if post.host else {}
    headers = {**post.headers, "accept-encoding": "identity"}
    try:
        with (
            httpx.Client(timeout=_TIMEOUT, follow_redirects=False) as client,
            client.stream("POST", post.url, content=post.body, headers=headers, extensions=extensions) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                return Proof.AWAY
            said = _read(answer)
    except (httpx.HTTPError, httpx.InvalidURL):
        return Proof.AWAY
    return Proof.GIVEN if hmac.compare_digest(said, response(secret=key, challenge=challenge)) else Proof.WRONG


def response(*, secret: str, challenge: str) -> str:
    """Return what proves that somebody has `secret`."""
    return hmac.new(secret.encode(), challenge.encode(), hashlib.sha256).hexdigest()


def _read(answer: httpx.Response) -> str:
    """Return the proof out of `{"response": "…"}`; nothing for anything else."""
    ends, got = time.monotonic() + _WHOLE, b""
    for part in answer.iter_raw():  # as it came: what was packed could unfold to anything
        got += part
        if len(got) > _LONGEST or time.monotonic() > ends:
            return ""
    try:
        said = json.loads(got)
    except ValueError:
        return ""
    found = said.get("response") if isinstance(said, dict) else None
    return found.strip().lower() if isinstance(found, str) and found.isascii() else ""
