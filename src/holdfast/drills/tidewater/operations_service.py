"""The bank's own systems, as far as a support desk sees them: a small HTTP service of its own.

    HOLDFAST_OPERATIONS_TOKEN=... python -m holdfast.drills.tidewater.operations_service --port 8090

Facts come from `bank.Bank` and are the same for the same seed. Freezing a card is kept in memory. `POST /v1/faults`
makes the service slow or failing, for drills. Errors are problem documents (RFC 9457).
"""

from __future__ import annotations

import argparse
import asyncio
import hmac
import json
import os
import random
import re
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import uvicorn

from holdfast.drills.tidewater.bank import Bank

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LISTS = ("cards", "transfers", "payments", "refunds")
MAX_BODY = 64 * 1024
MAX_REFS = 200

_ACCOUNT = re.compile(r"/v1/accounts/(?P<ref>[^/]+)(?:/(?P<part>overview|cards|transfers|payments|refunds))?")
_THING = re.compile(r"/v1/(?P<kind>cards|transfers|payments|refunds)/(?P<id>[^/]+)")
_SWITCH = re.compile(r"/v1/cards/(?P<id>[^/]+)/(?P<act>freeze|unfreeze)")


class Problem(Exception):  # noqa: N818 - named for what it tells the caller
    """An answer other than success, with one sentence for the caller."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


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


@dataclass(slots=True)
class Service:
    """The ASGI application over one bank, with its frozen cards, remembered keys and faults in memory."""

    bank: Bank
    token: str
    frozen: dict[str, bool] = field(default_factory=dict)
    done: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    latency_ms: float = 0.0
    error_rate: float = 0.0
    _dice: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 (drill faults)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request (ASGI 3)."""
        if scope["type"] != "http":
            return
        try:
            request = await _read(scope, receive)
            status, answer = HTTPStatus.OK, await self._answer(request)
            kind = b"application/json"
        except Problem as problem:
            status, kind = problem.status, b"application/problem+json"
            answer = {
                "type": "about:blank",
                "title": status.phrase,
                "status": status.value,
                "detail": problem.detail,
            }
        body = json.dumps(answer, ensure_ascii=False).encode()
        headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
        if status is HTTPStatus.UNAUTHORIZED:
            headers.append((b"www-authenticate", b"Bearer"))
        await send({"type": "http.response.start", "status": status.value, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, request: Request) -> Any:
        if request.path == "/healthz" and request.method == "GET":
            return {"status": "ok", "at": self.bank.at.isoformat(), "customers": self.bank.customers}
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            raise Problem(HTTPStatus.UNAUTHORIZED, "A valid bearer token is needed.")
        if request.path == "/v1/faults" and request.method == "POST":
            return self._set_faults(request.json())
        if self.latency_ms:
            await asyncio.sleep(self.latency_ms / 1_000)
        if self._dice.random() < self.error_rate:
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "A fault set for a drill.")
        return self._write(request) if request.method == "POST" else self._read_facts(request)

    def _read_facts(self, request: Request) -> Any:
        if request.method != "GET":
            raise Problem(HTTPStatus.METHOD_NOT_ALLOWED, f"{request.method} is not offered here.")
        if found := _ACCOUNT.fullmatch(request.path):
            return self._part(found["ref"], found["part"] or "account")
        if found := _THING.fullmatch(request.path):
            return self._thing(found["kind"], found["id"])
        raise Problem(HTTPStatus.NOT_FOUND, f"There is nothing at {request.path}.")

    def _write(self, request: Request) -> Any:
        if request.path == "/v1/overviews":
            refs = request.json().get("refs")
            if not isinstance(refs, list) or len(refs) > MAX_REFS or not all(isinstance(ref, str) for ref in refs):
                raise Problem(HTTPStatus.BAD_REQUEST, f"refs: a list of at most {MAX_REFS} account references.")
            return {"overviews": {ref: self._part(ref, "overview") for ref in refs if self.bank.knows(ref)}}
        if found := _SWITCH.fullmatch(request.path):
            return self._switch(request, found["id"], freeze=found["act"] == "freeze")
        raise Problem(HTTPStatus.NOT_FOUND, f"There is nothing to post to at {request.path}.")

    def _part(self, ref: str, part: str) -> Any:
        if not self.bank.knows(ref):
            raise Problem(HTTPStatus.NOT_FOUND, f"There is no account {ref}.")
        if part == "overview":
            return {name: self._part(ref, name) for name in ("account", *LISTS)}
        rows = getattr(self.bank, part)(ref)
        if part == "cards":
            return [card | self._switched(card) for card in rows]
        return rows

    def _switched(self, card: dict[str, Any]) -> dict[str, Any]:
        frozen = self.frozen.get(card["id"])
        return {} if frozen is None else {"state": "frozen" if frozen else "active"}

    def _thing(self, kind: str, thing_id: str) -> Any:
        ref = thing_id.rpartition("-")[0]
        if self.bank.knows(ref):
            for row in self._part(ref, kind):
                if row["id"] == thing_id:
                    return row
        raise Problem(HTTPStatus.NOT_FOUND, f"There is no {kind.removesuffix('s')} {thing_id}.")

    def _switch(self, request: Request, card_id: str, *, freeze: bool) -> Any:
        key = request.headers.get("idempotency-key", "")
        if not key:
            raise Problem(HTTPStatus.BAD_REQUEST, "An Idempotency-Key header is needed.")
        if key in self.done:
            path, answer = self.done[key]
            if path != request.path:
                raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "This Idempotency-Key was used for something else.")
            return answer
        card = self._thing("cards", card_id)
        if card["state"] not in {"active", "frozen"}:
            raise Problem(HTTPStatus.CONFLICT, f"The card is {card['state']}: it cannot be frozen or unfrozen.")
        self.frozen[card_id] = freeze
        answer = card | self._switched(card) | {"changed_at": datetime.now(UTC).isoformat()}
        self.done[key] = (request.path, answer)
        return answer

    def _set_faults(self, wanted: dict[str, Any]) -> dict[str, float]:
        latency, rate = wanted.get("latency_ms", 0), wanted.get("error_rate", 0)
        if not all(isinstance(value, int | float) for value in (latency, rate)):
            raise Problem(HTTPStatus.BAD_REQUEST, "latency_ms and error_rate have to be numbers.")
        if not (0 <= latency <= 60_000 and 0 <= rate <= 1):
            raise Problem(HTTPStatus.BAD_REQUEST, "latency_ms is 0 to 60000, error_rate is 0 to 1.")
        self.latency_ms, self.error_rate = float(latency), float(rate)
        return {"latency_ms": self.latency_ms, "error_rate": self.error_rate}


