"""Running the web process: uvicorn with the settings this house needs."""

from __future__ import annotations

import resource
import socket
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_LONGEST_HEAD = 64 * 1024
_HEAD_SECONDS = 10.0


class Http(HttpToolsProtocol):
    """uvicorn's protocol, with a limit on the size of a request's head and on the time it may take.

    uvicorn keeps header lines without any bound, and waits for them for ever.
    """

    _head_bytes = 0
    _head_timer: Any = None

    def connection_made(self, transport: Any) -> None:
        """Start the clock for the first request's head."""
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(_HEAD_SECONDS, self._head_is_late)

    def data_received(self, data: bytes) -> None:
        """Hand the data on, as long as the head stays within its limits."""
        super().data_received(data)
        if self.scope is not None and "path" in self.scope:
            self._head_bytes = 0
            if self._head_timer is not None:
                self._head_timer.cancel()
                self._head_timer = None
            return
        self._head_bytes += len(data)
        if self._head_bytes > _LONGEST_HEAD:
            self._answer(b"431 Request Header Fields Too Large", b"The headers are too large; the limit is 65536 bytes.")
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(_HEAD_SECONDS, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the clock."""
        if self._head_timer is not None:
            self._head_timer.cancel()
        super().connection_lost(exc)

    def _head_is_late(self) -> None:
        self._answer(b"408 Request Timeout", b"The headers did not arrive in time.")

    def _answer(self, status: bytes, detail: bytes) -> None:
        if self.transport.is_closing():
            return
        body = b'{"type":"about:blank","title":"%s","status":%s,"detail":"%s","errors":[{"field":"headers","detail":"%s"}]}'
        body %= (status[4:], status[:3], detail, detail)
        head = b"HTTP/1.1 %s\r\ncontent-type: application/problem+json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self.transport.write(head % (status, len(body)) + body)
        self.transport.close()


class Server(uvicorn.Server):
    """Ends the live streams before it waits for open connections: they never end by themselves."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop within a second or so, whatever is open."""
        from holdfast.config.asgi import application

        if application.web is not None:
            application.web.hub.close_streams()
        await super().shutdown(sockets)


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
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # a live stream is a file; 1024 are not enough
    sockets = [socket.socket(fileno=fd)] if fd is not None else None
    Server(configuration("holdfast.config.asgi:application", host=host, port=port)).run(sockets=sockets)
