"""The web process as a process: health, metrics, stopping with streams open, and clients that dawdle."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from django.db import transaction
from tests.intake.serving import WebProcess, read_answer, web_process

from holdfast.config import serving
from holdfast.intake import tokens
from holdfast.kit import outbox, streams


@pytest.fixture
def web(transactional_db: None, tmp_path: Path) -> Iterator[WebProcess]:
    # Tickets are signed with the key of the data directory; this process must share it.
    from django.conf import settings

    with web_process(tmp_path / "web", HOLDFAST_SECRET_KEY=settings.SECRET_KEY) as running:
        yield running


def open_stream(web: WebProcess, ticket: str, last_id: str = "") -> socket.socket:
    connection = web.connect()
    again = f"last-event-id: {last_id}\r\n" if last_id else ""
    connection.sendall(f"GET /events?ticket={ticket} HTTP/1.1\r\nhost: localhost\r\n{again}\r\n".encode())
    return connection


def read_until(connection: socket.socket, wanted: bytes) -> bytes:
    data = b""
    while wanted not in data:
        more = connection.recv(65536)
        assert more, data
        data += more
    return data


def publish(n: int) -> None:
    with transaction.atomic():
        outbox.publish([("desk", {"n": n})])


def test_the_whole_process_from_health_to_a_quick_end(web: WebProcess) -> None:
    assert web.get("/healthz").json == {"process": "ok"}
    assert web.get("/readyz").json == {"database": "ok", "door": "ok"}

    token = tokens.create(name="shop", scopes=["contacts:write"])
    contact = {"channel": "web", "from": {"email": "a@b.example"}, "text": "x"}
    assert web.post(token, contact).status == 202
    metrics = web.get("/metrics")
    assert b'holdfast_contacts_accepted_total{channel="web"} 1.0' in metrics.body
    assert web.request("GET", "/metrics", {"x-forwarded-for": "203.0.113.9"}).status == 403
    assert web.get("/metrics", token).status == 403
    scraper = tokens.create(name="scraper", scopes=["metrics:read"])
    deadline = time.monotonic() + 5
    while web.get("/metrics", scraper).status != 200:  # only the door itself asks again for unknown tokens
        assert time.monotonic() < deadline

    ticket = streams.ticket(agent=1, topics=["desk"])
    assert web.get("/events?ticket=forged").status == 403
    opened = [open_stream(web, ticket) for _ in range(20)]
    for connection in opened:
        assert b"text/event-stream" in read_until(connection, b"event: ready")
    publish(1)
    for connection in opened:
        read_until(connection, b'data: {"n":1,"topic":"desk"}')

    assert web.stop() < 3
    for connection in opened:
        connection.close()
    publish(2)
    web.start()
    with open_stream(web, ticket) as connection:  # the page was rendered before both
        replayed = read_until(connection, b'"n":2')
        assert replayed.index(b'"n":1') < replayed.index(b'"n":2')
    last = replayed.split(b'data: {"n":1')[0].rpartition(b"id: ")[2].split(b"\n")[0].decode()
    with open_stream(web, ticket, last) as connection:
        assert b'"n":1' not in read_until(connection, b'"n":2')


def test_a_page_of_django_is_served_beside_the_doors(web: WebProcess) -> None:
    assert web.get("/").status in {301, 302}


async def echo(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


@contextmanager
def served() -> Iterator[int]:
    """The protocol with its limits, in front of an application that reads to the end."""
    config = uvicorn.Config(
        echo, http=serving.Http, loop="uvloop", lifespan="off", log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@pytest.mark.parametrize(
    ("said", "status", "field"),
    [
        (b"", 408, "headers"),
        (b"POST / HTTP/1.1\r\nx-slow: ", 408, "headers"),
        (b"POST / HTTP/1.1\r\ncontent-length: 10\r\n\r\n", 408, "body"),
        (b"POST / HTTP/1.1\r\ncontent-length: 10\r\n\r\nabc", 408, "body"),
        (b"POST / HTTP/1.1\r\nx: " + b"y" * 70_000, 431, "headers"),
    ],
)
def test_whoever_dawdles_or_never_ends_is_shown_out(
    monkeypatch: pytest.MonkeyPatch, said: bytes, status: int, field: str
) -> None:
    monkeypatch.setattr(serving, "_HEAD_SECONDS", 0.2)
    monkeypatch.setattr(serving, "_BODY_SECONDS", 0.2)
    with served() as port, socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(said)
        answer = read_answer(connection)
        assert answer.status == status
        assert json.loads(answer.body)["errors"][0]["field"] == field
        assert connection.recv(100) == b""


def test_a_patient_client_is_served_piece_by_piece_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_HEAD_SECONDS", 0.5)
    monkeypatch.setattr(serving, "_BODY_SECONDS", 0.5)
    with served() as port, socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for _ in range(2):
            for piece in (b"POST / HT", b"TP/1.1\r\nhost: x\r\ncontent-len", b"gth: 4\r\n\r\n", b"ab", b"cd"):
                connection.sendall(piece)
                time.sleep(0.15)
            assert read_answer(connection).status == 200