async def _read(scope: Scope, receive: Receive) -> Request:
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


def main(argv: list[str] | None = None) -> int:
    """Run the service until it is told to stop. Returns 2 when no token is set."""
    parser = argparse.ArgumentParser(prog="operations_service", description="Tidewater's synthetic operations systems.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--at", type=datetime.fromisoformat, help="the instant of all facts; default: this hour")
    options = parser.parse_args(argv)
    token = os.environ.get("HOLDFAST_OPERATIONS_TOKEN", "")
    if not token:
        print("HOLDFAST_OPERATIONS_TOKEN is not set: the service would be open to anyone.", file=sys.stderr)  # noqa: T201
        return 2
    serve(
        host=options.host,
        port=options.port,
        token=token,
        seed=options.seed,
        customers=options.customers,
        at=options.at,
    )
    return 0


def serve(
    *,
    port: int,
    token: str,
    host: str = "127.0.0.1",
    seed: int = 7,
    customers: int = 20_000,
    at: datetime | None = None,
) -> None:
    """Serve until the process is told to stop. `at` is the instant of all facts, by default this whole hour."""
    # The whole hour, so that a restart within it tells the same story.
    at = at or datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    bank = Bank(seed=seed, at=at if at.tzinfo else at.replace(tzinfo=UTC), customers=customers)
    config = uvicorn.Config(
        Service(bank=bank, token=token),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=2,
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    raise SystemExit(main())
