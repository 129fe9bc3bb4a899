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
from uuid import uuid4

import pytest
import uvicorn
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client
from tests.intake.serving import WebProcess, read_answer, web_process

from holdfast.config import serving
from holdfast.desk.models import Queue
from holdfast.intake import tokens
from holdfast.kit import outbox, streams
from holdfast.people import accounts
from holdfast.people.models import Agent, Role, Team, Vendor


@pytest.fixture
def web(transactional_db: None, tmp_path: Path) -> Iterator[WebProcess]:
    # Tickets and sessions are signed with the key of the data directory; this process must share it.
    with web_process(tmp_path / "web", HOLDFAST_SECRET_KEY=settings.SECRET_KEY) as running:
        yield running


def open_stream(web: WebProcess, ticket: str, cookie: str, last_id: str = "") -> socket.socket:
    connection = web.connect()
    lines = [f"GET /events?ticket={ticket} HTTP/1.1", "host: localhost", f"cookie: {cookie}"]
    lines += [f"last-event-id: {last_id}"] if last_id else []
    connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
    return connection


def signed_in(team: Team | None = None) -> tuple[Agent, str]:
    """An agent, and the cookie of their session."""
    agent = accounts.create_agent(email=f"{uuid4().hex}@desk.example", name="Ana Ruiz", team=team)
    client = Client()
    client.force_login(agent, "holdfast.people.signed_in.SignedIn")
    return agent, f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


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

    agent, cookie = signed_in()
    ticket = streams.ticket(agent=agent.pk, topics=["desk"])
    assert web.get("/events?ticket=forged").status == 403
    opened = [open_stream(web, ticket, cookie) for _ in range(20)]
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
    with open_stream(web, ticket, cookie) as connection:  # the page was rendered before both
        replayed = read_until(connection, b'"n":2')
        assert replayed.index(b'"n":1') < replayed.index(b'"n":2')
    last = replayed.split(b'data: {"n":1')[0].rpartition(b"id: ")[2].split(b"\n")[0].decode()
    with open_stream(web, ticket, cookie, last) as connection:
        assert b'"n":1' not in read_until(connection, b'"n":2')


def read_to_the_end(connection: socket.socket) -> bytes:
    data = b""
    while more := connection.recv(65536):
        data += more
        if data.endswith(b"0\r\n\r\n"):  # the last chunk
            break
    return data


def status_of(web: WebProcess, ticket: str, cookie: str) -> int:
    with open_stream(web, ticket, cookie) as connection:
        return int(read_until(connection, b"\r\n\r\n").split()[1])


def test_a_live_stream_ends_with_the_right_to_it(web: WebProcess) -> None:
    team = Team.objects.create(name="Cards", vendor=Vendor.objects.create(name="Tidewater"))
    queue = Queue.objects.create(slug="cards", name="Cards")
    kept, ends = signed_in(), [signed_in(), signed_in(), signed_in()]
    ticket_of = {agent.pk: streams.ticket(agent=agent.pk, topics=["desk"]) for agent, _ in [kept, *ends]}
    deactivated, signed_out, changed = ends
    moved, served, promoted = signed_in(), signed_in(team), signed_in()
    looks_again = [moved, served, promoted]
    ticket_of |= {agent.pk: streams.ticket(agent=agent.pk, topics=["desk"]) for agent, _ in looks_again}

    opened = {agent.pk: open_stream(web, ticket_of[agent.pk], cookie) for agent, cookie in [kept, *ends, *looks_again]}
    for connection in opened.values():
        read_until(connection, b"event: ready")
    accounts.deactivate(agent_id=deactivated[0].pk, by=kept[0].pk)
    Session.objects.filter(pk=signed_out[1].partition("=")[2]).delete()
    changed[0].set_password("another gannet on the sill")
    changed[0].save()
    Agent.objects.filter(pk=moved[0].pk).update(team=team)
    queue.teams.add(team)
    accounts.change_role(agent_id=promoted[0].pk, role=Role.LEAD, by=kept[0].pk)
    for agent, _ in [*ends, *looks_again]:
        assert b"event: resync" in read_to_the_end(opened[agent.pk])
    publish(1)
    read_until(opened[kept[0].pk], b'"n":1')
    for connection in opened.values():
        connection.close()

    assert [status_of(web, ticket_of[agent.pk], cookie) for agent, cookie in ends] == [403] * 3
    assert [status_of(web, ticket_of[agent.pk], cookie) for agent, cookie in looks_again] == [200] * 3


def test_a_ticket_is_nothing_without_its_agents_session(web: WebProcess) -> None:
    (ana, anas), (_, bens) = signed_in(), signed_in()
    ticket = streams.ticket(agent=ana.pk, topics=["desk"])
    assert status_of(web, ticket, anas) == 200
    for cookie in ("", bens, "session=made-up", f"{anas}x"):
        assert status_of(web, ticket, cookie) == 403


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
