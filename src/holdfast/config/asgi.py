"""The web process: one ASGI application in front of raw doors, live streams and Django.

The doors are raw ASGI; all other pages are Django as WSGI on sixteen threads, which under load costs a quarter of
Django's own ASGI. With a fixed pool of threads, persistent database connections are right; under Django's ASGI they
would leak.
"""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "holdfast.config.settings")

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, cast
from urllib.parse import parse_qs
from uuid import UUID

import structlog
from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

_django = get_wsgi_application()  # sets Django up, which everything below needs

from django.conf import settings  # noqa: E402
from django.db import DatabaseError, connection  # noqa: E402
from django.http import parse_cookie  # noqa: E402

from holdfast.channels import chat_door, smtp  # noqa: E402
from holdfast.config import openapi  # noqa: E402
from holdfast.config.health import Health  # noqa: E402
from holdfast.config.options import options  # noqa: E402
from holdfast.config.proxies import TrustedProxies  # noqa: E402
from holdfast.conversations.lookups import numbers_of  # noqa: E402
from holdfast.guard.cutoff import states as cutoff  # noqa: E402
from holdfast.incidents.status import serving as status  # noqa: E402
from holdfast.intake import operators, tokens  # noqa: E402
from holdfast.intake.accept import PostgresIntake  # noqa: E402
from holdfast.intake.contact import CONTACTS  # noqa: E402
from holdfast.intake.door import Door, Limits  # noqa: E402
from holdfast.intake.pace import take  # noqa: E402
from holdfast.intake.proof import Prover  # noqa: E402
from holdfast.intake.spool import Spool  # noqa: E402
from holdfast.intake.telling import Telling  # noqa: E402
from holdfast.kit import database, outbox, streams  # noqa: E402
from holdfast.kit.blobs import BlobStore  # noqa: E402
from holdfast.kit.bus.postgres import PostgresBus  # noqa: E402
from holdfast.people import standing  # noqa: E402

