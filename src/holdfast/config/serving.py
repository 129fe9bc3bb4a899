"""Running the web process: uvicorn with the settings this house needs."""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import socket
from functools import partial
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from holdfast.config.options import options
from holdfast.guard import gate
from holdfast.guard.redaction import redact_event
from holdfast.intake.contact import CONTACTS, Accepted
from holdfast.kit.logging import configure
from holdfast.kit.whereabouts import Whereabouts

_LONGEST_HEAD = 64 * 1024
_GATE_CONNECTIONS = 4  # kept open for reveals
_HEAD_SECONDS = 10.0  # for a whole head
_BODY_SECONDS = 20.0  # between two pieces of a body
_ACCEPTED = b"HTTP/1.1 202 Accepted\r\n%scontent-type: application/json\r\ncontent-length: %d\r\n%s%s"


class Http(HttpToolsProtocol):
    """uvicorn's protocol, with a limit on the size of a request's head, and on waiting for the rest of a request.

    uvicorn keeps header lines without any bound, and waits for them, and for bodies, for ever.
    """

    scope: Any  # uvicorn says they are never None; before the first request they are
    cycle: Any
    _head_bytes = 0
    _head_since = 0.0
    _waiting: asyncio.TimerHandle | None = None
    _held: tuple[Any, Any] | None = None
    _dated: tuple[Any, bytes] = None, b""

    def connection_made(self, transport: Any) -> None:
        """Start the clock for the first request's head."""
        super().connection_made(transport)
        self._wait(_HEAD_SECONDS)

    def data_received(self, data: bytes) -> None:
        """Hand the data on, as long as the request goes on within its limits."""
        super().data_received(data)
        if self._held is not None:  # its body is still on its way
            held, self._held = self._held, None
            super()._start_asgi_task(*held)
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        if (
            not self.scope or "path" not in self.scope
        ):  # it is set when a request begins, its path when the head is over
            self._head_continues(len(data))
        else:
            self._head_bytes = 0
            if self.cycle.more_body:
                self._wait(_BODY_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the clock."""
        if self._waiting is not None:
            self._waiting.cancel()
        super().connection_lost(exc)

    # A contact that arrives whole goes to the door at once: `Door.at_once` says why. uvicorn's own object for a request
    # and its answer is used all the same, so that pipelining, disconnecting and shutting down work as ever.

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        if cycle.more_body and cycle.scope["path"] == CONTACTS and hasattr(self.config.loaded_app, "door"):
            self._held = cycle, app
        else:
            super()._start_asgi_task(cycle, app)

    def on_message_complete(self) -> None:
        """Take in what was held until its body was there."""
        super().on_message_complete()
        if self._held is None:
            return
        (cycle, app), self._held = self._held, None
        accepted = self.config.loaded_app.door.at_once(cycle.scope, bytes(cycle.body))
        if accepted is None:
            super()._start_asgi_task(cycle, app)
        else:
            accepted.add_done_callback(partial(self._acknowledge, cycle, app))

    def _acknowledge(self, cycle: Any, app: Any, accepted: asyncio.Future[Accepted]) -> None:
        if cycle.disconnected:
            return
        if accepted.cancelled() or accepted.exception() is not None:
            super()._start_asgi_task(cycle, app)  # the long way finds the words for it
            return
        body = self.config.loaded_app.door.answer(accepted.result())
        ending = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
        self.transport.write(_ACCEPTED % (self._default_headers(), len(body), ending, body))
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    def _default_headers(self) -> bytes:
        headers = self.server_state.default_headers  # uvicorn makes a new list each second
        if headers is not Http._dated[0]:
            Http._dated = headers, b"".join(b"%s: %s\r\n" % header for header in headers)
        return Http._dated[1]

    def _head_continues(self, more: int) -> None:
        if not self._head_bytes:
            self._head_since = self.loop.time()
        self._head_bytes += more
        if self._head_bytes > _LONGEST_HEAD:
            self._end(
                b"431 Request Header Fields Too Large", b"headers", b"They are too large; the limit is 65536 bytes."
            )
        else:
            self._wait(self._head_since + _HEAD_SECONDS - self.loop.time())

    def _wait(self, seconds: float) -> None:
        self._waiting = self.loop.call_later(max(seconds, 0.0), self._is_late)

    def _is_late(self) -> None:
        cycle = self.cycle
        field = b"body" if cycle is not None and cycle.more_body else b"headers"
        self._end(b"408 Request Timeout", field, b"This did not arrive in time.")

    def _end(self, status: bytes, field: bytes, detail: bytes) -> None:
        if self.transport.is_closing():
            return
        cycle = self.cycle
        if cycle is None or cycle.response_complete or not cycle.response_started:
            document = {
                "type": "about:blank",
                "title": status[4:].decode(),
                "status": int(status[:3]),
                "detail": "The request was not accepted.",
                "errors": [{"field": field.decode(), "detail": detail.decode()}],
            }
            body = json.dumps(document).encode()
            head = b"HTTP/1.1 %s\r\ncontent-type: application/problem+json\r\ncontent-length: %d\r\n"
            self.transport.write(head % (status, len(body)) + b"connection: close\r\n\r\n" + body)
        self.transport.close()


class Server(uvicorn.Server):
    """Says where it can be reached, and ends the live streams before it waits for open connections to close."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, and leave a note of the address for commands run beside it."""
        from django.conf import settings

        from holdfast.config.asgi import application

        await super().startup(sockets)
        settle_memory()
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
        smtp_port = application.web.smtp_port if application.web is not None else 0
        Whereabouts(f"http://{reachable}:{port}", smtp_port).write(settings.DATA_DIR)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop within a second or so, whatever is open."""
        from holdfast.config.asgi import application

        if application.web is not None:
            application.web.hub.close_streams()
        await super().shutdown(sockets)


def settle_memory() -> None:
    """Spare what was loaded for good from the garbage collector, and let it look less often at the rest.

    A full collection over everything Django loads takes some 100 ms, in which no contact is accepted. Nearly all that a
    request makes is freed by its reference count.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def configuration(app: Any, *, host: str = "127.0.0.1", port: int = 8000) -> uvicorn.Config:
    """Return uvicorn's settings: uvloop, httptools with our limits, no access log, no server header."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http=Http,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=4096,
        timeout_keep_alive=65,  # longer than a load balancer's usual 60, so that it never meets a closing connection
        timeout_graceful_shutdown=1,
    )


def serve(*, host: str, port: int, fd: int | None = None) -> None:
    """Run the web process until SIGTERM or SIGINT, on `host` and `port` or on the listening socket `fd`."""
    configure(json=options().log_json, scrub=redact_event)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # a live stream is a file; 1024 are not enough
    gate.keep(_GATE_CONNECTIONS)
    sockets = [socket.socket(fileno=fd)] if fd is not None else None
    Server(configuration("holdfast.config.asgi:application", host=host, port=port)).run(sockets=sockets)
