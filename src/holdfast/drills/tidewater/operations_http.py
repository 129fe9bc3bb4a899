"""One request to the bank's operations service, and the answers that are not what was asked for."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_BODY = 64 * 1024


class Problem(Exception):  # noqa: N818 - named for what it tells the caller
    """An answer other than success, with one sentence for the caller."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail

    def document(self) -> dict[str, Any]:
        """Return it as a problem document (RFC 9457)."""
        return {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
        }


@dataclass(slots=True)
class Request:
    """What a handler needs of one HTTP request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object. Raises `Problem` 400."""
        try:
            value = json.loads(self.body)
        except ValueError as error:
            raise Problem(HTTPStatus.BAD_REQUEST, "The body is not JSON.") from error
        if not isinstance(value, dict):
            raise Problem(HTTPStatus.BAD_REQUEST, "The body has to be a JSON object.")
        return value


async def read_request(scope: Scope, receive: Receive) -> Request:
    """Return the request with its whole body. Raises `Problem` 413."""
    body = b""
    while True:
        event = await receive()
        body += event.get("body", b"")
        if len(body) > MAX_BODY:
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body may have {MAX_BODY} bytes.")
        if not event.get("more_body"):
            break
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return Request(scope["method"], scope["path"], headers, body)