_log = structlog.get_logger(__name__)
_TOKENS_EVERY = 2.0  # seconds: how old the known tokens may be when no notice comes through
_OPERATORS_EVERY = 15.0  # the same of the operators whose signatures count
_DJANGO_THREADS = 16
_PATIENCE = 3.0  # seconds for one look at the database, which may hang

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class Web:
    """What one web process runs on its event loop, from lifespan start to lifespan end."""

    def __init__(self, pages: App) -> None:
        self._lookups = ThreadPoolExecutor(4, thread_name_prefix="lookup")
        self.status = status.StatusSite(executor=self._lookups, folder=status.folder(), pages=pages)
        self.bus = PostgresBus(database.parameters)
        self.spool = Spool(settings.SPOOL_DIR)
        self.intake = PostgresIntake(
            connect=partial(database.connect, name="door"), spool=self.spool, limit=options().max_pending
        )
        self.hub = streams.Hub(executor=self._lookups, in_force=standing.in_force)
        self.tokens = tokens.TokenCache()
        self.operators = operators.Keyring()
        self._tokens_read = float("-inf")
        self._reading_tokens = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._smtp: smtp.SmtpReceiver | None = None

    def routes(self) -> tuple[dict[str, App], list[tuple[str, App]]]:
        """Return the raw applications, by path and by prefix; whatever else comes is Django's."""
        health = Health(intake=self.intake, tokens=self.tokens, pace=self.pace, executor=self._lookups)
        self.door = door = Door(
            intake=self.intake,
            tokens=self.tokens,
            refresh_tokens=self.refresh_tokens,
            tell=Telling(spool=self.spool, executor=self._lookups, number_of=_number_of),
            pace=self.pace,
            prover=Prover(operators=self.operators, public_url=settings.PUBLIC_URL),
            blobs=BlobStore(settings.BLOB_DIR),
            public_url=settings.PUBLIC_URL,
            limits=Limits(text=options().max_text_bytes, body=options().max_body_bytes),
            openapi=openapi.document(public_url=settings.PUBLIC_URL),
        )
        exact: dict[str, App] = {
            CONTACTS: door,
            "/v1/openapi.json": door,
            "/events": streams.StreamApp(self.hub, self._listening_of),
            "/healthz": health.healthz,
            "/readyz": health.readyz,
            "/metrics": health.metrics,
        }
        chat = chat_door.ChatDoor(intake=self.intake, events=streams.StreamApp(self.hub, chat_door.listening_of))
        exact |= dict.fromkeys(("/chat/session", "/chat/messages", "/chat/person", "/chat/events"), chat)
        exact["/status"] = self.status
        return exact, [("/status/", self.status), ("/api/v2/", self.status), ("/v1/receipts/", door)]

    @property
    def smtp_port(self) -> int:
        """The port on which mail is received; 0 when it is not."""
        return self._smtp.port if self._smtp is not None else 0

    async def start(self) -> None:
        """Begin to accept, to listen and to read. Works without a database too: then contacts go to the spool."""
        if settings.PUBLIC_URL.startswith("https://") and not options().trusted_proxies:
            _log.warning("No proxy is trusted, so sign-in limits see one address; set HOLDFAST_TRUSTED_PROXIES.")
        await self.intake.start()
        self.bus.start()
        self.hub.start(self.bus.subscribe(outbox.CHANNEL), rights=self.bus.subscribe(cutoff.CHANNEL))
        await self._read_tokens()
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._keep_tokens(), name="tokens"),
            loop.create_task(self._keep_operators(), name="operators"),
            loop.create_task(self.status.keep(self.bus.subscribe(outbox.CHANNEL)), name="status"),
        ]
        if options().smtp_port:
            self._smtp = await smtp.start(
                self.intake,
                host=options().smtp_host,
                port=options().smtp_port,
                blobs=BlobStore(settings.BLOB_DIR),
                max_bytes=options().max_mail_bytes,
            )

    async def close(self) -> None:
        """Stop what `start` began; contacts already handed in are committed first."""
        if self._smtp is not None:
            with suppress(TimeoutError):  # a mailer that keeps its session open must not keep us
                async with asyncio.timeout(1):
                    await self._smtp.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.hub.close()
        await self.bus.close()
        await self.intake.close()
        self._lookups.shutdown(wait=False, cancel_futures=True)

    async def refresh_tokens(self) -> None:
        """Return when the tokens were read after this call. At most ten readings a second: strangers cause them."""
        asked = time.monotonic()
        async with self._reading_tokens:
            if self._tokens_read < asked:
                await asyncio.sleep(max(0.0, self._tokens_read + 0.1 - asked))
                await self._read_tokens()

    async def pace(self, token: tokens.KnownToken, scope: str) -> int:
        """Count a use of a token; return in how many seconds it may go on, 0 for now. A database that hangs allows."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                return await asyncio.get_running_loop().run_in_executor(self._lookups, take, token, scope)
        return 0

    async def _listening_of(self, scope: Message) -> streams.Listening | None:
        ticket = streams.from_ticket(parse_qs(scope["query_string"].decode("latin-1")).get("ticket", [""])[0])
        if ticket is None:
            return None
        async with asyncio.timeout(_PATIENCE):
            loop = asyncio.get_running_loop()
            right = await loop.run_in_executor(self._lookups, _standing, _session_of(scope), ticket.agent)
        return streams.Listening(ticket.topics, ticket.since, right) if right is not None else None

    async def _read_tokens(self) -> None:
        self._tokens_read = time.monotonic()
        try:
            async with asyncio.timeout(_PATIENCE):
                known = await asyncio.get_running_loop().run_in_executor(self._lookups, _tokens_in_force)
        except (DatabaseError, OSError) as error:
            _log.warning("tokens cannot be read", error=type(error).__name__, known=self.tokens.loaded)
        else:
            self.tokens.replace(known)

    async def _keep_tokens(self) -> None:
        notices = self.bus.subscribe(tokens.CHANNEL)
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_TOKENS_EVERY):
                    await anext(notices)
            async with self._reading_tokens:
                await self._read_tokens()

    async def _keep_operators(self) -> None:
        notices = self.bus.subscribe(operators.CHANNEL)
        while True:
            try:
                async with asyncio.timeout(_PATIENCE):
                    known = await asyncio.get_running_loop().run_in_executor(self._lookups, _operators_in_force)
            except (DatabaseError, OSError) as error:
                _log.warning("operators cannot be read", error=type(error).__name__)
            else:
                self.operators.replace(known)
            with suppress(TimeoutError):
                async with asyncio.timeout(_OPERATORS_EVERY):
                    await anext(notices)


class Application:
    """Sends each request where it belongs, and runs the lifespan."""

    def __init__(self) -> None:
        self.web: Web | None = None
        self._exact: dict[str, App] = {}
        self._prefixed: list[tuple[str, App]] = []
        self._proxies = TrustedProxies(options().trusted_proxies)
        self._pages = cast(App, WSGIMiddleware(cast(Any, _django), workers=_DJANGO_THREADS))

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = self._proxies.seen_through(scope)
            app = self._exact.get(scope["path"])
            await (app or self._other(scope["path"]))(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:  # there are no web sockets here
            await send({"type": "websocket.close", "code": 1000})

    @property
    def door(self) -> Door:
        """Return the front door, for the server's short way to it; there is one while the lifespan lasts."""
        return cast(Web, self.web).door

    def _other(self, path: str) -> App:
        return next((app for prefix, app in self._prefixed if path.startswith(prefix)), self._pages)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        self.web = Web(self._pages)
        try:
            self._exact, self._prefixed = self.web.routes()
            await self.web.start()
        except Exception as error:
            _log.exception("start failed")
            await send({"type": "lifespan.startup.failed", "message": type(error).__name__})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.web.close()
        await send({"type": "lifespan.shutdown.complete"})


def _session_of(scope: Message) -> str:
    cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    return parse_cookie(cookies.decode("latin-1")).get(settings.SESSION_COOKIE_NAME, "")


def _standing(session: str, agent: int) -> standing.Standing | None:
    try:
        return standing.standing_of(session=session, agent=agent)
    except DatabaseError:
        connection.close()
        raise


def _number_of(conversation_id: UUID) -> int | None:
    return numbers_of([conversation_id]).get(conversation_id)


def _tokens_in_force() -> dict[bytes, tokens.KnownToken]:
    try:
        return tokens.in_force()
    except DatabaseError:
        connection.close()
        raise


def _operators_in_force() -> dict[str, operators.KnownOperator]:
    try:
        return operators.in_force()
    except DatabaseError:
        connection.close()
        raise


application = Application()
