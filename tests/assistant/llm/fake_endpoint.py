"""An OpenAI-compatible endpoint over real sockets that does as a test tells it: well, badly, or not at all."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Asked:
    """One request, as it came over the wire."""

    path: str
    headers: dict[str, str]
    body: bytes
    over: threading.Event
    """Set when the test ends, so that nobody waits longer."""

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def prompt(self) -> str:
        return "\n".join(message["content"] for message in self.json["messages"])


Behaviour = Callable[[Asked, socket.socket], None]


@dataclass
class FakeEndpoint:
    """`behave` may be changed at any time; `asked` has all requests."""

    url: str = ""
    behave: Behaviour = lambda asked, wire: None
    asked: list[Asked] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def says(self, text: str) -> None:
        self.behave = says(text)

    @property
    def wire(self) -> str:
        """All that was ever sent here, headers and paths included."""
        return "\n".join(f"{each.path}\n{each.headers}\n{each.body.decode()}" for each in self.asked)


@contextmanager
def running() -> Iterator[FakeEndpoint]:
    fake = FakeEndpoint()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            path = self.rfile.readline().decode("latin-1").split(" ")
            if len(path) < 2:
                return
            headers: dict[str, str] = {}
            while line := self.rfile.readline().decode("latin-1").strip():
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            body = self.rfile.read(int(headers.get("content-length", "0")))
            asked = Asked(path[1], headers, body, fake.over)
            fake.asked.append(asked)
            with suppress(OSError):  # the client has had enough: that is what is being tested
                fake.behave(asked, self.connection)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        fake.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield fake
        finally:
            fake.over.set()
            server.shutdown()


def completion(text: Any, *, usage: Any = None, **message: Any) -> bytes:
    """Return a completion as JSON. `usage` as endpoints give it."""
    usage = {"prompt_tokens": 200, "completion_tokens": 20, "total_tokens": 220} if usage is None else usage
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text, **message}}
    return json.dumps({"id": "x", "object": "chat.completion", "choices": [choice], "usage": usage}).encode()


def answers(body: bytes, *, status: int = 200, kind: str = "application/json", more: str = "") -> Behaviour:
    def behave(asked: Asked, wire: socket.socket) -> None:
        head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{more}"
        head += "connection: close\r\n\r\n"
        wire.sendall(head.encode() + body)

    return behave


def says(text: str) -> Behaviour:
    return answers(completion(text))


def in_turn(behaviours: Sequence[Behaviour]) -> Behaviour:
    """One after the other, the last for all that follow."""
    left = list(behaviours)

    def behave(asked: Asked, wire: socket.socket) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(asked, wire)

    return behave


def silent(asked: Asked, wire: socket.socket) -> None:
    """Accept the request and never answer."""
    asked.over.wait(30)


def drips(whole: bytes) -> Behaviour:
    """A byte at a time, each in time for a timeout that begins anew with every byte."""

    def behave(asked: Asked, wire: socket.socket) -> None:
        for at in range(len(whole)):
            wire.sendall(whole[at : at + 1])
            if asked.over.wait(0.05):
                return

    return behave


def drips_body(asked: Asked, wire: socket.socket) -> None:
    body = completion('{"command": "hand_over"}')
    wire.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body))
    drips(body)(asked, wire)


drips_headers = drips(b"HTTP/1.1 200 OK\r\n" + b"x-slow: and slower\r\n" * 200)


def endless(asked: Asked, wire: socket.socket) -> None:
    """Never stop sending, as fast as the wire takes it."""
    wire.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n")
    while not asked.over.is_set():
        wire.sendall(b" " * 65_536)


def hangs_up(asked: Asked, wire: socket.socket) -> None:
    """Close the connection without a word."""


def breaks_off(asked: Asked, wire: socket.socket) -> None:
    wire.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{")


def noise(asked: Asked, wire: socket.socket) -> None:
    wire.sendall(bytes(range(256)) * 40)
