"""The worker's own figures over HTTP: `GET /metrics` on a loopback address, for Prometheus on the same machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

_log = structlog.get_logger(__name__)
MOST_WORKERS = 16
"""So many ports are tried from the configured one on: each worker of a machine takes the next that is free."""

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


def place_of(address: str) -> tuple[str, int]:
    """Read `127.0.0.1:9101` or `[::1]:9101`. Raises `ValueError` with a sentence that says what to write."""
    told = urlsplit(f"//{address.strip()}")
    try:
        host, port = ip_address(told.hostname or ""), told.port
    except ValueError:
        host, port = None, None
    if host is None or not port or not host.is_loopback or told.path:
        raise ValueError("HOLDFAST_WORKER_METRICS is a loopback address with a port, as 127.0.0.1:9101")
    return str(host), port


def serving(address: str) -> Callable[[threading.Event], None]:
    """Return the part of the worker that serves its figures at `address` until it is told to stop."""

    def serve(stop: threading.Event) -> None:
        server = _listening(*place_of(address))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.5}, daemon=True)
        thread.start()
        _log.info("metrics served", host=server.server_address[0], port=server.server_port)
        try:
            stop.wait()
        finally:
            server.shutdown()
            server.server_close()

    return serve


def _listening(host: str, port: int) -> WSGIServer:
    for each in range(port, min(port + MOST_WORKERS, 65_536)):
        try:
            return make_server(host, each, _answer, server_class=_Server, handler_class=_Quiet)
        except OSError:
            continue
    raise OSError(f"No free port for the worker's metrics from {port} on.")


class _Server(WSGIServer):
    def server_bind(self) -> None:
        # As `HTTPServer` would, without asking the resolver for the machine's name.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()


class _Quiet(WSGIRequestHandler):
    timeout = 10  # seconds for a request; there is one at a time

    def log_message(self, format: str, *args: object) -> None:
        return None  # a line for each scrape says nothing


def _answer(environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
    if environ["PATH_INFO"] != "/metrics" or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
        start("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"Only GET /metrics is answered here.\n"]
    start("200 OK", [("Content-Type", CONTENT_TYPE_LATEST), ("Cache-Control", "no-store")])
    return [generate_latest(REGISTRY)]
