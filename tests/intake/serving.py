"""A real web process on the test database, and a small HTTP client that can say things no library would."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connections

_RUN = """
import sys, django
django.setup()
from holdfast.kit.logging import configure
from holdfast.config.serving import serve
configure(json=True)
serve(host="127.0.0.1", port=0, fd=int(sys.argv[1]))
"""


def database_url() -> str:
    """Return the address of the database that this test uses."""
    known = connections["default"].settings_dict
    return f"postgresql://{known['USER']}@/{known['NAME']}?host={quote(str(known['HOST']), safe='')}"


@dataclass
class Answer:
    """An HTTP response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)

    @property
    def fields(self) -> list[str]:
        """The fields a problem document names."""
        assert self.headers["content-type"] == "application/problem+json", self
        assert self.json["status"] == self.status
        return [error["field"] for error in self.json.get("errors", [])]


@dataclass
class WebProcess:
    """A running web process."""

    data: Path
    port: int
    listener: socket.socket
    env: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it on the same socket as before, and wait until it answers."""
        environment = os.environ | {
            "DATABASE_URL": database_url(),
            "HOLDFAST_DATA": str(self.data),
            "DJANGO_SETTINGS_MODULE": "holdfast.config.settings",
            **self.env,
        }
        fd = self.listener.fileno()
        with (self.data / "web.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _RUN, str(fd)], env=environment, pass_fds=[fd], stdout=log, stderr=log
            )
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            with suppress(OSError):
                if self.get("/healthz").status == 200:
                    return
            assert self.process.poll() is None, self.log()
            time.sleep(0.02)
        raise AssertionError(self.log())

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> float:
        """SIGTERM; returns the seconds it took."""
        assert self.process is not None
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(15)
        return time.monotonic() - started

    def log(self) -> str:
        """What it logged so far."""
        return (self.data / "web.log").read_text()

    def connect(self) -> socket.socket:
        """Open a plain connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=15)

    def raw(self, data: bytes) -> Answer:
        """Send bytes as they are and read one response."""
        with self.connect() as connection:
            with suppress(OSError):  # it may answer and close before it has heard all
                connection.sendall(data)
            return read_answer(connection)

    def request(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
        """Send one request."""
        lines = [f"{method} {path} HTTP/1.1", "host: localhost", "connection: close"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if body:
            lines.append(f"content-length: {len(body)}")
        return self.raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def get(self, path: str, token: str = "") -> Answer:
        """GET, with a token if there is one."""
        return self.request("GET", path, {"authorization": f"Bearer {token}"} if token else {})

    def post(self, token: str, body: Any, **headers: str) -> Answer:
        """POST a contact: bytes as they are, anything else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        said = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", "/v1/contacts", said, data)


def read_answer(connection: socket.socket) -> Answer:
    """Read one response with a content length."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            raise ConnectionError(f"closed after {data!r}")
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        more = connection.recv(65536)
        if not more:
            raise ConnectionError(f"closed within the body: {body!r}")
        body += more
    return Answer(int(status.split()[1]), headers, body)


@contextmanager
def web_process(data: Path, **env: str) -> Iterator[WebProcess]:
    """Run a web process for as long as the `with` block lasts."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(256)
        web = WebProcess(data, listener.getsockname()[1], listener, env)
        web.start()
        try:
            yield web
        finally:
            if web.process is not None and web.process.poll() is None:
                web.stop()
