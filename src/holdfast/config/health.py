"""`/healthz`, `/readyz` and `/metrics`: is the process there, can it do its work, and what has it done."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from concurrent.futures import Executor
from ipaddress import ip_address
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from holdfast.intake.accept import PostgresIntake
from holdfast.intake.pace import sentence
from holdfast.intake.tokens import METRICS_READ, KnownToken, TokenCache

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]
Pace = Callable[[KnownToken, str], Awaitable[int]]

_CANARY_EVERY = 1.0  # seconds; whoever asks more often gets the last answer
_PATIENCE = 3.0  # seconds
_FORWARDED = {b"x-forwarded-for", b"forwarded", b"x-real-ip"}


class Health:
    """Answers the three questions of whoever runs this process."""

    def __init__(self, *, intake: PostgresIntake, tokens: TokenCache, pace: Pace, executor: Executor) -> None:
        self._intake = intake
        self._tokens = tokens
        self._pace = pace
        self._executor = executor
        self._migrated = False
        self._answer: tuple[float, int, bytes] = (float("-inf"), 503, b"")
        self._asking = asyncio.Lock()

    async def healthz(self, scope: Message, receive: Receive, send: Send) -> None:
        """200 as long as the event loop turns and contacts can be taken in, with or without a database."""
        alive = self._intake.alive
        await _respond(send, 200 if alive else 503, json.dumps({"process": "ok" if alive else "stopping"}).encode())

    async def readyz(self, scope: Message, receive: Receive, send: Send) -> None:
        """200 when the database answers, its tables are up to date, and a canary was committed just now."""
        async with self._asking:
            if time.monotonic() - self._answer[0] > _CANARY_EVERY:
                found = await self._look()
                status = 200 if set(found.values()) == {"ok"} else 503
                self._answer = (time.monotonic(), status, json.dumps(found).encode())
        await _respond(send, self._answer[1], self._answer[2])

    async def metrics(self, scope: Message, receive: Receive, send: Send) -> None:
        """Prometheus' text format, for this machine or a token with the scope `metrics:read`."""
        token, is_local = self._who_sees_metrics(scope)
        if token is None and not is_local:
            await _respond(send, 403, b'{"detail": "This needs a token with the scope metrics:read."}')
            return
        if token is not None and (wait := await self._pace(token, METRICS_READ)):
            said = json.dumps({"detail": sentence(METRICS_READ, wait)}).encode()
            await _respond(send, 429, said, more=[(b"retry-after", b"%d" % wait)])
            return
        await _respond(send, 200, generate_latest(), CONTENT_TYPE_LATEST.encode())

    async def _look(self) -> dict[str, str]:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_PATIENCE):
                database = await loop.run_in_executor(self._executor, self._database)
        except TimeoutError:
            database = "hangs"
        committed = database == "ok" and await self._intake.canary()
        door = "ok" if committed else "spooling" if self._intake.alive else "stopped"
        return {"database": database, "door": door}

    def _database(self) -> str:
        try:
            if not self._migrated:
                executor = MigrationExecutor(connection)
                self._migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except DatabaseError:
            connection.close()
            return "away"
        return "ok" if self._migrated else "not migrated"

    def _who_sees_metrics(self, scope: Message) -> tuple[KnownToken | None, bool]:
        """Return the token that may see them, or whether they are asked for on this machine."""
        headers = dict(scope["headers"])
        scheme, _, secret = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() == b"bearer":
            token = self._tokens.find(secret.strip())
            return (token if token is not None and METRICS_READ in token.scopes else None), False
        # Behind a proxy on this machine everybody comes from here, so a forwarded request is not a local one.
        peer = scope.get("client")
        local = peer is not None and ip_address(peer[0]).is_loopback and not headers.keys() & _FORWARDED
        return None, local


async def _respond(
    send: Send, status: int, body: bytes, media: bytes = b"application/json", more: Headers = ()
) -> None:
    headers = [
        (b"content-type", media),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
