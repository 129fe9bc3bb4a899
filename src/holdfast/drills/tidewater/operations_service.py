"""The bank's own systems, as far as a support desk sees them: a small HTTP service of its own.

    HOLDFAST_OPERATIONS_TOKEN=... python -m holdfast.drills.tidewater.operations_service --port 8090

Facts come from `bank.Bank` and are the same for the same seed. What is changed (`operations_changes.py`) is kept in
memory. `POST /v1/faults` makes the service misbehave, for drills. Errors are problem documents (RFC 9457).
"""

from __future__ import annotations

import argparse
import hmac
import json
import os
import re
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import uvicorn

from holdfast.drills.tidewater import operations_lists
from holdfast.drills.tidewater.bank import Bank
from holdfast.drills.tidewater.operations_changes import Changes
from holdfast.drills.tidewater.operations_faults import Faults
from holdfast.drills.tidewater.operations_http import Problem, Receive, Request, Scope, Send, read_request

LISTS = ("cards", "transfers", "payments", "refunds")
MAX_REFS = 200
GARBAGE = b"<html>503 \xff upstream"

_ACCOUNT = re.compile(r"/v1/accounts/(?P<ref>[^/]+)(?:/(?P<part>overview|address|cards|transfers|payments|refunds))?")
_LIST = re.compile(r"/v1/lists/(?P<name>[^/]+)")
_THING = re.compile(r"/v1/(?P<kind>cards|transfers|payments|refunds)/(?P<id>[^/]+)")


@dataclass(slots=True)
class Service:
    """The ASGI application over one bank, with what was changed there and its faults."""

    bank: Bank
    token: str
    changes: Changes = field(init=False)
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        self.changes = Changes(self.bank)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request (ASGI 3)."""
        if scope["type"] != "http":
            return
        try:
            request = await read_request(scope, receive)
            status, answer = HTTPStatus.OK, await self._answer(request)
            kind = b"application/json"
        except Problem as problem:
            status, answer, kind = problem.status, problem.document(), b"application/problem+json"
        body = answer if isinstance(answer, bytes) else json.dumps(answer, ensure_ascii=False).encode()
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
            return self.faults.set(request.json())
        touched = self.faults.touches(request.path)
        if touched:
            await self.faults.before()
        answer = self._write(request) if request.method == "POST" else self._read_facts(request)
        if touched:
            self.faults.after()
        return GARBAGE if touched and self.faults.garbage else answer

    def _read_facts(self, request: Request) -> Any:
        if request.method != "GET":
            raise Problem(HTTPStatus.METHOD_NOT_ALLOWED, f"{request.method} is not offered here.")
        if request.path == "/v1/changes":
            return {"asked": self.changes.asked, "made": self.changes.made}
        if request.path == "/v1/lists":
            return operations_lists.offered()
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
        if found := _LIST.fullmatch(request.path):
            return operations_lists.page(self.bank, found["name"], request)
        return self.changes.make(request)

    def _part(self, ref: str, part: str) -> Any:
        if not self.bank.knows(ref):
            raise Problem(HTTPStatus.NOT_FOUND, f"There is no account {ref}.")
        if part == "overview":
            return {name: self._part(ref, name) for name in ("account", *LISTS)}
        if part in {"cards", "address"}:
            return getattr(self.changes, part)(ref)
        return getattr(self.bank, part)(ref)

    def _thing(self, kind: str, thing_id: str) -> Any:
        ref = thing_id.rpartition("-")[0]
        if self.bank.knows(ref):
            for row in self._part(ref, kind):
                if row["id"] == thing_id:
                    return row
        raise Problem(HTTPStatus.NOT_FOUND, f"There is no {kind.removesuffix('s')} {thing_id}.")


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
