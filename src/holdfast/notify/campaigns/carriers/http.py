"""Messages over HTTP: text messages through the company's gateway, and signed posts to subscribers' webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from django.conf import settings

from holdfast.kit.addresses import NotReached, reached
from holdfast.kit.clock import now
from holdfast.notify.campaigns.carriers.contract import Away
from holdfast.notify.campaigns.contract import Letter
from holdfast.notify.outcomes import BROKE_OFF, LATER_BY_HTTP, SENT, Kind, Outcome

_TIMEOUT = httpx.Timeout(10.0, connect=3.0)
_PATIENCE = 2.0  # seconds for the rest of an answer, of which only the status counts
_ENOUGH = 65_536  # bytes of it that are read, so that the connection can be used again


@dataclass(frozen=True, slots=True)
class Post:
    """One request. `ours`: an answer that it is busy means that everything through it has to wait.

    `host` is whose certificate has to be shown, where `url` has a number instead of a name.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    ours: bool
    host: str = ""


class HttpCarrier:
    """Posts each letter; `made` says what and where to. The `Idempotency-Key` is the recipient's id on every try."""

    def __init__(self, made: Callable[[Letter], Post | None]) -> None:
        self._made = made
        self._client = httpx.Client(timeout=_TIMEOUT, follow_redirects=False)

    def hand_over(self, letters: Sequence[Letter], go_on: Callable[[], bool]) -> Iterator[tuple[UUID, Outcome]]:
        """As `Carrier.hand_over`."""
        for letter in letters:
            if not go_on():
                return
            post = self._made(letter)
            outcome = Outcome(Kind.NEVER, "The address is not known, or leads into the company's own network.")
            if post is not None:
                outcome = self._one(post)
            yield letter.id, outcome
            if outcome.busy:
                return

    def close(self) -> None:
        """Give connections back."""
        self._client.close()

    def _one(self, post: Post) -> Outcome:
        try:
            extensions = {"sni_hostname": post.host} if post.host else {}
            asked = self._client.stream(
                "POST", post.url, content=post.body, headers=post.headers, extensions=extensions
            )
            with asked as answer:
                status = answer.status_code
                _leave(answer)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Outcome(Kind.LATER, "It could not be reached.", busy=post.ours)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            return Outcome(Kind.NEVER, "The address cannot be used.")
        except httpx.HTTPError:
            return Outcome(Kind.UNKNOWN, BROKE_OFF)
        return _said(status, ours=post.ours)


def _leave(answer: httpx.Response) -> None:
    """Read a short answer to its end as it came, never unpacked; one that is long or slow is hung up on."""
    until, got = time.monotonic() + _PATIENCE, 0
    with suppress(httpx.HTTPError):
        for part in answer.iter_raw():
            got += len(part)
            if got > _ENOUGH or time.monotonic() > until:
                return


def _said(status: int, *, ours: bool) -> Outcome:
    if 200 <= status < 300:
        return SENT
    if status in LATER_BY_HTTP:
        return Outcome(Kind.LATER, f"It takes no more now ({status}).", busy=ours, code=status)
    if status >= 500:
        # Every try has the same idempotency key, and a 500 says that it did not work out; but not how far it went.
        return Outcome(Kind.UNKNOWN, f"It failed with the message in its hands ({status}).", code=status)
    return Outcome(Kind.NEVER, f"It refused the message ({status}).", code=status)


def text_message(letter: Letter) -> Post:
    """A text message for the gateway at `HOLDFAST_SMS_URL`. Raises `Away` without one."""
    if not settings.SMS_URL:
        raise Away("No gateway for text messages is set up: set HOLDFAST_SMS_URL.")
    body = json.dumps({"id": str(letter.id), "to": letter.address, "text": letter.body}, ensure_ascii=False).encode()
    headers = {"content-type": "application/json", "idempotency-key": str(letter.id)}
    if settings.SMS_KEY:
        headers["authorization"] = f"Bearer {settings.SMS_KEY}"
    return Post(settings.SMS_URL, headers, body, ours=True)


def webhook(letter: Letter) -> Post | None:
    """A signed post to a subscriber's webhook; `None` when it leads into the company's own network."""
    try:
        to = reached(letter.address, inside=settings.WEBHOOKS_INSIDE)
    except NotReached:
        return None
    moment = int(now().timestamp())
    body = webhook_body(letter)
    headers = {
        "host": to.host,
        "content-type": "application/json",
        "user-agent": "Holdfast-Webhook/1",
        "idempotency-key": str(letter.id),
        "x-holdfast-timestamp": str(moment),
        "x-holdfast-signature": signature(secret=letter.secret, timestamp=moment, body=body),
    }
    return Post(to.url, headers, body, ours=False, host=to.name)


def webhook_body(letter: Letter) -> bytes:
    """Return what is posted: the text itself where it is JSON, otherwise subject and text in an object."""
    try:
        said: Any = json.loads(letter.body)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        said = {"subject": letter.subject, "text": letter.body}
    # As Statuspage's webhooks say it: a POST to that address ends them.
    meta = {"meta": {"unsubscribe": letter.unsubscribe}} if letter.unsubscribe else {}
    return json.dumps({"id": str(letter.id), **meta, **said}, ensure_ascii=False).encode()


def signature(*, secret: str, timestamp: int, body: bytes) -> str:
    """Return `v1=` and the HMAC-SHA256 in hex over `<timestamp>.<body>` (RFC 2104), timestamp in Unix seconds.

    The receiver compares it in constant time and refuses a timestamp more than five minutes off.
    """
    return "v1=" + hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
